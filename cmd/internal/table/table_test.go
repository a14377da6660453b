package table_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clipperhouse/displaywidth"

	"github.com/op-data/sqlpreview/cmd/internal/table"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/sanitize"
)

func changes(kinds sanitize.Kind) *sanitize.Changes {
	return &sanitize.Changes{Kinds: kinds, OriginalBytes: 5000, OriginalCharacters: -1}
}

func text(s string) preview.Cell { return preview.Cell{Text: s} }

var sample = &preview.Result{
	Columns: []preview.Column{{Name: "id", Category: "N"}, {Name: "名前", Category: "S"}, {Name: "id", Category: "S"}},
	Rows: [][]preview.Cell{
		{text("1"), text("漢字"), {Text: "cut", Changes: changes(sanitize.Truncated)}},
		{text("22"), text("👨‍👩‍👧 e\u0301"), {Text: "b\uFFFDd", Changes: &sanitize.Changes{
			Kinds: sanitize.Control | sanitize.Truncated, OriginalBytes: 2000, OriginalCharacters: 1500,
			Replacements: []sanitize.Replacement{{Kind: sanitize.Control, Count: 1}},
		}}},
		{{Null: true}, text("a\nb\tc"), {Text: "[masked]", Changes: &sanitize.Changes{
			Kinds: sanitize.MaskedValue, OriginalBytes: 9, OriginalCharacters: 9, Detector: "jwt",
		}}},
		{text("-4.50"), text("NULL"), {Text: "=1+1", Changes: changes(sanitize.FormulaLike)}},
	},
	Truncations: []preview.Truncation{
		{Reason: preview.RowLimit, Limit: 4, Rows: 4},
		{Reason: preview.CellLimit, Limit: 1024, Rows: 4},
	},
	Sanitization: preview.Sanitization{CellsChanged: 3, Counts: map[sanitize.Kind]int{
		sanitize.Truncated: 2, sanitize.Control: 1, sanitize.MaskedValue: 1, sanitize.FormulaLike: 1,
	}},
	Stats: preview.Stats{Total: 12345 * time.Microsecond, Check: 200 * time.Microsecond, Execute: 11 * time.Millisecond, Rows: 4},
}

const want = `    id   │ 名前  │ id         
─────────┼───────┼────────────
     1   │ 漢字  │ cut      … 
    22   │ 👨‍👩‍👧 é  │ b�d      ~ 
       ∅ │ a↵b⇥c │ [masked] ■ 
 -4.50   │ NULL  │ =1+1     ! 
marks: … cut, ~ changed, ■ masked, ! unchanged, but mind it, ∅ NULL
4 rows in 12 ms
bounded: ROW_LIMIT: these are the first 4 rows; there may be more
bounded: CELL_LIMIT: values longer than 1024 characters were cut
changed: 3 values not as in the database (TRUNCATED 2, CONTROL 1, MASKED_VALUE 1)
unchanged, but mind: FORMULA_LIKE 1
  row 1, id: TRUNCATED (was 5000 bytes)
  row 2, id: TRUNCATED (was 1500 characters, 2000 bytes), CONTROL (1 replaced)
  row 3, id: MASKED_VALUE (jwt)
  row 4, id: FORMULA_LIKE
`

func print(t *testing.T, r *preview.Result, options table.Options) string {
	t.Helper()
	var out strings.Builder
	if err := table.Write(&out, r, options); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTable(t *testing.T) {
	t.Parallel()
	got := print(t, sample, table.Options{})
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Every line of the grid is equally wide, with and without colour.
func TestGridIsAligned(t *testing.T) {
	t.Parallel()
	for _, colour := range []bool{false, true} {
		got := print(t, sample, table.Options{Colour: colour})
		for i, line := range strings.SplitN(got, "\n", 7)[:6] {
			width := displaywidth.Options{ControlSequences: true}.String(line)
			if width != 30 {
				t.Errorf("colour %v: line %d is %d columns wide: %q", colour, i, width, line)
			}
		}
		if strings.Contains(got, "\x1b") != colour {
			t.Errorf("colour %v: got %q", colour, got)
		}
	}
}

func TestLongValueIsShownShortened(t *testing.T) {
	t.Parallel()
	r := &preview.Result{
		Columns: []preview.Column{{Name: "v"}, {Name: "w"}},
		Rows:    [][]preview.Cell{{text(strings.Repeat("漢", 40)), text("x")}, {text("short"), text("y")}},
	}
	got := print(t, r, table.Options{})
	if !strings.Contains(got, " "+strings.Repeat("漢", 23)+"⋯  │ x \n") || !strings.Contains(got, "1 value shown shortened (⋯) to fit; --expanded and --json show all of the text\n") {
		t.Errorf("got\n%s", got)
	}
	if strings.Contains(got, "marks:") || strings.Contains(got, "changed:") {
		t.Errorf("shortening for the screen is taken for a change:\n%s", got)
	}
}

// TestFitsTheTerminal: at every width no line is wider than the terminal, whatever
// the form; a table where its columns can be read, else expanded rows that hold
// every character.
func TestFitsTheTerminal(t *testing.T) {
	t.Parallel()
	wide := func(columns int) *preview.Result {
		r := &preview.Result{Rows: make([][]preview.Cell, 3)}
		for j := range columns {
			r.Columns = append(r.Columns, preview.Column{Name: fmt.Sprintf("column_%d", j)})
			for i := range r.Rows {
				cell := text(strings.Repeat("漢字 text ", 1+i*j*3))
				if j == 1 {
					cell.Changes = changes(sanitize.Truncated)
				}
				if i == j {
					cell = preview.Cell{Null: true}
				}
				r.Rows[i] = append(r.Rows[i], cell)
			}
		}
		return r
	}
	for _, width := range []int{40, 60, 80, 130, 200} {
		for _, columns := range []int{1, 2, 3, 5, 8, 12, 40} {
			for _, form := range []table.Form{table.Auto, table.Expanded} {
				r := wide(columns)
				got := print(t, r, table.Options{Width: width, Form: form})
				for line := range strings.Lines(got) {
					if w := displaywidth.String(strings.TrimSuffix(line, "\n")); w > width {
						t.Errorf("width %d, %d columns: a line takes %d: %q", width, columns, w, line)
					}
				}
				expanded := strings.HasPrefix(got, "── row 1 ")
				if form == table.Expanded && !expanded {
					t.Errorf("width %d, %d columns: not expanded:\n%s", width, columns, got)
				}
				// Each column of a table keeps 16 columns or its whole width.
				if fits := columns*(16+2)+columns-1+2*2 <= width; fits && expanded && form == table.Auto {
					t.Errorf("width %d, %d columns: expanded although a table fits:\n%s", width, columns, got)
				}
				if !expanded {
					continue
				}
				if strings.Contains(got, "shortened") {
					t.Errorf("width %d, %d columns: expanded rows are not whole:\n%s", width, columns, got)
				}
				if n := strings.Count(got, "漢"); n != strings.Count(fmt.Sprint(r.Rows), "漢") {
					t.Errorf("width %d, %d columns: %d of the characters are shown", width, columns, n)
				}
			}
		}
	}
}

func TestExpanded(t *testing.T) {
	t.Parallel()
	const want = `── row 1 ──────────────
 id     │ 1
 名前   │ 漢字
 id   … │ cut
── row 2 ──────────────
 id     │ 22
 名前   │ 👨‍👩‍👧 é
 id   ~ │ b�d
── row 3 ──────────────
 id   ∅ │
 名前   │ a↵b⇥c
 id   ■ │ [masked]
── row 4 ──────────────
 id     │ -4.50
 名前   │ NULL
 id   ! │ =1+1
`
	if got := print(t, sample, table.Options{Form: table.Expanded, Width: 23}); !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s", got)
	}
}

func TestVerboseListsSteps(t *testing.T) {
	t.Parallel()
	if got := print(t, sample, table.Options{Verbose: true}); !strings.Contains(got, "4 rows in 12 ms\nsteps: check 0.2 ms, execute 11 ms\n") {
		t.Errorf("got\n%s", got)
	}
}

func TestOnlyTheFirstRowsAreShown(t *testing.T) {
	t.Parallel()
	got := print(t, sample, table.Options{MaxRows: 1})
	if !strings.Contains(got, "漢字") || strings.Contains(got, "masked") || !strings.Contains(got, " and 3 more rows, not shown here\nmarks:") {
		t.Errorf("got\n%s", got)
	}
}

func TestOddShapes(t *testing.T) {
	t.Parallel()
	none := print(t, &preview.Result{Rows: make([][]preview.Cell, 2)}, table.Options{})
	if none != "2 rows in 0 ms\nthe query has no columns\n" {
		t.Errorf("no columns: got %q", none)
	}
	empty := print(t, &preview.Result{Columns: []preview.Column{{Name: ""}, {Name: "a"}}}, table.Options{})
	if empty != "  │ a \n──┼───\n0 rows in 0 ms\n" {
		t.Errorf("no rows, no name: got %q", empty)
	}
}

// FuzzTable: a value can neither leave its cell nor pass for a mark.
func FuzzTable(f *testing.F) {
	f.Add("a\nb", "│ x ∅")
	f.Add("漢\r\n字\t", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = strings.ToValidUTF8(a, "?"), strings.ToValidUTF8(b, "?")
		r := &preview.Result{
			Columns: []preview.Column{{Name: "a"}, {Name: "b"}},
			Rows:    [][]preview.Cell{{text(a), text(b)}, {{Null: true}, text("x")}},
		}
		lines := strings.Split(print(t, r, table.Options{}), "\n")
		if len(lines) < 5 || !strings.HasPrefix(lines[3], " ") || !strings.Contains(lines[3], " ∅ │ x") {
			t.Fatalf("the grid is broken: %q", lines)
		}
	})
}

// A line within a value is told apart from those between columns.
func TestLineWithinAValue(t *testing.T) {
	t.Parallel()
	r := &preview.Result{Columns: []preview.Column{{Name: "a"}, {Name: "b"}}, Rows: [][]preview.Cell{{text("x │ y"), text("z")}}}
	got := print(t, r, table.Options{})
	if !strings.Contains(got, " x ┊ y │ z") || !strings.Contains(got, "a │ within a value is shown as ┊\n") {
		t.Errorf("got\n%s", got)
	}
}

// On a terminal the column after a value is reached by its number, whatever the
// terminal takes the value's width for, and right-to-left values are isolated; in
// a file neither is so.
func TestTerminalIsAligned(t *testing.T) {
	t.Parallel()
	r := &preview.Result{
		Columns: []preview.Column{{Name: "a"}, {Name: "b"}},
		Rows:    [][]preview.Cell{{text("हिन्दी"), text("1")}, {text("שלום"), text("2")}, {text("plain"), text("3")}},
	}
	got := print(t, r, table.Options{Colour: true, Width: 40})
	if strings.Count(got, "\x1b[7G") != 2 || !strings.Contains(got, "\u2068שלום\u2069") {
		t.Errorf("got\n%q", got)
	}
	if file := print(t, r, table.Options{}); strings.ContainsAny(file, "\x1b\u2068\u2069") {
		t.Errorf("in a file: %q", file)
	}
}

func TestVerboseExplainsMasks(t *testing.T) {
	t.Parallel()
	masked := func(detector string, kind sanitize.Kind) preview.Cell {
		return preview.Cell{Text: "[masked]", Changes: &sanitize.Changes{Kinds: kind, OriginalBytes: 9, OriginalCharacters: 9, Detector: detector}}
	}
	result := &preview.Result{
		Columns: []preview.Column{{Name: "word", Masking: &preview.Masking{Rule: "column_name", Source: "app.users.password", Hint: "list it in keep_columns"}}, {Name: "note"}},
		Rows:    [][]preview.Cell{{masked("column_name", sanitize.MaskedColumn), masked("jwt", sanitize.MaskedValue)}, {text("x"), masked("jwt", sanitize.MaskedValue)}},
	}
	const want = "masked: word (column_name): list it in keep_columns\n" +
		"masked: values that look like jwt; if they are none, an operator lists that name in disable_detectors\n"
	if got := print(t, result, table.Options{Verbose: true}); !strings.HasSuffix(got, want) {
		t.Errorf("got\n%s\nwant at its end\n%s", got, want)
	}
	if got := print(t, result, table.Options{}); strings.Contains(got, "keep_columns") {
		t.Errorf("not verbose: got\n%s", got)
	}
}
