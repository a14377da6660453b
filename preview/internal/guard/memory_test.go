package guard

import (
	"runtime"
	"strings"
	"testing"
)

// What an accepted statement holds is bounded by its text, not by its tree, which
// can be fifty times as long: a thousand callers may hold one at a time.
func TestStatementsAreSmall(t *testing.T) {
	// Not in parallel: the heap of other tests would be counted.
	texts := map[string]string{
		"select list": "select a" + strings.Repeat(",a", 15_000), "calls": "select f()" + strings.Repeat(",f(a.b)", 4_000),
		"columns": "select from json_table('{}','$' columns (a int" + strings.Repeat(",a int", 8_000) + "))",
	}
	for name, sql := range texts {
		const held = 10
		var before, after runtime.MemStats
		list := make([]*Statement, held)
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range list {
			if list[i], _ = Check(sql, nil); list[i] == nil {
				t.Fatalf("%s is refused", name)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / held
		t.Logf("%s: a text of %d bytes is held with %d", name, len(sql), each)
		if each > int64(100*len(sql)) {
			t.Errorf("%s: %d bytes are held for a text of %d", name, each, len(sql))
		}
		runtime.KeepAlive(list)
	}
}
