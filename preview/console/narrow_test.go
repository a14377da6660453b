package console_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/op-data/sqlpreview/preview/console/internal/browsertest"
)

// TestNarrow: on a narrow screen the tables and the panel lie over the rest, take the
// focus with them and give it back, and nothing needs a mouse.
func TestNarrow(t *testing.T) {
	t.Parallel()
	p := openShop(t, browsertest.Options{Width: 360, Height: 740})
	p.Run(chromedp.Focus("#tables-toggle"))
	p.keys(0, kb.Enter)
	p.WaitFor(`probe.focused() === "filter" && document.getElementById("tables-toggle").getAttribute("aria-expanded") === "true"`)
	p.keys(0, kb.Escape)
	p.WaitFor(`probe.focused() === "tables-toggle" && document.getElementById("tables").getBoundingClientRect().width === 0`)
	p.keys(0, kb.Enter)
	p.Run(chromedp.KeyEvent("orders"))
	p.WaitFor(`document.getElementById("filter").value === "orders" && probe.all("#tree .table").length === 1`)
	// The tables are drawn anew after each letter, and the focus must not be on old ones.
	var drawn bool
	p.Eval(`new Promise((done) => setTimeout(() => done(true), 50))`, &drawn)
	p.keys(0, kb.ArrowDown, kb.ArrowDown, kb.Enter)
	p.WaitFor(`probe.focused() === "editor" && probe.one(".cm-line").textContent === "shop.orders" && document.getElementById("tables").getBoundingClientRect().width === 0`)
	p.run("select * from shop.orders")
	p.Run(chromedp.Focus("[role=grid] td"))
	p.keys(0, kb.Enter)
	// The panel hides the cell, so the focus is in the panel.
	p.WaitFor(`document.getElementById("panel").contains(document.activeElement)`)
	p.Screenshot("panel-over")
	p.keys(0, kb.Escape)
	p.WaitFor(`probe.focused() === "cell 1,1"`)
	// A cell at the far end is brought into view, beside the row's number.
	p.keys(0, kb.End)
	p.WaitFor(`(() => {
		const cell = document.activeElement.getBoundingClientRect();
		return probe.focused() === "cell 1,5" && cell.left < innerWidth - 100 && cell.right > 150; // it is wider than the window
	})()`)
	p.keys(0, kb.Home)
	p.WaitFor(`document.activeElement.getBoundingClientRect().left >= probe.one("tbody .row-number").getBoundingClientRect().right - 1`)
}
