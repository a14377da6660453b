package console_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/console"
	"github.com/op-data/sqlpreview/preview/console/internal/browsertest"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// twoConnections are connections by id, with labels.
type twoConnections map[string]preview.Connection

func (c twoConnections) Resolve(_ context.Context, id string) (preview.Connection, error) {
	found, ok := c[id]
	if !ok {
		return preview.Connection{}, preview.ErrConnectionNotFound
	}
	return found, nil
}

func (c twoConnections) ListConnections(_ context.Context, after string, limit int) (names []preview.ConnectionName, _ error) {
	for _, name := range []preview.ConnectionName{{ID: "shop", Label: "The shop"}, {ID: "stock"}} {
		if name.ID > after && len(names) < limit {
			names = append(names, name)
		}
	}
	return names, nil
}

// TestConnections: with the picker, by keyboard, another connection's tables are shown and
// completed and its database is asked; what runs on the one before is cancelled, and
// nothing of it stays on the page.
func TestConnections(t *testing.T) {
	t.Parallel()
	databases := pgtest.Shared(t)
	dsn := databases.Database(t, shop)
	stock := databases.Database(t, `create schema stock; create table stock.parts (id int, bin text); insert into stock.parts values (7, 'bin of the stock');`)
	s := serveConnections(t, dsn, twoConnections{
		"shop": {DSN: preview.NewSecret(dsn)}, "stock": {DSN: preview.NewSecret(stock)},
	}, console.ModeLink)
	p := open(t, s, browsertest.Options{Expect: regexp.MustCompile(`net::ERR_ABORTED|` + statusLine)})
	tables := func(want string) {
		t.Helper()
		p.WaitFor(`probe.all("#tree .table > .row > .label").map((l) => l.textContent).join() === ` + literal(want))
	}
	choose := func(key, want string) {
		t.Helper()
		p.Run(chromedp.Focus("#connection"))
		p.keys(0, key)
		p.WaitFor(`document.getElementById("connection").value === ` + literal(want))
	}
	const ofShop = `Odd "Name,customers,documents,orders,totals`
	var options []string
	p.Eval(`[...document.getElementById("connection").options].map((o) => o.value + "=" + o.textContent)`, &options)
	if want := []string{"shop=The shop", "stock=stock"}; !slices.Equal(options, want) {
		t.Errorf("the picker offers %q", options)
	}
	tables(ofShop)
	p.run("select name from shop.customers where id = 1")
	if rows := p.rows(); len(rows) != 1 || rows[0][0].Text != "Anna Müller" {
		t.Errorf("of the shop: %v", rows)
	}

	// The other one is chosen while a query runs.
	p.write("select count(*) as slow from generate_series(1, 1000000) a, generate_series(1, 1000000) b")
	p.keys(input.ModifierCtrl, kb.Enter)
	running := func() bool {
		return p.value(`select count(*) from pg_stat_activity where datname = current_database() and state = 'active' and query like '%as slow%' and pid <> pg_backend_pid()`) != "0"
	}
	eventually(t, "the query runs", running)
	choose(kb.ArrowDown, "stock")
	eventually(t, "the query is gone", func() bool { return !running() })
	eventually(t, "the sidecar knows of it", func() bool { return len(p.seen("PreviewQuery")) == 2 })
	if got := p.seen("PreviewQuery")[1]; got.Reason != reason.ClientCanceled || got.ConnectionID != "shop" {
		t.Errorf("the query ended by %s on %s", got.Reason, got.ConnectionID)
	}
	tables("parts")
	p.WaitFor(`document.getElementById("run-label").textContent === "Run"`)
	if text := p.text("#result"); strings.Contains(text, "Anna") || strings.Contains(text, "slow") {
		t.Errorf("the result of the other connection stays: %s", text)
	}

	p.write("select * from stock.")
	p.keys(input.ModifierCtrl, kb.End)
	p.keys(input.ModifierCtrl, " ")
	p.WaitFor(`probe.all(".cm-tooltip-autocomplete .cm-completionLabel").map((e) => e.textContent)[0] === "parts"`)
	p.keys(0, kb.Escape)
	p.run("select bin from stock.parts")
	if rows := p.rows(); len(rows) != 1 || rows[0][0].Text != "bin of the stock" {
		t.Errorf("of the stock: %v", rows)
	}
	if calls := p.seen("PreviewQuery"); calls[len(calls)-1].ConnectionID != "stock" {
		t.Errorf("the sidecar was asked for %q", calls[len(calls)-1].ConnectionID)
	}
	p.run("select name from shop.customers")
	if text := p.text("#result"); !strings.Contains(text, "does not exist") {
		t.Errorf("the shop's table on the stock: %s", text)
	}

	choose(kb.ArrowUp, "shop")
	tables(ofShop)
	if text := p.text("#result"); strings.Contains(text, "does not exist") {
		t.Errorf("the failure of the other connection stays: %s", text)
	}
	p.run("select name from shop.customers where id = 1")
	if rows := p.rows(); len(rows) != 1 || rows[0][0].Text != "Anna Müller" {
		t.Errorf("of the shop again: %v", rows)
	}
	p.intact("after two switches")
}
