package guard_test

import (
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/guard"
)

func TestSplitName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		`orders`:           {"", "orders"},
		`Sales.Orders`:     {"sales", "orders"},
		`"Sales"."Orders"`: {"Sales", "Orders"},
		`" Orders "`:       {"", " Orders "},
		`"""quoted"""`:     {"", `"quoted"`},
		`"""begins"`:       {"", `"begins`},
		`"ends"""`:         {"", `ends"`},
		`""""`:             {"", `"`},
		`""""""`:           {"", `""`},
		`"a.b"."c.d"`:      {"a.b", "c.d"},
		`a . b`:            {"a", "b"},
		`"a""b".c`:         {`a"b`, "c"},
		`Größe`:            {"", "größe"},
		`ÉTÉ`:              {"", "ÉtÉ"}, // the parser folds ASCII alone
		`"select"`:         {"", "select"},
		"\"a\nb\"":         {"", "a\nb"},
		``:                 {},
		`""`:               {},
		`"a`:               {},
		`"a"b`:             {},
		`a.`:               {},
		`.a`:               {},
		`a..b`:             {},
		`a.b.c`:            {},
		`a b`:              {},
		`a; drop table b`:  {},
		`U&"d\0061t"`:      {},
		`'a'`:              {},
		`$1`:               {},
		`a.*`:              {},
		`a()`:              {},
	} {
		schema, name, err := guard.SplitName(text)
		if got := [2]string{schema, name}; got != want || (err == nil) != (want[1] != "") {
			t.Errorf("%s: got %q, %v", text, got, err)
		}
	}
}
