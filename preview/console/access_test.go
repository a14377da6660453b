package console_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/op-data/sqlpreview/preview/console/internal/browsertest"
)

// axe is the source of axe-core, the version that the page's lock file names, proven
// by its integrity hash.
var axe = sync.OnceValues(func() (string, error) {
	page, err := filepath.Abs("page")
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp("", "sqlpreview-axe-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	fetch := exec.Command("go", "run", ".", "-page", page, "-dev", "axe-core", "-out", folder)
	fetch.Dir = "../../.ci/tools/console"
	if said, err := fetch.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, said)
	}
	source, err := os.ReadFile(filepath.Join(folder, "axe.min.js"))
	return string(source), err
})

// withAxe loads axe-core into the page. Without a registry to fetch it from, the test is
// left out but in CI.
func (p *page) withAxe() {
	p.t.Helper()
	source, err := axe()
	if err != nil && os.Getenv("CI") != "true" {
		p.t.Skipf("without axe-core, the check of accessibility is left out: %v", err)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.Eval(source+"; 0", nil)
}

// accessible fails the test for what axe-core finds against WCAG 2.2 A and AA, and
// against its own best practices.
func (p *page) accessible(state string) {
	p.t.Helper()
	var found struct {
		Violations []struct {
			ID, Help string
			Nodes    []struct{ HTML, FailureSummary string }
		}
		Passes int
	}
	p.Eval(`axe.run(document, { resultTypes: ["violations"], rules: { "target-size": { enabled: true }, "color-contrast": { enabled: true } } })
		.then((r) => ({ violations: r.violations, passes: r.passes.length }))`, &found)
	for _, v := range found.Violations {
		said, err := json.MarshalIndent(v.Nodes, "", " ")
		p.t.Errorf("%s: %s: %s %s %v", state, v.ID, v.Help, said, err)
	}
	if found.Passes < 20 {
		p.t.Errorf("%s: axe-core ran only %d rules", state, found.Passes)
	}
	p.t.Logf("axe-core, %s: %d violations, %d rules passed", state, len(found.Violations), found.Passes)
	p.Screenshot(state)
}

// TestAccessibility: axe-core finds nothing in any state of the page, in light, dark
// and narrow.
func TestAccessibility(t *testing.T) {
	t.Parallel()
	for _, look := range []struct {
		name string
		browsertest.Options
	}{
		{"light", browsertest.Options{}},
		{"dark", browsertest.Options{Dark: true}},
		{"narrow", browsertest.Options{Width: 360, Height: 740}},
		{"wide", browsertest.Options{Width: 3840, Height: 2160}},
	} {
		t.Run(look.name, func(t *testing.T) {
			look.Expect = refusals.Expect
			p := openShop(t, look.Options)
			p.withAxe()
			p.accessible("start-" + look.name)
			p.run("select d.id, d.body, c.name, c.email, c.api_key, o.total, o.extra\nfrom shop.documents d\nleft join shop.customers c on c.id = d.id\nleft join shop.orders o on o.id = d.id\norder by d.id")
			p.accessible("result-" + look.name)
			p.Run(chromedp.Focus("[role=grid] td"))
			p.keys(0, kb.ArrowRight, kb.Enter)
			p.accessible("panel-" + look.name)
			p.keys(0, kb.Escape)
			p.Run(chromedp.Click(".summary"))
			p.accessible("receipt-" + look.name)
			p.keys(0, kb.Escape)
			if look.name == "narrow" {
				p.Run(chromedp.Click("#tables-toggle"))
			}
			p.Run(chromedp.Click("#tree .table > .row"))
			p.WaitFor(`probe.all("#tree .column").length > 0`)
			p.accessible("tables-" + look.name)
			if look.name == "narrow" {
				p.keys(0, kb.Escape)
			}
			p.run("select pg_sleep(1),\n  lo_import('/etc/passwd')\nfrom shop.orders for update")
			p.WaitFor(`probe.all(".cm-lintRange-error").length === 3`)
			p.accessible("failure-" + look.name)
			p.write("select o.\nfrom shop.orders o")
			p.keys(input.ModifierCtrl, kb.Home)
			p.keys(0, kb.End)
			p.keys(input.ModifierCtrl, " ")
			p.WaitFor(`document.querySelector(".cm-tooltip-autocomplete") !== null`)
			p.accessible("completion-" + look.name)
		})
	}
}

// TestKeyboard: everything is reached and done with the keyboard alone.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	p := openShop(t, browsertest.Options{})
	p.Run(chromedp.KeyEvent("select * from "))
	// Back into the tables: open the second one, and take its name.
	p.keys(input.ModifierShift, kb.Tab)
	if at := p.focused(); !strings.HasPrefix(at, "public") {
		t.Fatalf("before the editor comes %q, not the tables", at)
	}
	p.keys(0, kb.Home, kb.ArrowRight, kb.ArrowLeft, kb.ArrowDown, kb.ArrowDown, kb.ArrowRight, kb.ArrowRight)
	p.WaitFor(`probe.all("#tree .column").length === 5`)
	if at := p.focused(); !strings.HasPrefix(at, "customers") {
		t.Fatalf("the arrows lead to %q", at)
	}
	p.keys(0, kb.Enter)
	p.WaitFor(`probe.focused() === "editor" && probe.one(".cm-line").textContent === "select * from shop.customers"`)
	p.keys(input.ModifierCtrl, kb.Enter)
	p.WaitFor(`probe.rows().length === 4`)
	// Tab leaves the editor, passes the button and the bar, and enters the table.
	for _, want := range []string{"run", "split", "cell 1,1"} {
		p.keys(0, kb.Tab)
		if at := p.focused(); at != want {
			t.Fatalf("Tab leads to %q, not %q", at, want)
		}
	}
	for _, step := range []struct {
		modifiers input.Modifier
		key, want string
	}{
		{0, kb.ArrowRight, "cell 1,2"}, {0, kb.ArrowDown, "cell 2,2"}, {0, kb.ArrowLeft, "cell 2,1"}, {0, kb.ArrowLeft, "cell 2,1"},
		{0, kb.End, "cell 2,5"}, {0, kb.ArrowRight, "cell 2,5"}, {0, kb.Home, "cell 2,1"}, {0, kb.ArrowUp, "cell 1,1"}, {0, kb.ArrowUp, "cell 0,1"},
		{0, kb.ArrowUp, "cell 0,1"}, {0, kb.PageDown, "cell 4,1"}, {0, kb.PageUp, "cell 0,1"},
		{input.ModifierCtrl, kb.End, "cell 4,5"}, {input.ModifierCtrl, kb.Home, "cell 1,1"},
	} {
		p.keys(step.modifiers, step.key)
		if at := p.focused(); at != step.want {
			t.Errorf("%q leads to %q, not %q", step.key, at, step.want)
		}
	}
	// Enter opens the cell, Enter goes into it, Escape comes back.
	p.keys(0, kb.Enter)
	p.WaitFor(`!document.getElementById("panel").hidden && probe.focused() === "cell 1,1"`)
	p.keys(0, kb.Enter)
	p.WaitFor(`document.getElementById("panel").contains(document.activeElement)`)
	p.keys(0, kb.Escape)
	p.WaitFor(`document.getElementById("panel").hidden && probe.focused() === "cell 1,1"`)
	// One Tab leaves the table.
	p.keys(0, kb.Tab)
	if at := p.focused(); at != "View cell" {
		t.Errorf("behind the table comes %q", at)
	}
	// The bar between query and result moves.
	var before, after float64
	p.Eval(`document.getElementById("result").getBoundingClientRect().top`, &before)
	p.Run(chromedp.Focus("#split"))
	p.keys(0, kb.ArrowDown, kb.ArrowDown)
	if p.Eval(`document.getElementById("result").getBoundingClientRect().top`, &after); after <= before {
		t.Errorf("the bar moved from %v to %v", before, after)
	}
	// The filter finds a table.
	p.Run(chromedp.Focus("#filter"))
	p.Run(chromedp.KeyEvent("ORD"))
	p.WaitFor(`probe.all("#tree .table > .row > .label").map((l) => l.textContent).join() === "orders"`)
	p.Run(chromedp.KeyEvent("zzz"))
	p.WaitFor(`document.getElementById("tree-note").textContent === "No table matches."`)
	// What has the focus shows it.
	p.Run(chromedp.Focus("#run"))
	p.keys(0, kb.Tab)
	p.keys(input.ModifierShift, kb.Tab)
	var outline string
	if p.Eval(`getComputedStyle(document.activeElement).outlineStyle`, &outline); outline != "solid" {
		t.Errorf("the outline of what has the focus: %q", outline)
	}
}
