package console_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/op-data/sqlpreview/preview/console/internal/browsertest"
)

// TestTable: types stand in the header, numbers on the right, NULL is no text, and
// what was done to a value is said in words.
func TestTable(t *testing.T) {
	t.Parallel()
	p := openShop(t, browsertest.Options{})
	p.run("select c.id, c.name, c.email, c.api_key, o.total, o.placed_at, o.extra, c.tags from shop.customers c join shop.orders o on o.id = c.id order by 1")
	var columns []struct {
		Name, Type string
		Number     bool
		Badges     []string
	}
	p.Eval("probe.columns()", &columns)
	var heads []string
	for _, c := range columns {
		heads = append(heads, fmt.Sprintf("%s %s %t %s", c.Name, c.Type, c.Number, strings.Join(c.Badges, " ")))
	}
	want := []string{
		"id integer true ", "name text false ", "email text false ", "api_key text false masked", "total numeric(20,2) true ",
		"placed_at timestamp with time zone false ", "extra jsonb false ", "tags text[] false ",
	}
	if !slices.Equal(heads, want) {
		t.Errorf("header %q\nwant   %q", heads, want)
	}
	rows := p.rows()
	if len(rows) != 4 {
		t.Fatalf("%d rows", len(rows))
	}
	if rows[1][2].IsNull || rows[1][2].Text != "" || !rows[2][2].IsNull || rows[3][1].IsNull || rows[3][1].Text != "NULL" {
		t.Errorf("an empty text, NULL and the text NULL: %+v %+v %+v", rows[1][2], rows[2][2], rows[3][1])
	}
	if got := rows[0][4].Text; got != "9007199254740994.25" {
		t.Errorf("total %s: digits are lost", got)
	}
	if got := rows[0][3]; !slices.Equal(got.Badges, []string{"masked"}) || strings.Contains(got.Text, "k-1") {
		t.Errorf("a masked value: %+v", got)
	}
	// NULL looks different from a text, and the empty text is marked.
	var looks []string
	p.Eval(`[probe.all("tbody tr")[1].cells[3], probe.all("tbody tr")[3].cells[2]].map((c) => getComputedStyle(c.querySelector(".null") ?? c).fontStyle +
		" " + getComputedStyle(c, "::after").content)`, &looks)
	p.run("select id, body from shop.documents order by id")
	for i, badge := range []string{"cut", "changed", "masked", "formula-like", "changed", "", "", "", "direction mark"} {
		if got := strings.Join(p.rows()[i][1].Badges, " "); got != badge {
			t.Errorf("document %d: badge %q, want %q", i+1, got, badge)
		}
	}
	if looks[0] == looks[1] {
		t.Errorf("an empty text looks like another: %q", looks)
	}
	if got := p.text(".bounds"); got != "Values longer than 1,024 characters were cut." {
		t.Errorf("bounds: %q", got)
	}
	p.run("select * from shop.orders")
	if got := p.text(".bounds"); got != "These are the first 100 rows; there may be more." {
		t.Errorf("bounds: %q", got)
	}
	if got := p.text(".summary"); !strings.HasPrefix(got, "100 rows in ") {
		t.Errorf("summary: %q", got)
	}
	p.run("select 1 as a where false")
	if got := p.text(".scroller"); !strings.Contains(got, "no rows") {
		t.Errorf("no rows: %q", got)
	}
	p.intact("after it all")
}

// TestPanel: a cell opens in full, JSON is laid out with every digit, and a word is
// said about each change.
func TestPanel(t *testing.T) {
	t.Parallel()
	p := openShop(t, browsertest.Options{})
	p.run("select extra from shop.orders where id = 1")
	p.Run(chromedp.Focus("[role=grid] td"))
	p.keys(0, kb.Enter)
	p.WaitFor(`document.querySelector("#panel .json") !== null`)
	const laidOut = "{\n  \"n\": 1" // jsonb keeps the last of equal keys
	if got := p.text("#panel .json"); !strings.HasPrefix(got, laidOut) || !strings.Contains(got, strings.Repeat("0", 400)) || !strings.Contains(got, `"<b>&amp;"`) ||
		!strings.Contains(got, "[\n    1,\n    [],\n    {}\n  ]") {
		t.Errorf("JSON: %s", got)
	}
	p.run(`select '{"n": 12345678901234567890.10, "n": 1E+400, "deep": [{"a": "\u00e9 \ud83d"}]}'::json as j`)
	p.Run(chromedp.Focus("[role=grid] td"))
	p.keys(0, kb.Enter)
	p.WaitFor(`document.querySelector("#panel .json") !== null`)
	want := "{\n  \"n\": 12345678901234567890.10,\n  \"n\": 1E+400,\n  \"deep\": [\n    {\n      \"a\": \"\\u00e9 \\ud83d\"\n    }\n  ]\n}"
	if got := p.text("#panel .json"); got != want {
		t.Errorf("JSON %s\nwant %s", got, want)
	}
	p.Screenshot("json")
	p.Run(chromedp.Click(`//aside//button[text()="Text"]`))
	p.WaitFor(`document.querySelector("#panel .json").hidden && !document.querySelector("#panel .text").hidden`)

	p.run("select id, body from shop.documents order by id")
	p.Run(chromedp.Focus("[role=grid] td"))
	p.keys(0, kb.ArrowRight, kb.Enter)
	// The arrow keys go on in the table, and the panel follows.
	for i, said := range []string{"was longer", "Control characters", "secret in the value is masked", "for a formula", "turn the direction",
		"There is no value", "It is not NULL", "", "direction mark"} {
		if i > 0 {
			p.keys(0, kb.ArrowDown)
		}
		p.WaitFor(fmt.Sprintf(`document.querySelector("#panel h2").textContent === "Row %d, body"`, i+1))
		if got := p.text("#panel"); !strings.Contains(got, said) {
			t.Errorf("document %d: %q is not in %q", i+1, said, got)
		}
		if words := p.text(".cell-words"); i != 5 && i != 6 && !strings.Contains(words, said) {
			t.Errorf("document %d: below the table %q", i+1, words)
		}
	}
	p.keys(0, kb.Escape)
	p.WaitFor(`document.getElementById("panel").hidden`)
	if at := p.focused(); at != "cell 9,2" {
		t.Errorf("after closing, the focus is on %q", at)
	}
	p.Run(chromedp.Click(".summary"))
	for _, word := range []string{"Planning and executing", "Rows, SHA-256", "shop.documents", "Values changed"} {
		if got := p.text("#panel"); !strings.Contains(got, word) {
			t.Errorf("receipt: %q is not in %q", word, got)
		}
	}
	p.Screenshot("receipt")
}

// TestMebibyte: an answer as large as the sidecar gives is shown whole.
func TestMebibyte(t *testing.T) {
	t.Parallel()
	p := openShop(t, browsertest.Options{})
	var columns []string
	for i := range 12 {
		columns = append(columns, fmt.Sprintf("repeat('%c', 1000) || g as c%d", 'a'+i, i))
	}
	p.run("select " + strings.Join(columns, ", ") + " from generate_series(1, 100) g")
	rows := p.rows()
	if len(rows) < 50 || len(rows) >= 100 {
		t.Fatalf("%d rows", len(rows))
	}
	if got := p.text(".bounds"); !strings.Contains(got, fmt.Sprintf("Cut after %d rows: the next one would have passed 1,048,576 bytes.", len(rows))) {
		t.Errorf("bounds: %q", got)
	}
	if got := rows[49][11]; !got.Cut || !strings.HasPrefix(got.Text, "lll") {
		t.Errorf("a long value: %+v", got)
	}
	p.Run(chromedp.Focus("[role=grid] td"))
	p.keys(input.ModifierCtrl, kb.End)
	p.keys(0, kb.Enter)
	p.WaitFor(`document.querySelector("#panel .value") !== null`)
	if got, want := p.text("#panel .value"), strings.Repeat("l", 1000)+fmt.Sprint(len(rows)); got != want {
		t.Errorf("the last value in full: %d characters", len(got))
	}
	p.intact("with a mebibyte")
}

// TestCopy: a cell, a row and all rows go to the clipboard, and no spreadsheet takes a
// value for a formula.
func TestCopy(t *testing.T) {
	t.Parallel()
	p := openShop(t, browsertest.Options{})
	p.run(`select -5 as "=1+1", '=1+1' as b, 'a "b"' as c, null as d, '' as e, E'two\nlines' as f union all select 7, '-x', '', 'y', null, ''`)
	p.Run(chromedp.Focus("[role=grid] td"))
	for _, test := range []struct{ button, want string }{
		{"Copy cell", "=1+1"},
		{"Copy row", "\"-5\",\"'=1+1\",\"a \"\"b\"\"\",,\"\",\"two\nlines\"\r\n"},
		{"Copy CSV", "\"'=1+1\",\"b\",\"c\",\"d\",\"e\",\"f\"\r\n\"-5\",\"'=1+1\",\"a \"\"b\"\"\",,\"\",\"two\nlines\"\r\n\"7\",\"'-x\",\"\",\"y\",,\"\"\r\n"},
	} {
		p.Eval(`document.querySelector(".cell-done").textContent = ""`, nil)
		p.Run(chromedp.Focus("[role=grid] [tabindex='0']"))
		p.keys(0, kb.Home, kb.ArrowRight)
		p.Run(chromedp.Click(`//div[@class="foot"]//button[text()=` + literal(test.button) + `]`))
		p.WaitFor(`/^Copied/.test(document.querySelector(".cell-done").textContent)`)
		if got := p.pasted(); got != test.want {
			t.Errorf("%s: %q, want %q", test.button, got, test.want)
		}
	}
	p.Run(chromedp.Focus("[role=grid] [tabindex='0']"))
	p.keys(0, kb.End)
	p.keys(input.ModifierCtrl, "c")
	p.WaitFor(`/^Copied/.test(document.querySelector(".cell-done").textContent)`)
	if got := p.pasted(); got != "two\nlines" {
		t.Errorf("Ctrl-C: %q", got)
	}
}

// pasted is what is on the clipboard, as pasting gives it: the page may not read it.
func (p *page) pasted() (text string) {
	p.t.Helper()
	p.Eval(`globalThis.pasted = new Promise((done) => addEventListener("paste", (e) => {
		e.preventDefault();
		done(e.clipboardData.getData("text/plain"));
	}, { capture: true, once: true })); 0`, nil)
	p.Run(input.DispatchKeyEvent(input.KeyRawDown).WithKey("v").WithCommands([]string{"paste"}), input.DispatchKeyEvent(input.KeyUp).WithKey("v"))
	p.Eval("globalThis.pasted", &text)
	return text
}
