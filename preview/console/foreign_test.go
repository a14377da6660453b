package console_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/console"
	"github.com/op-data/sqlpreview/preview/console/internal/browsertest"
	"github.com/op-data/sqlpreview/preview/internal/servetest"
	"github.com/op-data/sqlpreview/preview/server"
)

// guarded is a core that no request of a foreign page may reach.
type guarded struct{ t *testing.T }

var errGuarded = errors.New("a foreign page reached the core")

func (g guarded) reached() error { g.t.Error(errGuarded); return errGuarded }

func (g guarded) Preview(context.Context, preview.Request) (*preview.Result, error) {
	return nil, g.reached()
}

func (g guarded) Validate(context.Context, string) (*preview.Verdict, error) {
	return nil, g.reached()
}

func (g guarded) Describe(context.Context, preview.Request) (*preview.Description, error) {
	return nil, g.reached()
}

func (g guarded) ListTables(context.Context, preview.TablesRequest) (*preview.TablePage, error) {
	return nil, g.reached()
}

func (g guarded) DescribeTable(context.Context, preview.TableRequest) (*preview.TableDescription, error) {
	return nil, g.reached()
}

func (g guarded) ListConnections(context.Context, preview.ConnectionsRequest) (*preview.ConnectionPage, error) {
	return nil, g.reached()
}

// attacks are what a page of another origin tries with the console at BASE and the
// token of its link, which such a page does not have in life. Each gives what it saw;
// "" is nothing.
var attacks = map[string]string{
	"read the page":            `read(fetch("BASE/"))`,
	"read the page, opaquely":  `read(fetch("BASE/", {mode: "no-cors"}))`,
	"read how to sign in":      `read(fetch("BASE/console/config"))`,
	"exchange":                 `read(fetch("BASE/console/session", {method: "POST", headers: {"Content-Type": "application/json"}, body: '{"token":"TOKEN"}'}))`,
	"exchange without a check": `read(fetch("BASE/console/session", {method: "POST", mode: "no-cors", headers: {"Content-Type": "text/plain"}, body: '{"token":"TOKEN"}'}))`,
	"preview":                  `read(fetch("BASE/opdata.preview.v1.PreviewService/PreviewQuery", {method: "POST", headers: {"Content-Type": "application/json", "Authorization": "Bearer TOKEN"}, body: '{"sql":"select 1"}'}))`,
	"preview without a check":  `read(fetch("BASE/opdata.preview.v1.PreviewService/PreviewQuery", {method: "POST", mode: "no-cors", body: '{"sql":"select 1"}'}))`,
	"preview by address":       `read(fetch("BASE/opdata.preview.v1.PreviewService/DescribeTable?encoding=json&message=%7B%7D", {mode: "no-cors"}))`,
	"beacon":                   `(navigator.sendBeacon("BASE/console/session", new Blob(['{"token":"TOKEN"}'], {type: "text/plain"})), "")`,
	"run the script":           `load("script", "src", "BASE/console/app.js")`,
	"use the styles":           `load("link", "href", "BASE/console/app.css")`,
	"show the icon":            `load("img", "src", "BASE/console/icon.svg")`,
	"embed the page":           `load("object", "data", "BASE/")`,
	"frame the page":           `framed("BASE/")`,
	"open the page":            `opened("BASE/")`,
	"preload the page":         `read(import("BASE/console/app.js"))`,
	"watch for a socket":       `new Promise((done) => { const s = new WebSocket("ws" + "BASE".slice(4) + "/"); s.onopen = () => done("open"); s.onerror = () => done(""); })`,
	"listen to a stream":       `new Promise((done) => { const s = new EventSource("BASE/"); s.onopen = () => done("open"); s.onerror = () => done(""); })`,
	"time a resource": `fetch("BASE/console/app.js", {mode: "no-cors"}).catch(() => {}).then(() =>
		performance.getEntriesByName("BASE/console/app.js").some((e) => e.decodedBodySize > 0 || e.responseStatus == 200) ? "sizes" : "")`,
}

const attackTools = `
	const read = (asked) => asked.then(async (r) => r.text ? await r.text() : "a module", () => "");
	const load = (name, attribute, address) => new Promise((done) => {
		const element = document.createElement(name);
		if (name === "link") element.rel = "stylesheet";
		element.onload = () => done("loaded");
		element.onerror = () => done("");
		element[attribute] = address;
		document.body.append(element);
		// Chromium fires neither event for some of the objects that it blocks.
		if (name === "object") setTimeout(() => done(""), 2000);
	});
	const framed = (address) => new Promise((done) => {
		const frame = document.createElement("iframe");
		frame.onload = () => {
			try { done(frame.contentDocument ? "a document of ours: " + frame.contentDocument.body.textContent : ""); } catch { done(""); }
		};
		frame.src = address;
		document.body.append(frame);
	});
	// A page that is opened by another has nothing of it: the handle says that it is closed.
	const opened = (address) => new Promise((done) => {
		const page = open(address);
		if (!page) { done("it did not open"); return; }
		const look = () => page.closed ? done("") : setTimeout(look, 10);
		look();
	});
`

// TestForeignPagesInABrowser: a page of another origin, here another port of the
// same host, sees nothing of the console, makes it do nothing and uses up no link.
func TestForeignPagesInABrowser(t *testing.T) {
	t.Parallel()
	sessions := console.NewSessions()
	public, err := console.New(console.Config{Mode: console.ModeLink, Sessions: sessions})
	if err != nil {
		t.Fatal(err)
	}
	serving, err := server.New(server.Config{Previewer: guarded{t}, Authenticate: sessions.Authenticate, Public: public})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	servetest.Serve(t, serving.Serve, listener)
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><body>")
	}))
	t.Cleanup(foreign.Close)
	token := sessions.NewLink()
	fill := strings.NewReplacer("BASE", "http://"+listener.Addr().String(), "TOKEN", token)
	// That the browser stops it is what it reports.
	tab := browsertest.Open(t, foreign.URL, browsertest.Options{Expect: regexp.MustCompile(``)})
	for name, attack := range attacks {
		t.Log(name)
		var seen string
		tab.Run(chromedp.Evaluate("(async () => {"+attackTools+"return await "+fill.Replace(attack)+"})()", &seen, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
			return p.WithAwaitPromise(true).WithUserGesture(true)
		}))
		if seen != "" {
			t.Errorf("%s: it saw %q", name, seen)
		}
	}
	if _, err := sessions.Exchange(token); err != nil {
		t.Errorf("the link was used up: %v", err)
	}
	if len(tab.Reports()) == 0 {
		t.Error("the browser reports nothing, so nothing was tried")
	}
}
