package egress_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/server/egress"
)

func open(t testing.TB, options egress.Options) *egress.Log {
	t.Helper()
	log, err := egress.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return log
}

func appendN(t testing.TB, log *egress.Log, n int) {
	t.Helper()
	for i := range n {
		if _, err := log.Append(egress.Entry{Caller: "agent", RequestID: fmt.Sprint("r", i), Rows: i, Outcome: "OK"}); err != nil {
			t.Fatal(err)
		}
	}
}

func verify(t testing.TB, dir, witness string) egress.Report {
	t.Helper()
	report, err := egress.Verify(context.Background(), dir, witness)
	if err != nil {
		t.Fatalf("the chain should hold: %v", err)
	}
	return report
}

func files(t testing.TB, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "egress-*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func read(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t testing.TB, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLineHoldsTheEntry(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	moment := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("x", 3600))
	log := open(t, egress.Options{Dir: dir, Now: func() time.Time { return moment }})
	_, err := log.Append(egress.Entry{
		Caller: "agent", RequestID: "r1", ConnectionID: "c1", Procedure: "PreviewQuery", SQLFingerprint: "ab",
		Tables: []string{"orders", "<b>"}, Rows: 3, Bytes: 42, Changes: map[string]int{"TRUNCATED": 1},
		PayloadSHA256: "cd", SchemaFingerprint: "ef", Outcome: "OK",
	})
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Split(read(t, files(t, dir)[0]), "\n")[1]
	var got map[string]any
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "prev")
	want := `map[bytes:42 caller:agent changes:map[TRUNCATED:1] connection_id:c1 event:preview outcome:OK payload_sha256:cd procedure:PreviewQuery request_id:r1 rows:3 schema_fingerprint:ef seq:2 sql_fingerprint:ab tables:[orders <b>] time:2026-01-02T02:04:05.000000006Z]`
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
	for _, name := range append(files(t, dir), filepath.Join(dir, "egress.lock")) {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s should have mode 0600: %v %v", filepath.Base(name), info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder should have mode 0700: %v %v", info.Mode(), err)
	}
}

func TestChainGoesOnAcrossRestartsAndSegments(t *testing.T) {
	dir := t.TempDir()
	var head egress.Head
	for range 4 {
		log := open(t, egress.Options{Dir: dir, SegmentBytes: 1024})
		appendN(t, log, 10)
		head = log.Head()
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
	report := verify(t, dir, head.Hash)
	if report.Previews != 40 || report.Head != head || !report.Witnessed || report.Unfinished || report.First != 1 {
		t.Errorf("got %+v, head %+v", report, head)
	}
	if report.Segments < 5 || report.Segments != len(files(t, dir)) {
		t.Errorf("%d segments of 1 KiB for 40 records", report.Segments)
	}

	// Old segments may be archived; what is left proves itself.
	all := files(t, dir)
	os.Remove(all[0])
	os.Remove(all[1])
	if report := verify(t, dir, ""); report.First == 1 || report.Head != head {
		t.Errorf("without the oldest segments: %+v", report)
	}
	// And the log goes on behind them.
	log := open(t, egress.Options{Dir: dir})
	if got := log.Head().Sequence; got != head.Sequence+1 {
		t.Errorf("the log went on with number %d after %d", got, head.Sequence)
	}
	verify(t, dir, head.Hash)
}

func TestManyCallers(t *testing.T) {
	dir := t.TempDir()
	log := open(t, egress.Options{Dir: dir, SegmentBytes: 2048})
	var group sync.WaitGroup
	seen := make(chan uint64, 400)
	for range 16 {
		group.Go(func() {
			for range 25 {
				head, err := log.Append(egress.Entry{Caller: "agent", Outcome: "OK"})
				if err != nil {
					t.Error(err)
				}
				seen <- head.Sequence
			}
		})
	}
	group.Wait()
	close(seen)
	once := map[uint64]bool{}
	for number := range seen {
		if once[number] {
			t.Fatalf("number %d was given twice", number)
		}
		once[number] = true
	}
	if report := verify(t, dir, log.Head().Hash); report.Previews != 400 || !report.Witnessed {
		t.Errorf("got %+v", report)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	log := open(t, egress.Options{Dir: dir})
	if _, err := egress.Open(egress.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second writer got in: %v", err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := log.Append(egress.Entry{}); err == nil {
		t.Error("a closed log took a line")
	}
	open(t, egress.Options{Dir: dir})
}

func TestEveryFaultOfOptionsIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	foreign := t.TempDir()
	write(t, filepath.Join(foreign, "egress-1.jsonl"), "")
	for name, options := range map[string]egress.Options{
		"no folder":       {},
		"a file":          {Dir: file},
		"no parent":       {Dir: filepath.Join(t.TempDir(), "a", "b")},
		"small segments":  {Dir: t.TempDir(), SegmentBytes: 1},
		"foreign content": {Dir: foreign},
	} {
		if log, err := egress.Open(options); err == nil {
			log.Close()
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), os.TempDir()) {
			t.Errorf("%s: the error names a path: %v", name, err)
		}
	}
}

func TestLongEntriesAreBounded(t *testing.T) {
	dir := t.TempDir()
	log := open(t, egress.Options{Dir: dir})
	long := strings.Repeat("\x01é", 200_000)
	tables := make([]string, 5000)
	for i := range tables {
		tables[i] = long
	}
	if _, err := log.Append(egress.Entry{Caller: long, RequestID: long, Tables: tables, Outcome: long}); err != nil {
		t.Fatal(err)
	}
	report := verify(t, dir, "")
	if report.Previews != 1 {
		t.Errorf("got %+v", report)
	}
	if size := len(read(t, files(t, dir)[0])); size > 512<<10 {
		t.Errorf("one entry took %d bytes", size)
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct {
		name string
		none bool
	}{{"synced", false}, {"unsynced", true}} {
		b.Run(c.name, func(b *testing.B) {
			log := open(b, egress.Options{Dir: b.TempDir(), NoSync: c.none})
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := log.Append(egress.Entry{Caller: "agent", Tables: []string{"orders"}, Outcome: "OK"}); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// TestSegmentThatIsGone: lines that could not be found later are not taken.
func TestSegmentThatIsGone(t *testing.T) {
	for name, c := range map[string]struct {
		away func(file string) error
		// back puts it back; nil where it cannot be.
		back func(file string) error
	}{
		"moved":              {func(f string) error { return os.Rename(f, f+".1") }, func(f string) error { return os.Rename(f+".1", f) }},
		"removed":            {os.Remove, nil},
		"removed with all":   {func(f string) error { return os.RemoveAll(filepath.Dir(f)) }, nil},
		"replaced by a copy": {func(f string) error { return errors.Join(os.Rename(f, f+".1"), os.WriteFile(f, nil, 0o600)) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "log")
			log := open(t, egress.Options{Dir: dir})
			appendN(t, log, 2)
			file := files(t, dir)[0]
			if err := c.away(file); err != nil {
				t.Fatal(err)
			}
			if _, err := log.Append(egress.Entry{}); err == nil || !strings.Contains(err.Error(), "not in its folder") {
				t.Errorf("got %v", err)
			}
			if c.back == nil {
				return
			}
			if err := c.back(file); err != nil {
				t.Fatal(err)
			}
			appendN(t, log, 1)
			if report := verify(t, dir, ""); report.Previews != 3 {
				t.Errorf("got %+v", report)
			}
		})
	}
}

// TestSegmentOfAnotherLength: a file that something else cut off or wrote to is
// noticed by the next request, which fails.
func TestSegmentOfAnotherLength(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(file string, size int64) error{
		"cut off by a byte": func(f string, size int64) error { return os.Truncate(f, size-1) },
		"cut off by a line": func(f string, size int64) error {
			content, err := os.ReadFile(f)
			if err != nil {
				return err
			}
			lines := strings.SplitAfter(strings.TrimSuffix(string(content), "\n"), "\n")
			return os.Truncate(f, size-int64(len(lines[len(lines)-1])+1))
		},
		"emptied":    func(f string, _ int64) error { return os.Truncate(f, 0) },
		"written to": func(f string, size int64) error { return os.Truncate(f, size+1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			log := open(t, egress.Options{Dir: dir})
			appendN(t, log, 2)
			files, err := filepath.Glob(filepath.Join(dir, "egress-*.jsonl"))
			if err != nil || len(files) != 1 {
				t.Fatalf("%v, %v", files, err)
			}
			before, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := change(files[0], int64(len(before))); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, err := log.Append(egress.Entry{}); err == nil || !strings.Contains(err.Error(), "cut it off or wrote to it") {
					t.Errorf("got %v", err)
				}
			}
			// In its old length, by the same file, it goes on.
			if err := os.WriteFile(files[0], before, 0o600); err != nil {
				t.Fatal(err)
			}
			appendN(t, log, 1)
			if report := verify(t, dir, ""); report.Previews != 3 {
				t.Errorf("got %+v", report)
			}
		})
	}
}
