package console_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/op-data/sqlpreview/preview/console"
	"github.com/op-data/sqlpreview/preview/console/internal/browsertest"
)

// gone expects the browser's lines about a sidecar that has ended.
var gone = regexp.MustCompile(`net::ERR_(CONNECTION_(REFUSED|RESET)|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)`)

// TestNothingIsKept: the token of the link leaves the address at once, and neither it nor
// a value is anywhere but in the page's memory. (What is written to the console fails
// every test.)
func TestNothingIsKept(t *testing.T) {
	t.Parallel()
	s := serve(t, shop, console.ModeLink)
	link := s.link()
	_, token, _ := strings.Cut(link, "#")
	p := &page{Tab: browsertest.Open(t, link, browsertest.Options{}), sidecar: s}
	p.Eval(probe, nil)
	p.WaitFor(`!document.getElementById("connection").disabled`)
	p.run("select 'a value that is nowhere else' as a")
	var kept struct {
		Local, Session, Caches, Databases    int
		Cookies, State, Address, Name, Whole string
	}
	p.Eval("probe.kept()", &kept)
	if kept.Local+kept.Session+kept.Caches+kept.Databases != 0 || kept.Cookies != "" || kept.State != "null" || kept.Name != "" {
		t.Errorf("the page keeps something: %+v", kept)
	}
	if kept.Address != s.origin+"/" {
		t.Errorf("the address is %s", kept.Address)
	}
	var document string
	if p.Eval(`document.documentElement.outerHTML`, &document); strings.Contains(document, token) {
		t.Error("the document holds the token")
	}
	// The token is used up, and going back in the history leads nowhere.
	var entries int
	if p.Eval("history.length", &entries); entries > 2 { // the first is the browser's own
		t.Errorf("%d entries in the history", entries)
	}
	var requests []string
	p.Eval(`performance.getEntriesByType("resource").map((e) => e.name)`, &requests)
	for _, request := range requests {
		if strings.Contains(request, token) || strings.Contains(request, "value") {
			t.Errorf("a request to %s", request)
		}
	}
	p.intact("after a run")
}

// TestFreshLink: a link works once. A reload says how to go on, a fresh link in the same
// tab goes on, and the query that was typed is still there.
func TestFreshLink(t *testing.T) {
	t.Parallel()
	s := serve(t, shop, console.ModeLink)
	p := open(t, s, refusals)
	p.Run(chromedp.Reload())
	p.WaitFor(`/This page needs its link[^]*Press Enter in the terminal/.test(document.getElementById("notice").textContent)`)
	p.Screenshot("fresh-link")
	p.Eval(probe, nil)
	p.write("select 'typed before' as a")
	p.Eval(`location.hash = "a-wrong-token"`, nil)
	p.WaitFor(`/used, or is too old/.test(document.getElementById("notice").textContent) && location.hash === ""`)
	_, token, _ := strings.Cut(s.link(), "#")
	p.Eval(`location.hash = `+literal(token), nil)
	p.WaitFor(`document.getElementById("notice").hidden && location.hash === "" && !document.getElementById("connection").disabled`)
	p.Run(chromedp.Click("#run"))
	p.WaitFor(`probe.rows()[0]?.[0].text === "typed before"`)
}

// TestToken: where the sidecar asks for bearer tokens, the user types one.
func TestToken(t *testing.T) {
	t.Parallel()
	s := serve(t, shop, console.ModeToken)
	p := &page{Tab: browsertest.Open(t, s.link(), refusals), sidecar: s}
	p.Eval(probe, nil)
	p.WaitFor(`document.querySelector("#token[type=password]") !== null && document.activeElement.id === "token"`)
	p.withAxe()
	p.accessible("token")
	for _, wrong := range []struct{ typed, said string }{{"no-such-token-of-this-sidecar", "does not accept"}, {"ünreadable", "outside ASCII"}} {
		p.Run(chromedp.SendKeys("#token", wrong.typed+kb.Enter))
		p.WaitFor(`document.getElementById("token-fault").textContent.includes(` + literal(wrong.said) + `)`)
	}
	p.Run(chromedp.SendKeys("#token", bearer+kb.Enter))
	p.WaitFor(`document.getElementById("notice").hidden && !document.getElementById("connection").disabled`)
	p.run("select 1 as a")
	var document string
	if p.Eval(`document.documentElement.outerHTML`, &document); strings.Contains(document, bearer) {
		t.Error("the document holds the token")
	}
}

// TestSidecarEnds: when the sidecar is gone, the page says so and keeps the query.
func TestSidecarEnds(t *testing.T) {
	t.Parallel()
	s := serve(t, shop, console.ModeOpen)
	p := open(t, s, browsertest.Options{Expect: gone})
	p.run("select 1 as a")
	s.stop()
	p.write("select 2 as a")
	p.Run(chromedp.Click("#run"))
	p.WaitFor(`/The sidecar does not answer/.test(document.getElementById("result").textContent)`)
	if got := p.text(".cm-line"); got != "select 2 as a" {
		t.Errorf("the query is now %q", got)
	}
}

// TestNothingMoves: the parts of the page stay where they are, whatever is typed, run
// and answered.
func TestNothingMoves(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]browsertest.Options{"wide": {}, "narrow": {Width: 360, Height: 740}} {
		t.Run(name, func(t *testing.T) {
			options.Expect = refusals.Expect
			p := openShop(t, options)
			var first, now []string
			p.Eval("probe.places()", &first)
			for _, sql := range []string{
				"select 1 as a", "select * from shop.orders", "select pg_sleep(1), lo_import('a') from shop.orders for update", "select 1/0", "select body from shop.documents",
				"select " + strings.Repeat("'a long line of text', ", 200) + "1",
			} {
				p.run(sql)
				if p.Eval("probe.places()", &now); !slices.Equal(first, now) {
					t.Errorf("%.40s:\n%q\n%q", sql, first, now)
				}
			}
			// The page itself never scrolls sideways.
			var overflow bool
			if p.Eval("document.documentElement.scrollWidth > innerWidth", &overflow); overflow {
				t.Error("the page is wider than the window")
			}
			p.Screenshot("still-" + name)
		})
	}
}
