package console_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/chromedp/chromedp"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/console"
	"github.com/op-data/sqlpreview/preview/console/internal/browsertest"
	"github.com/op-data/sqlpreview/preview/pgtest/corpus"
	"github.com/op-data/sqlpreview/sanitize"
)

const (
	cellsFolder   = "../../testdata/cells"
	attacksFolder = "../../testdata/attacks"
)

// hostileValue is a value of the corpus of cells, as SQL.
type hostileValue struct{ name, text, sql string }

// readCells reads the values that a database can hold: texts, and other bytes as bytea.
func readCells(t *testing.T, pattern string) (values []hostileValue) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cellsFolder, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no file matches %s (%v)", pattern, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(strings.NewReader(string(content))); lines.Scan(); {
			var c struct {
				Name        string
				Text, Bytes *string
			}
			if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			name := filepath.Base(file) + ": " + c.Name
			switch {
			case c.Bytes != nil:
				values = append(values, hostileValue{name, *c.Bytes, `'\x` + *c.Bytes + `'::bytea`})
			case !strings.Contains(*c.Text, "\x00") && utf8.ValidString(*c.Text):
				values = append(values, hostileValue{name, *c.Text, "convert_from('\\x" + hex.EncodeToString([]byte(*c.Text)) + "', 'UTF8')"})
			}
		}
	}
	return values
}

// TestHostileCells: each value of the corpus is shown as the sidecar sends it, and
// nothing around it changes: no element, no attribute, no cell moves, no script runs.
// In the panel all of it is shown, and as CSV it is what the command line writes.
func TestHostileCells(t *testing.T) {
	t.Parallel()
	values := readCells(t, "*.jsonl")
	var schema strings.Builder
	schema.WriteString("create table hostile (id integer primary key, name text, body text, raw bytea);\n")
	for i, v := range values {
		column := "body"
		if strings.HasSuffix(v.sql, "::bytea") {
			column = "raw"
		}
		fmt.Fprintf(&schema, "insert into hostile (id, name, %s) values (%d, 'value', %s);\n", column, i, v.sql)
	}
	p := open(t, serve(t, schema.String(), console.ModeLink), browsertest.Options{})
	var places []string
	p.Eval("probe.places()", &places)
	t.Logf("%d values", len(values))
	shown := 0
	for first := 0; first < len(values); first += 100 {
		sql := fmt.Sprintf("select id, body, name, raw from hostile where id between %d and %d order by id", first, first+99)
		want, err := p.core.Preview(t.Context(), preview.Request{SQL: sql})
		if err != nil {
			t.Fatal(err)
		}
		p.run(sql)
		rows := p.rows()
		if len(rows) != len(want.Rows) || len(rows) == 0 {
			t.Fatalf("%d rows, want %d", len(rows), len(want.Rows))
		}
		for i, row := range rows {
			for j, got := range row {
				cell := want.Rows[i][j]
				if got.IsNull != cell.Null || (got.Text != cell.Text && (!got.Cut || !strings.HasPrefix(cell.Text, got.Text))) {
					t.Errorf("%s: shown %q, want %q", values[first+i].name, got.Text, cell.Text)
				}
				if changed := cell.Changes != nil && cell.Changes.Kinds != 0; changed != (len(got.Badges) > 0) {
					t.Errorf("%s: badges %q, changes %v", values[first+i].name, got.Badges, cell.Changes)
				}
			}
			shown++
		}
		var misplaced []string
		if p.Eval("probe.misplaced()", &misplaced); len(misplaced) > 0 {
			t.Errorf("ids from %d: not in their places: %q", first, misplaced)
		}
		p.intact(fmt.Sprintf("ids from %d", first))
		p.inPanel(values[first:], want)
		if got, csv := p.copiedCSV(), asCSV(want); got != csv {
			t.Errorf("ids from %d: as CSV\n%q\nwant\n%q", first, got, csv)
		}
	}
	if shown != len(values) {
		t.Errorf("%d of %d values were shown", shown, len(values))
	}
	var after []string
	if p.Eval("probe.places()", &after); !slices.Equal(places, after) {
		t.Errorf("the page moved:\n%q\n%q", places, after)
	}
}

// inPanel goes through the second column with the arrow keys while the panel is open.
func (p *page) inPanel(values []hostileValue, want *preview.Result) {
	p.t.Helper()
	var texts []string
	p.Eval(`(() => {
		const cells = probe.all("[role=grid] tbody tr").map((tr) => tr.cells[2]);
		cells[0].dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
		probe.press("Enter");
		return cells.map((cell) => {
			const text = probe.one("#panel .value.text")?.textContent ?? "";
			probe.press("ArrowDown");
			return text;
		});
	})()`, &texts)
	for i, text := range texts {
		if want.Rows[i][1].Text != text {
			p.t.Errorf("%s: in the panel %q, want %q", values[i].name, text, want.Rows[i][1].Text)
		}
	}
	p.intact("with the panel")
	p.Eval(`probe.press("Escape")`, nil)
}

// copiedCSV is what the button copies.
func (p *page) copiedCSV() string {
	p.t.Helper()
	p.Eval(`document.querySelector(".cell-done").textContent = ""`, nil)
	p.Run(chromedp.Click(`//div[@class="foot"]//button[text()="Copy CSV"]`))
	p.WaitFor(`/^Copied/.test(document.querySelector(".cell-done").textContent)`)
	return p.pasted()
}

// asCSV is what "sqlpreview query --csv" writes.
func asCSV(r *preview.Result) string {
	var out []byte
	line := func(n int, field func(j int)) {
		for j := range n {
			if j > 0 {
				out = append(out, ',')
			}
			field(j)
		}
		out = append(out, "\r\n"...)
	}
	line(len(r.Columns), func(j int) { out = sanitize.AppendCSV(out, r.Columns[j].Name, sanitize.Textual) })
	for _, row := range r.Rows {
		line(len(row), func(j int) {
			if !row[j].Null {
				out = sanitize.AppendCSV(out, row[j].Text, sanitize.ClassOf(r.Columns[j].TypeOID))
			}
		})
	}
	return string(out)
}

// TestHostileNames: names and comments of tables, columns, schemas and types are texts
// like any other, in the table, in the tree, in completion and in errors.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	var names []string
	for _, v := range readCells(t, "markup.jsonl") {
		if name := v.text; name != "" && !strings.ContainsAny(name, "\n\t") && len(name) < 50 {
			names = append(names, name)
		}
	}
	names = append(names, "\u202egnp.exe", "a\u200bb", "\u0645\u0631\u062d\u0628\u0627", "\u0301\u0301\u0301x", "=1+1")
	quote := func(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
	text := func(name string) string { return `'` + strings.ReplaceAll(name, `'`, `''`) + `'` }
	var schema, columns strings.Builder
	for i, name := range names {
		fmt.Fprintf(&schema, "create schema %s; create type %[1]s.%[2]s as enum (%[3]s); create table %[1]s.%[1]s (%[1]s %[1]s.%[2]s);\n",
			quote(name), quote(name+"!"), text(name)) // a table's name is a type's, too
		fmt.Fprintf(&schema, "comment on table %[1]s.%[1]s is %[2]s; comment on column %[1]s.%[1]s.%[1]s is %[2]s; insert into %[1]s.%[1]s values (%[2]s);\n", quote(name), text(name))
		fmt.Fprintf(&columns, "%s(select %[2]s from %[2]s.%[2]s) as %[2]s", map[bool]string{true: "", false: ", "}[i == 0], quote(name))
	}
	p := open(t, serve(t, schema.String(), console.ModeLink), refusals)
	sql := "select " + columns.String()
	want, err := p.core.Preview(t.Context(), preview.Request{SQL: sql})
	if err != nil {
		t.Fatal(err)
	}
	p.run(sql)
	var heads []struct{ Name, Type string }
	p.Eval("probe.columns()", &heads)
	if len(heads) != len(names) {
		t.Fatalf("%d columns, want %d", len(heads), len(names))
	}
	for j, head := range heads {
		if head.Name != want.Columns[j].Name || head.Type != want.Columns[j].Type {
			t.Errorf("column %q: shown %q", names[j], head)
		}
	}
	p.intact("with hostile columns")
	var misplaced []string
	if p.Eval("probe.misplaced()", &misplaced); len(misplaced) > 0 {
		t.Errorf("not in their places: %q", misplaced)
	}
	// Each table of the tree, opened.
	p.Eval(`probe.all("#tree .table > .row").forEach((row) => row.click())`, nil)
	p.WaitFor(`probe.all("#tree .table").every((t) => probe.one("ul", t) !== null)`)
	var labels []string
	p.Eval(`probe.all("#tree .table > .row > .label").map((l) => l.textContent)`, &labels)
	tables, err := p.core.ListTables(t.Context(), preview.TablesRequest{})
	if err != nil || len(tables.Tables) != len(names) {
		t.Fatalf("%d tables (%v), want %d", len(tables.Tables), err, len(names))
	}
	for _, table := range tables.Tables {
		if !slices.Contains(labels, table.Name) {
			t.Errorf("the tree lacks %q", table.Name)
		}
	}
	p.intact("with hostile tables")
	p.Screenshot("hostile-names")

	// The server's own message quotes a name that does not exist.
	for _, name := range names {
		p.run("select " + quote(name+"?") + " from pg_catalog.pg_class")
		var faults []struct{ Message, Excerpt string }
		p.Eval("probe.faults()", &faults)
		_, err := p.core.Preview(t.Context(), preview.Request{SQL: "select " + quote(name+"?") + " from pg_catalog.pg_class"})
		var failure *preview.Error
		if !errors.As(err, &failure) || len(faults) != 1 || faults[0].Message != failure.Message {
			t.Errorf("%q: %+v, want %v", name, faults, err)
		}
	}
	p.intact("with hostile errors")
}

// TestHostileQueries: each text of the corpus of attacks is refused on the page as the
// guard refuses it, with the same places underlined, and changes nothing else.
func TestHostileQueries(t *testing.T) {
	t.Parallel()
	cases, err := corpus.Read(attacksFolder, corpus.Attacks)
	if err != nil {
		t.Fatal(err)
	}
	p := openShop(t, refusals)
	type expected struct{ message, mark string }
	var texts []string
	var wants [][]expected
	for _, c := range cases {
		// The editor keeps line ends as \n, and a page sends no text of a size that the
		// server would not read.
		if strings.Contains(c.SQL, "\r") || len(c.SQL) > 20_000 || strings.TrimSpace(c.SQL) == "" {
			continue
		}
		verdict, err := p.core.Validate(t.Context(), c.SQL)
		if err != nil || verdict.Allowed || !utf8.ValidString(c.SQL) {
			continue // refused with the database's catalog alone, or no text of a browser
		}
		var want []expected
		for _, v := range verdict.Violations {
			mark := c.SQL[min(v.Offset, len(c.SQL)):min(max(v.End, v.Offset), len(c.SQL))]
			mark, _, _ = strings.Cut(mark, "\n")
			want = append(want, expected{v.Message, mark})
		}
		texts, wants = append(texts, c.SQL), append(wants, want)
	}
	if len(texts) < 500 {
		t.Fatalf("only %d texts", len(texts))
	}
	t.Logf("%d texts", len(texts))
	const batch = 100
	for first := 0; first < len(texts); first += batch {
		some := texts[first:min(first+batch, len(texts))]
		list, err := json.Marshal(some)
		if err != nil {
			t.Fatal(err)
		}
		var got [][]struct{ Message, Mark string }
		p.Eval(fmt.Sprintf(`(async () => {
			const found = [];
			for (const text of %s) {
				probe.write(text);
				await probe.run();
				found.push(probe.faults());
			}
			return found;
		})()`, list), &got)
		for i, faults := range got {
			want := wants[first+i]
			if len(faults) == 0 || len(faults) > len(want) {
				t.Errorf("%q: %d faults, want %d", some[i], len(faults), len(want))
				continue
			}
			for k, fault := range faults {
				// A place of no length is shown as a caret, a long one from its beginning.
				mark := strings.TrimPrefix(fault.Mark, "\u200b")
				long := len(mark) >= 300 && strings.HasPrefix(want[k].mark, mark)
				if fault.Message != want[k].message || mark != want[k].mark && !long {
					t.Errorf("%q: shown %+v, want %+v", some[i], fault, want[k])
				}
			}
		}
		p.intact(fmt.Sprintf("texts from %d", first))
	}
}
