package console_test

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/console"
	"github.com/op-data/sqlpreview/preview/console/internal/browsertest"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/server"
)

// probe is what the tests ask the page.
//
//go:embed testdata/probe.js
var probe string

// statusLine is the browser's own line about an answer that is an error: it is none
// of the page, and holds no more than the status and the path.
const statusLine = `^log: Failed to load resource: the server responded with a status of 4\d\d \([A-Za-z ]*\) http://127\.0\.0\.1:\d+/(opdata\.preview\.v1\.PreviewService/[A-Za-z]+|console/session)$`

// sidecar is a real one, before a database of the test's own, that serves the page.
type sidecar struct {
	t        *testing.T
	dsn      string
	core     *preview.Previewer
	sessions *console.Sessions
	origin   string
	// stop ends it before the test does.
	stop func()

	mu    sync.Mutex
	calls []server.Call
}

// serve serves the page and previews of a database made by schema.
func serve(t *testing.T, schema string, mode console.Mode) *sidecar {
	t.Helper()
	dsn := pgtest.Shared(t).Database(t, schema)
	return serveConnections(t, dsn, preview.SingleConnection(preview.NewSecret(dsn)), mode)
}

// serveConnections serves the page and previews of the resolver's connections; dsn is the
// first one's.
func serveConnections(t *testing.T, dsn string, connections preview.Resolver, mode console.Mode) *sidecar {
	t.Helper()
	s := &sidecar{t: t, dsn: dsn}
	core, err := preview.New(preview.Config{Resolver: connections})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(core.Close)
	s.core = core
	config := server.Config{Previewer: core, DrainTimeout: time.Second, Observe: func(_ context.Context, call server.Call) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, call)
	}}
	page := console.Config{Mode: mode, Version: "v0.0.0-test"}
	switch mode {
	case console.ModeLink:
		s.sessions = console.NewSessions()
		page.Sessions, config.Authenticate = s.sessions, s.sessions.Authenticate
	case console.ModeToken:
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte(bearer+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if config.Authenticate, err = server.BearerTokenFile(file); err != nil {
			t.Fatal(err)
		}
	case console.ModeOpen:
	}
	if config.Public, err = console.New(page); err != nil {
		t.Fatal(err)
	}
	handler, err := server.New(config)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.origin = "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- handler.Serve(ctx, listener) }()
	s.stop = sync.OnceFunc(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	t.Cleanup(s.stop)
	return s
}

// link is the address that opens the page.
func (s *sidecar) link() string {
	if s.sessions == nil {
		return s.origin + "/"
	}
	return s.origin + "/#" + s.sessions.NewLink()
}

// seen returns the calls of a procedure so far.
func (s *sidecar) seen(procedure string) (calls []server.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, call := range s.calls {
		if strings.HasSuffix(call.Path, "/"+procedure) {
			calls = append(calls, call)
		}
	}
	return calls
}

// value asks the database itself, over a connection that is not the sidecar's.
func (s *sidecar) value(sql string) string {
	s.t.Helper()
	conn, err := pgconn.Connect(s.t.Context(), s.dsn)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(s.t.Context())) }()
	results, err := conn.Exec(s.t.Context(), sql).ReadAll()
	if err != nil || len(results[0].Rows) != 1 {
		s.t.Fatalf("%s: %v", sql, err)
	}
	return string(results[0].Rows[0][0])
}

// eventually waits until a condition outside the browser holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it did not come to this: %s", what)
		}
	}
}

// page is the page in a browser.
type page struct {
	*browsertest.Tab
	*sidecar
}

// open opens the page of a sidecar and waits until it can be used.
func open(t *testing.T, s *sidecar, options browsertest.Options) *page {
	t.Helper()
	p := &page{Tab: browsertest.Open(t, s.link(), options), sidecar: s}
	p.Eval(probe, nil)
	p.WaitFor(`!document.getElementById("connection").disabled && !/Reading/.test(document.getElementById("tree-note").textContent)`)
	return p
}

// openShop opens the page before the shop, in link mode.
func openShop(t *testing.T, options browsertest.Options) *page {
	t.Helper()
	return open(t, serve(t, shop, console.ModeLink), options)
}

// keys presses keys one after the other, each with the modifiers.
func (p *page) keys(modifiers input.Modifier, keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		p.Run(chromedp.KeyEvent(key, chromedp.KeyModifiers(modifiers)))
	}
}

// write replaces the query, as pasting does.
func (p *page) write(sql string) {
	p.t.Helper()
	p.Eval(fmt.Sprintf("probe.write(%s)", literal(sql)), nil)
}

// run replaces the query and runs it with the keyboard.
func (p *page) run(sql string) {
	p.t.Helper()
	p.write(sql)
	p.Eval(`globalThis.before = document.getElementById("result").firstElementChild`, nil)
	p.keys(input.ModifierCtrl, kb.Enter)
	p.WaitFor(`probe.settled() && document.getElementById("result").firstElementChild !== before`)
}

// cell is what the table shows of a value.
type cell struct {
	Text   string
	IsNull bool
	// Cut: the table shows only its beginning.
	Cut    bool
	Badges []string
}

func (p *page) rows() (rows [][]cell) {
	p.t.Helper()
	p.Eval("probe.rows()", &rows)
	return rows
}

func (p *page) text(selector string) (text string) {
	p.t.Helper()
	p.Eval(fmt.Sprintf("document.querySelector(%s)?.textContent ?? ''", literal(selector)), &text)
	return text
}

func (p *page) focused() (what string) {
	p.t.Helper()
	p.Eval("probe.focused()", &what)
	return what
}

// intact fails the test when something changed the page beyond its own place.
func (p *page) intact(when string) {
	p.t.Helper()
	var strange []string
	if p.Eval("probe.strange()", &strange); len(strange) > 0 {
		p.t.Errorf("%s: %q", when, strange)
	}
}
