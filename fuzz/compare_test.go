package fuzz

import (
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/fuzz/gateway"
)

func cells(texts ...string) []gateway.Cell {
	row := make([]gateway.Cell, len(texts))
	for i, text := range texts {
		row[i] = gateway.Cell{Text: text, Null: text == "NULL"}
		if row[i].Null {
			row[i].Text = ""
		}
	}
	return row
}

func raw(texts ...string) [][]byte {
	row := make([][]byte, len(texts))
	for i, text := range texts {
		if text != "NULL" {
			row[i] = []byte(text)
		}
	}
	return row
}

func TestCompare(t *testing.T) {
	t.Parallel()
	changed := cells("a\uFFFD")
	changed[0].Changed = true
	lying := cells("same")
	lying[0].Changed = true
	many := make([][][]byte, 150)
	hundred := make([][]gateway.Cell, 100)
	for i := range many {
		many[i] = raw("x")
	}
	for i := range hundred {
		hundred[i] = cells("x")
	}
	for _, tc := range []struct {
		name   string
		answer gateway.Answer
		rows   [][][]byte
		want   string // "" means equal
	}{
		{"equal", gateway.Answer{Rows: [][]gateway.Cell{cells("1", "NULL")}}, [][][]byte{raw("1", "NULL")}, ""},
		{"another order", gateway.Answer{Rows: [][]gateway.Cell{cells("2"), cells("1")}}, [][][]byte{raw("1"), raw("2")}, ""},
		{"one twice", gateway.Answer{Rows: [][]gateway.Cell{cells("1"), cells("1")}}, [][][]byte{raw("1"), raw("2")}, "changed without a word"},
		{"another value", gateway.Answer{Rows: [][]gateway.Cell{cells("1")}}, [][][]byte{raw("2")}, "changed without a word"},
		{"null for a value", gateway.Answer{Rows: [][]gateway.Cell{cells("NULL")}}, [][][]byte{raw("")}, "null"},
		{"a change declared", gateway.Answer{Rows: [][]gateway.Cell{changed}}, [][][]byte{raw("a\x01")}, ""},
		{"a change that is none", gateway.Answer{Rows: [][]gateway.Cell{lying}}, [][][]byte{raw("same")}, "said to be changed"},
		{"a row too few", gateway.Answer{Rows: [][]gateway.Cell{cells("1")}}, [][][]byte{raw("1"), raw("2")}, "1 rows and no word"},
		{"a row too many", gateway.Answer{Rows: [][]gateway.Cell{cells("1"), cells("1")}}, [][][]byte{raw("1")}, "2 rows"},
		{"a column too few", gateway.Answer{Rows: [][]gateway.Cell{cells("1")}}, [][][]byte{raw("1", "2")}, "1 cells"},
		{"columns cut", gateway.Answer{Rows: [][]gateway.Cell{cells("1")}, ColumnsCut: true}, [][][]byte{raw("1", "2")}, ""},
		{"rows cut", gateway.Answer{Rows: hundred, RowsCut: true}, many, ""},
		{"rows cut without a word", gateway.Answer{Rows: hundred}, many, "no word of it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := compare(&tc.answer, tc.rows, true, true)
			if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestFault(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain é 漢 \U0001F468\u200d\U0001F469\t\r\n": "", strings.Repeat("x", 1024): "", strings.Repeat("x", 1025): "1025 characters",
		"\xff": "UTF-8", "a\x1bb": "U+001B", "a\u0085": "U+0085", "a\u202eb": "U+202E", "a\u2067": "U+2067", "a\u200bb": "U+200B", "\ufeffa": "U+FEFF",
	} {
		if got := fault(text); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%.20q: got %q, want %q", text, got, want)
		}
	}
}

// TestUnmatched: a row that fits several of the database's takes none away from
// one that fits only that.
func TestUnmatched(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		fits []string // a line a row, a 1 for each of the database's that it fits
		want int
	}{
		{"none", nil, -1},
		{"in order", []string{"100", "010", "001"}, -1},
		{"the other way round", []string{"001", "010", "100"}, -1},
		{"the first fits all", []string{"111", "100", "010"}, -1},
		{"a chain", []string{"110", "011", "100"}, -1},
		{"two for one", []string{"100", "100", "011"}, 1},
		{"a stranger", []string{"100", "000", "001"}, 1},
		{"three for two", []string{"110", "110", "110"}, 2},
	} {
		columns := 0
		if len(c.fits) > 0 {
			columns = len(c.fits[0])
		}
		if got := unmatched(len(c.fits), columns, func(i, j int) bool { return c.fits[i][j] == '1' }); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}
