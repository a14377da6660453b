package console_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/op-data/sqlpreview/preview/console/internal/browsertest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// refusals expects the browser's lines about answers that are errors.
var refusals = browsertest.Options{Expect: regexp.MustCompile(statusLine)}

// TestTypingAndRunning: what is typed runs, from the keyboard and by the button.
func TestTypingAndRunning(t *testing.T) {
	t.Parallel()
	p := openShop(t, browsertest.Options{})
	if at := p.focused(); at != "editor" {
		t.Errorf("the focus is first on %q", at)
	}
	p.Run(chromedp.KeyEvent("select 1 as one, 'two' as two"))
	p.keys(input.ModifierCtrl, kb.Enter)
	p.WaitFor(`probe.rows().length === 1 && probe.rows()[0].map((c) => c.text).join() === "1,two"`)
	p.write("select 'by the button' as how")
	p.Run(chromedp.Click("#run"))
	p.WaitFor(`probe.rows()[0]?.[0].text === "by the button"`)
	// What is typed over a selection takes its place.
	p.Run(chromedp.Focus(".cm-content"))
	p.keys(input.ModifierCtrl, "a")
	p.Run(chromedp.KeyEvent("s"), input.InsertText("elect ["))
	p.keys(input.ModifierShift, kb.ArrowLeft)
	p.Run(chromedp.KeyEvent("("), chromedp.KeyEvent("3"))
	p.WaitFor(`probe.one(".cm-line").textContent === "select (3)"`)
	p.keys(input.ModifierCtrl, kb.Enter)
	p.WaitFor(`probe.rows()[0]?.[0].text === "3"`)
	if n := len(p.seen("PreviewQuery")); n != 3 {
		t.Errorf("%d previews, want 3", n)
	}
	p.Screenshot("running")
}

// TestSelectionRunsAlone: with a selection, that part of the text runs, and its faults
// are underlined in the whole text.
func TestSelectionRunsAlone(t *testing.T) {
	t.Parallel()
	p := openShop(t, refusals)
	p.write("select 'first' as a;\nselect '漢字👍' as b, missing as c")
	p.keys(input.ModifierCtrl, kb.Home)
	p.keys(input.ModifierShift, kb.End)
	p.WaitFor(`document.getElementById("run-label").textContent === "Run selection"`)
	p.keys(input.ModifierCtrl, kb.Enter)
	p.WaitFor(`probe.rows()[0]?.[0].text === "first"`)
	// The guard still has something against the whole text.
	p.WaitFor(`probe.all(".cm-lintRange-error").length > 0 && /one statement/.test(document.getElementById("problem").textContent)`)

	p.keys(input.ModifierCtrl, kb.End)
	p.keys(input.ModifierShift, kb.Home)
	p.keys(input.ModifierCtrl, kb.Enter)
	p.WaitFor(`probe.faults().length === 1`)
	p.WaitFor(`probe.all(".cm-lintRange-error").map((e) => e.textContent).join() === "missing"`)
	p.Run(chromedp.Click(".fault button"))
	p.keys(input.ModifierShift|input.ModifierCtrl, kb.ArrowRight)
	var selected string
	if p.Eval(`getSelection().toString()`, &selected); selected != "missing" {
		t.Errorf("the button leads to %q", selected)
	}
}

// TestSquiggles: what the guard refuses is underlined while it is typed, at its place
// whatever letters come before it, with message, hint and rule under the pointer.
func TestSquiggles(t *testing.T) {
	t.Parallel()
	p := openShop(t, browsertest.Options{})
	p.Run(chromedp.KeyEvent("select pg_sleep(1)"))
	p.WaitFor(`probe.all(".cm-lintRange-error").map((e) => e.textContent).join("|") === "pg_sleep"`)
	p.WaitFor(`/pg_sleep is not allowed/.test(document.getElementById("problem").textContent)`)
	for _, test := range []struct{ sql, marks string }{
		{"select 'é', pg_sleep(1)", "pg_sleep"},
		{"select '漢字', pg_sleep(1)", "pg_sleep"},
		{"select '👨‍👩‍👧 👍🏽 𝒳', pg_sleep(1)", "pg_sleep"},
		{"select 'שלום مرحبا', pg_sleep(1)", "pg_sleep"},
		{"select\n'é\n漢',\n  pg_sleep(1), lo_import('👍')\nfrom t for update", "pg_sleep|lo_import|for update"},
		{"select 1 +", "+"},
		{"select 1 +\n\n  ", "+"},
		{"select (1", "("},
	} {
		p.write("")
		p.WaitFor(`probe.all(".cm-lintRange-error").length === 0`)
		p.write(test.sql)
		p.WaitFor(`probe.all(".cm-lintRange-error").map((e) => e.textContent).join("|") === ` + literal(test.marks))
	}
	// The page's policy lets no image in, so the underline must be a text decoration.
	var style struct{ Line, Style, Image string }
	p.Eval(`(({textDecorationLine, textDecorationStyle, backgroundImage}) => ({line: textDecorationLine, style: textDecorationStyle, image: backgroundImage}))
		(getComputedStyle(document.querySelector(".cm-lintRange-error")))`, &style)
	if style.Line != "underline" || style.Style != "wavy" || style.Image != "none" {
		t.Errorf("the underline: %+v", style)
	}
	p.write("select pg_sleep(1)")
	p.WaitFor(`probe.all(".cm-lintRange-error").map((e) => e.textContent).join("|") === "pg_sleep"`)
	var at struct{ X, Y float64 }
	p.Eval(`(({x, y, width, height}) => ({x: x + width / 2, y: y + height / 2}))(document.querySelector(".cm-lintRange-error").getBoundingClientRect())`, &at)
	p.Run(chromedp.MouseEvent(input.MouseMoved, at.X, at.Y))
	p.WaitFor(`document.querySelector(".cm-tooltip .violation") !== null`)
	for selector, want := range map[string]string{
		".violation-message": "the function pg_sleep is not allowed in a preview",
		".violation-hint":    "a preview may not wait",
		".violation-rule":    "FUNCTION_NOT_ALLOWED · function-waiting",
	} {
		if got := p.text(".cm-tooltip " + selector); got != want {
			t.Errorf("%s: %q, want %q", selector, got, want)
		}
	}
	p.Screenshot("squiggle")
	p.intact("with a tooltip")
}

// TestCompletion: tables, and the columns of the tables that the statement names, are
// offered as the database writes them.
func TestCompletion(t *testing.T) {
	t.Parallel()
	p := openShop(t, browsertest.Options{})
	for _, test := range []struct{ before, typed, after, want, result string }{
		{"select o.", "", "\nfrom shop.orders o", "id,customer_id,total,placed_at,extra", "select o.id\nfrom shop.orders o"},
		{"select cust", "", " from shop.orders o", "customer_id,customers", "select customer_id from shop.orders o"},
		{"select * from ", "ord", "", "orders", "select * from shop.orders"},
		{"select * from shop.", "", "", "customers,documents,orders,totals", "select * from shop.customers"},
		{"select * from ", "Odd", "", `Odd "Name`, `select * from public."Odd ""Name"`},
		{"sel", "", "", "select", "select"},
	} {
		p.write(test.before + test.after)
		p.keys(input.ModifierCtrl, kb.Home)
		for range strings.Count(test.before, "\n") {
			p.keys(0, kb.ArrowDown)
		}
		for range len(test.before) {
			p.keys(0, kb.ArrowRight)
		}
		if test.typed != "" {
			p.Run(chromedp.KeyEvent(test.typed))
		} else {
			p.keys(input.ModifierCtrl, " ")
		}
		// The options that begin with what is asked for; fuzzy ones come behind.
		p.WaitFor(`probe.all(".cm-tooltip-autocomplete .cm-completionLabel").map((e) => e.textContent).slice(0, ` +
			literal(test.want) + `.split(",").length).join() === ` + literal(test.want))
		if test.before == "select o." {
			p.Screenshot("completion")
		}
		// The list takes no key in its first moments, so that none is taken by accident.
		p.WaitFor(`(() => { if (!document.querySelector(".cm-tooltip-autocomplete")) return true; probe.press("Tab"); return false; })()`)
		p.WaitFor(`probe.all(".cm-line").map((l) => l.textContent).join("\n") === ` + literal(test.result))
	}
	// Within a text there is nothing to complete.
	p.write("select 'o.'")
	p.keys(0, kb.ArrowLeft)
	p.keys(input.ModifierCtrl, " ")
	p.WaitFor(`document.querySelector(".cm-tooltip-autocomplete") === null`)
}

// TestCancel: Escape and the button end a running query, and the database has ended it
// within a second or two of that, long before its own time limit would.
func TestCancel(t *testing.T) {
	t.Parallel()
	p := openShop(t, browsertest.Options{Expect: regexp.MustCompile(`net::ERR_ABORTED|` + statusLine)})
	const endless = "select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b"
	running := func() bool {
		return p.value(`select count(*) from pg_stat_activity where state = 'active' and query like '%generate_series%' and pid <> pg_backend_pid()`) != "0"
	}
	for i, cancel := range []func(){
		func() { p.keys(0, kb.Escape) },
		func() { p.Run(chromedp.Click("#run")) },
		// Wherever the focus is.
		func() { p.Run(chromedp.Focus("#filter")); p.keys(0, kb.Escape) },
	} {
		p.write(endless)
		p.keys(input.ModifierCtrl, kb.Enter)
		p.WaitFor(`document.getElementById("run-label").textContent === "Cancel"`)
		eventually(t, "the query runs", running)
		if i == 0 {
			p.Screenshot("cancel")
		}
		cancel()
		start := time.Now()
		eventually(t, "the query is gone", func() bool { return !running() })
		t.Logf("gone from the database after %v", time.Since(start))
		p.WaitFor(`document.getElementById("run-label").textContent === "Run" && /Canceled/.test(document.getElementById("result").textContent)`)
		eventually(t, "the sidecar knows of it", func() bool { return len(p.seen("PreviewQuery")) == i+1 })
		if got := p.seen("PreviewQuery")[i].Reason; got != reason.ClientCanceled {
			t.Errorf("the query ended by %s", got)
		}
	}
	// The page goes on.
	p.run("select 'still here' as a")
	if rows := p.rows(); len(rows) != 1 || rows[0][0].Text != "still here" {
		t.Errorf("after it: %v", rows)
	}
}

// TestFailures: what the database refuses is shown with its place, and so is what has
// none.
func TestFailures(t *testing.T) {
	t.Parallel()
	p := openShop(t, refusals)
	for _, test := range []struct{ sql, message, mark, hint string }{
		{"select 'é👍', nam from shop.customers", `column "nam" does not exist`, "nam", "did you mean name?"},
		{"select 1 from nowhere", `relation "nowhere" does not exist`, "nowhere", "spelling"},
		{"select 1/0", "division by zero", "", ""},
		{"select 1; select 2", "a preview runs one statement; a second begins here", "select 2", "remove it"},
		{"delete from shop.orders", "", "delete", ""},
	} {
		p.run(test.sql)
		var faults []struct{ Message, Hint, Excerpt, Mark string }
		p.Eval("probe.faults()", &faults)
		if len(faults) == 0 || !strings.Contains(faults[0].Message, test.message) || !strings.Contains(faults[0].Hint, test.hint) ||
			!strings.HasPrefix(faults[0].Mark, test.mark) {
			t.Errorf("%s: %+v", test.sql, faults)
		}
	}
	p.run("select pg_sleep(1), lo_import('a') from shop.orders for update")
	p.Screenshot("failure")
	p.intact("with failures")
}
