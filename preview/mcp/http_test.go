package mcp_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/mcp"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server"
)

// sidecar serves a core over HTTP, and callers are who their header says.
type sidecar struct {
	url string
	mu  sync.Mutex
	// recorded and observed are the calls that were.
	recorded, observed []server.Call
	unrecordable       bool
}

func (s *sidecar) calls() (recorded, observed []server.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.recorded), slices.Clone(s.observed)
}

func serve(t *testing.T, c server.Previewer, config server.Config) *sidecar {
	t.Helper()
	s := &sidecar{}
	config.Previewer = c
	config.Authenticate = func(_ context.Context, credentials server.Credentials) (server.Caller, error) {
		name := credentials.Header.Get("Authorization")
		if name == "" {
			return server.Caller{}, errors.New("nobody")
		}
		return server.Caller{Subject: name}, nil
	}
	config.Audit = func(_ context.Context, call server.Call) (string, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.recorded = append(s.recorded, call)
		if s.unrecordable {
			return "", errors.New("full")
		}
		return "1", nil
	}
	config.Observe = func(_ context.Context, call server.Call) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.observed = append(s.observed, call)
	}
	config.Mount = func(core server.Previewer) map[string]http.Handler {
		serving, err := mcp.New(mcp.Config{Core: core})
		if err != nil {
			t.Error(err)
		}
		handler := serving.Handler(mcp.HTTPOptions{
			Subject: func(ctx context.Context) string {
				call, _ := server.CallOf(ctx)
				return call.Caller.Subject
			},
			MaxBodyBytes: 1 << 20,
		})
		t.Cleanup(handler.Close)
		return map[string]http.Handler{"/mcp": handler}
	}
	serving, err := server.New(config)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(serving.Handler())
	t.Cleanup(func() { http.DefaultTransport.(*http.Transport).CloseIdleConnections(); web.Close() })
	s.url = web.URL + "/mcp"
	return s
}

// as makes requests of one caller.
type as struct{ name string }

func (a as) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", a.name)
	return http.DefaultTransport.RoundTrip(r)
}

func (s *sidecar) connect(t *testing.T, caller string) *sdk.ClientSession {
	t.Helper()
	session, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), &sdk.StreamableClientTransport{
		Endpoint: s.url, HTTPClient: &http.Client{Transport: as{caller}}, DisableStandaloneSSE: true, MaxRetries: -1,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close(); http.DefaultTransport.(*http.Transport).CloseIdleConnections() })
	return session
}

// post sends one message and returns the answer's status, header and body.
func (s *sidecar) post(ctx context.Context, t *testing.T, method, body string, header map[string]string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, s.url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer response.Body.Close()
	content, _ := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, string(content)
}

const (
	initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}`
	selectOne  = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"preview_query","arguments":{"sql":"select 1"}}}`
)

func TestOverHTTP(t *testing.T) {
	p, _ := core(t, shop)
	s := serve(t, p, server.Config{})
	session := s.connect(t, "ada")
	if text, _, failed := call(t, session, "preview_query", map[string]any{"sql": "select name from customers"}); failed || !strings.Contains(text, "Ada") {
		t.Errorf("got %s", text)
	}
	if text, _, failed := call(t, session, "list_tables", nil); failed || !strings.Contains(text, "customers") {
		t.Errorf("got %s", text)
	}
	if text, _, failed := call(t, session, "preview_query", map[string]any{"sql": "delete from customers"}); !failed || !strings.Contains(text, "NOT_A_SELECT") {
		t.Errorf("got %s", text)
	}
	if _, _, failed := call(t, session, "validate_query", map[string]any{"sql": "select 1"}); failed {
		t.Error("validate_query failed")
	}
	recorded, observed := s.calls()
	var got []string
	for _, c := range recorded {
		got = append(got, c.Path+" "+c.Caller.Subject+" "+c.ConnectionID+" "+string(c.Outcome)+" "+string(c.Reason))
		if c.RequestID == "" {
			t.Errorf("no request id: %+v", c)
		}
	}
	want := []string{"/mcp/PreviewQuery ada default OK ", "/mcp/ListTables ada default OK ", "/mcp/PreviewQuery ada default FAILED NOT_A_SELECT"}
	if !slices.Equal(got, want) {
		t.Errorf("recorded %q, want %q", got, want)
	}
	if receipt := recorded[0].Receipt; receipt.PayloadSHA256 == "" || recorded[0].Stats.Rows != 2 {
		t.Errorf("recorded %+v", recorded[0])
	}
	paths := map[string]int{}
	for _, c := range observed {
		paths[c.Path]++
	}
	if paths["/mcp/PreviewQuery"] != 2 || paths["/mcp/ValidateQuery"] != 1 || paths["/mcp"] == 0 {
		t.Errorf("observed %v", paths)
	}
	s.mu.Lock()
	s.unrecordable = true
	s.mu.Unlock()
	text, structured, failed := call(t, session, "preview_query", map[string]any{"sql": "select name from customers"})
	if !failed || strings.Contains(text, "Ada") || structured != nil {
		t.Errorf("answered without a record: %s", text)
	}
}

func TestHTTPAuthentication(t *testing.T) {
	p, _ := core(t, shop)
	s := serve(t, p, server.Config{})
	status, _, _ := s.post(t.Context(), t, "POST", initialize, nil)
	if status != http.StatusUnauthorized {
		t.Errorf("without credentials: %d", status)
	}
	status, header, _ := s.post(t.Context(), t, "POST", initialize, map[string]string{"Authorization": "ada"})
	id := header.Get("Mcp-Session-Id")
	if status != http.StatusOK || id == "" {
		t.Fatalf("initialize: %d", status)
	}
	for name, tt := range map[string]struct {
		method string
		header map[string]string
		status int
	}{
		"its own session":        {"POST", map[string]string{"Authorization": "ada", "Mcp-Session-Id": id}, http.StatusOK},
		"another's session":      {"POST", map[string]string{"Authorization": "eve", "Mcp-Session-Id": id}, http.StatusNotFound},
		"ending another's":       {"DELETE", map[string]string{"Authorization": "eve", "Mcp-Session-Id": id}, http.StatusNotFound},
		"a made-up session":      {"POST", map[string]string{"Authorization": "ada", "Mcp-Session-Id": id + "x"}, http.StatusNotFound},
		"no such session":        {"POST", map[string]string{"Authorization": "ada", "Mcp-Session-Id": "x"}, http.StatusNotFound},
		"a page of another site": {"POST", map[string]string{"Authorization": "ada", "Mcp-Session-Id": id, "Origin": "https://evil.example"}, http.StatusForbidden},
		"a stream of its own":    {"GET", map[string]string{"Authorization": "ada", "Mcp-Session-Id": id}, http.StatusMethodNotAllowed},
		"a forged request id":    {"POST", map[string]string{"Authorization": "ada", "Mcp-Session-Id": id, "Sqlpreview-Request": "x"}, http.StatusOK},
		"an unknown version":     {"POST", map[string]string{"Authorization": "ada", "Mcp-Session-Id": id, "Mcp-Protocol-Version": "1999-01-01"}, http.StatusBadRequest},
	} {
		body := selectOne
		if tt.method != "POST" {
			body = ""
		}
		if status, _, answer := s.post(t.Context(), t, tt.method, body, tt.header); status != tt.status {
			t.Errorf("%s: %d, want %d: %s", name, status, tt.status, answer)
		} else if status == http.StatusOK && !strings.Contains(answer, `integer`) {
			t.Errorf("%s: %s", name, answer)
		}
	}
	for name, body := range map[string]string{
		"a batch":                " \n[" + selectOne + "," + selectOne + "]",
		"a session with luggage": strings.Replace(initialize, `"name":"x"`, `"name":"`+strings.Repeat("x", 9000)+`"`, 1),
	} {
		header := map[string]string{"Authorization": "ada"}
		if name == "a batch" {
			header["Mcp-Session-Id"], header["Mcp-Protocol-Version"] = id, "2025-03-26"
		}
		if status, _, answer := s.post(t.Context(), t, "POST", body, header); status < 400 {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	for _, body := range []string{"garbage", `{"jsonrpc":"2.0","id":` + strings.Repeat("9", 400) + `,"method":"ping"}`} {
		status, _, answer := s.post(t.Context(), t, "POST", body, map[string]string{"Authorization": "ada", "Mcp-Session-Id": id})
		if status != http.StatusBadRequest || strings.Contains(answer, "jsonrpc2") || strings.Contains(answer, "garbage") {
			t.Errorf("%d %s", status, answer)
		}
	}
	large := strings.Replace(selectOne, "select 1", "select 1"+strings.Repeat(" ", 3<<20), 1)
	if status, _, _ := s.post(t.Context(), t, "POST", large, map[string]string{"Authorization": "ada", "Mcp-Session-Id": id}); status == http.StatusOK {
		t.Error("a body of 3 MiB was read")
	}
	if status, _, _ := s.post(t.Context(), t, "DELETE", "", map[string]string{"Authorization": "ada", "Mcp-Session-Id": id}); status != http.StatusNoContent {
		t.Errorf("ending the session: %d", status)
	}
}

func TestHTTPHostOfAnotherName(t *testing.T) {
	p, _ := core(t, shop)
	s := serve(t, p, server.Config{})
	address := strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/mcp")
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "POST /mcp HTTP/1.1\r\nHost: rebound.example\r\nAuthorization: ada\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("a rebound name: %d", response.StatusCode)
	}
}

func TestHTTPSessionsAreBounded(t *testing.T) {
	p, _ := core(t, shop)
	s := serve(t, p, server.Config{})
	var ids []string
	for range 40 {
		status, header, _ := s.post(t.Context(), t, "POST", initialize, map[string]string{"Authorization": "ada"})
		if status != http.StatusOK {
			t.Fatalf("initialize: %d", status)
		}
		ids = append(ids, header.Get("Mcp-Session-Id"))
	}
	alive := 0
	for _, id := range ids {
		if status, _, _ := s.post(t.Context(), t, "POST", selectOne, map[string]string{"Authorization": "ada", "Mcp-Session-Id": id}); status == http.StatusOK {
			alive++
		}
	}
	if alive > 8 || alive < 6 {
		t.Errorf("%d sessions are open", alive)
	}
	if status, _, _ := s.post(t.Context(), t, "POST", selectOne, map[string]string{"Authorization": "ada", "Mcp-Session-Id": ids[39]}); status != http.StatusOK {
		t.Error("the newest session was ended")
	}
}

func TestHTTPCancelAndClose(t *testing.T) {
	p, dsn := core(t, shop)
	s := serve(t, p, server.Config{})
	run := strings.Replace(selectOne, "select 1", slow, 1)
	_, header, _ := s.post(t.Context(), t, "POST", initialize, map[string]string{"Authorization": "ada"})
	mine := map[string]string{"Authorization": "ada", "Mcp-Session-Id": header.Get("Mcp-Session-Id")}
	for name, session := range map[string]map[string]string{
		"in a session": mine,
		"without one":  {"Authorization": "ada", "Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "preview_query"},
	} {
		body := run
		if name == "without one" {
			body = strings.Replace(run, `"params":{`, `"params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"x","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}},`, 1)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan string, 1)
		go func() { _, _, answer := s.post(ctx, t, "POST", body, session); done <- answer }()
		until(t, dsn, "1")
		cancel() // the client hangs up
		<-done
		until(t, dsn, "0")
		_ = name
	}
	// The client says that it wants no answer any more.
	done := make(chan string, 1)
	go func() { _, _, answer := s.post(t.Context(), t, "POST", run, mine); done <- answer }()
	until(t, dsn, "1")
	if status, _, _ := s.post(t.Context(), t, "POST", `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}`, mine); status != http.StatusAccepted {
		t.Errorf("cancelled: %d", status)
	}
	until(t, dsn, "0")
	if answer := <-done; strings.Contains(answer, `"columns"`) {
		t.Errorf("a cancelled call was answered: %s", answer)
	}
	recorded, _ := s.calls()
	for _, c := range recorded {
		if c.Reason != reason.ClientCanceled {
			t.Errorf("recorded %+v", c)
		}
	}
}

func TestHTTPProgress(t *testing.T) {
	p, _ := core(t, shop)
	s := serve(t, p, server.Config{})
	_, header, _ := s.post(t.Context(), t, "POST", initialize, map[string]string{"Authorization": "ada"})
	body := strings.Replace(selectOne, `"params":{`, `"params":{"_meta":{"progressToken":"p"},`, 1)
	body = strings.Replace(body, `"sql":"select 1"`, `"timeout_seconds":2.5,"sql":"`+slow+`"`, 1)
	_, _, answer := s.post(t.Context(), t, "POST", body, map[string]string{"Authorization": "ada", "Mcp-Session-Id": header.Get("Mcp-Session-Id")})
	if !strings.Contains(answer, "notifications/progress") || !strings.Contains(answer, "STATEMENT_TIMEOUT") {
		t.Errorf("got %s", answer)
	}
}

func TestHTTPRate(t *testing.T) {
	p, _ := core(t, shop)
	s := serve(t, p, server.Config{RequestsPerSecond: 1})
	refused := 0
	for range 6 {
		if status, _, _ := s.post(t.Context(), t, "POST", initialize, map[string]string{"Authorization": "ada"}); status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Error("no request was refused")
	}
}

var _ server.Previewer = (*preview.Previewer)(nil)
