package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

// named authenticates callers that send their name, and no others.
func named(_ context.Context, c server.Credentials) (server.Caller, error) {
	name := c.Header.Get("X-Caller")
	if name == "" {
		return server.Caller{}, errors.New("no name")
	}
	return server.Caller{Subject: name}, nil
}

// TestOrderOfTheMiddleware sends requests with several faults: the answer is to the
// one that comes first.
func TestOrderOfTheMiddleware(t *testing.T) {
	t.Parallel()
	c, inside, leave := waiting()
	r := start(t, "tcp", server.Config{
		Previewer: c, Authenticate: named, MaxInFlight: 2, RequestsPerSecond: 1, MaxMessageBytes: 1000,
		AllowedOrigins: []string{"https://app.example.com"},
	})
	busy := make(chan struct{})
	go func() {
		defer close(busy)
		post(t, r, "", map[string]string{"X-Caller": "busy"}, `{"sql":"1"}`)
	}()
	<-inside
	long := `{"sql":"` + strings.Repeat("x", 2000) + `"}`
	foreign := map[string]string{"Origin": "https://evil.example.com"}
	for _, step := range []struct {
		name   string
		header map[string]string
		body   string
		want   int
		say    string
	}{
		{"the origin, before the caller", foreign, long, 403, "not allowed"},
		{"the caller, before the size", nil, long, 401, "not authenticated"},
		{"the caller, before the message", nil, "{", 401, "not authenticated"},
		{"what a caller has in flight, before the size", map[string]string{"X-Caller": "busy"}, long, 429, "too many requests at a time"},
		{"the rate, before what is in flight", map[string]string{"X-Caller": "busy"}, long, 429, "in a second"},
		{"the size, before the message", map[string]string{"X-Caller": "a"}, long, 400, "larger than"},
		{"the message", map[string]string{"X-Caller": "a"}, "{", 400, "cannot be read"},
	} {
		if status, body := post(t, r, "", step.header, step.body); status != step.want || !strings.Contains(body, step.say) {
			t.Errorf("%s: got %d %s, want %d", step.name, status, body, step.want)
		}
	}
	close(leave)
	<-busy
}

// TestStalledBodiesOfOneCaller: a caller that holds all that it can get keeps none
// of the others out.
func TestStalledBodiesOfOneCaller(t *testing.T) {
	t.Parallel()
	r := start(t, "unix", server.Config{Previewer: echo, Authenticate: named, MaxConnections: 600, MaxInFlight: 64})
	var stalled sync.WaitGroup
	stalled.Add(300)
	for range 300 {
		conn, err := dialer(r)(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		go func() {
			io.WriteString(conn, "POST "+previewv1connect.PreviewServicePreviewQueryProcedure+" HTTP/1.1\r\nHost: localhost\r\n"+
				"X-Caller: greedy\r\nContent-Type: application/json\r\nContent-Length: 500\r\nExpect: 100-continue\r\n\r\n")
			// The handler has begun to read the body, or has refused the request.
			bufio.NewReader(conn).ReadString('\n')
			stalled.Done()
		}()
	}
	stalled.Wait()
	for i := range 380 {
		if status, body := post(t, r, "", map[string]string{"X-Caller": fmt.Sprint("honest-", i%5)}, `{"sql":"1"}`); status != http.StatusOK {
			t.Fatalf("honest call %d: %d %s", i, status, body)
		}
	}
	if status, _ := post(t, r, "", map[string]string{"X-Caller": "greedy"}, `{"sql":"1"}`); status != http.StatusTooManyRequests {
		t.Errorf("the greedy caller got %d", status)
	}
}

// TestMoreClientsThanConnections: four times as many clients as connections, each
// with several requests in turn over one connection where it can; none fails.
func TestMoreClientsThanConnections(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			const connections, callers, requests = 16, 64, 8
			r := start(t, "unix", server.Config{Previewer: echo, MaxConnections: connections})
			var failed atomic.Int64
			var group sync.WaitGroup
			for range callers {
				group.Go(func() {
					transport := &http.Transport{DialContext: dialer(r), Protocols: new(http.Protocols)}
					transport.Protocols.SetHTTP1(protocol == "HTTP/1.1")
					transport.Protocols.SetUnencryptedHTTP2(protocol == "HTTP/2")
					defer transport.CloseIdleConnections()
					for range requests {
						var body io.Reader = strings.NewReader(`{"sql":"1"}`)
						if protocol == "HTTP/1.1" {
							// The client cannot send this body twice. Over HTTP/2 it may: GOAWAY
							// says which requests have not been looked at.
							body = struct{ io.Reader }{body}
						}
						request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
							"http://localhost"+previewv1connect.PreviewServicePreviewQueryProcedure, body)
						if err != nil {
							t.Error(err)
							return
						}
						request.Header.Set("Content-Type", "application/json")
						response, err := transport.RoundTrip(request)
						if err != nil {
							t.Log(err)
							failed.Add(1)
							continue
						}
						io.Copy(io.Discard, response.Body)
						response.Body.Close()
						if response.StatusCode != http.StatusOK {
							failed.Add(1)
						}
					}
				})
			}
			group.Wait()
			if n := failed.Load(); n > 0 {
				t.Errorf("%d of %d requests failed", n, callers*requests)
			}
		})
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	r := start(t, "tcp", server.Config{Previewer: echo, Authenticate: named, AllowedOrigins: []string{"https://app.example.com", "https://other.example.com"}})
	transport := &http.Transport{DialContext: dialer(r)}
	defer transport.CloseIdleConnections()
	ask := func(method, origin string, header map[string]string) (status int, answer http.Header) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, "http://localhost"+previewv1connect.PreviewServicePreviewQueryProcedure, strings.NewReader(`{"sql":"1"}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		if origin != "" {
			request.Header.Set("Origin", origin)
		}
		for name, value := range header {
			request.Header.Set(name, value)
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
		return response.StatusCode, response.Header
	}
	preflight := map[string]string{"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
	caller := map[string]string{"X-Caller": "a"}
	for _, c := range []struct {
		name, method, origin string
		header               map[string]string
		status               int
		allowed              bool
	}{
		{"preflight", http.MethodOptions, "https://app.example.com", preflight, 204, true},
		{"preflight of the other", http.MethodOptions, "https://other.example.com", preflight, 204, true},
		{"preflight of a stranger's page", http.MethodOptions, "https://evil.example.com", preflight, 401, false},
		{"OPTIONS that is no preflight", http.MethodOptions, "https://app.example.com", nil, 401, true},
		{"an answer", http.MethodPost, "https://app.example.com", caller, 200, true},
		{"a refusal", http.MethodPost, "https://app.example.com", nil, 401, true},
		{"a stranger's page", http.MethodPost, "https://evil.example.com", caller, 403, false},
		{"no page", http.MethodPost, "", caller, 200, false},
	} {
		status, header := ask(c.method, c.origin, c.header)
		want := ""
		if c.allowed {
			want = c.origin
		}
		if got := header.Get("Access-Control-Allow-Origin"); status != c.status || got != want {
			t.Errorf("%s: got %d and %q, want %d and %q", c.name, status, got, c.status, want)
		}
		if status == http.StatusNoContent && !strings.Contains(header.Get("Access-Control-Allow-Headers"), "Authorization") {
			t.Errorf("%s: a page may not send %v", c.name, header)
		}
		if header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: cookies are asked for", c.name)
		}
	}
}

// TestMalformedChunks: they are the caller's fault.
func TestMalformedChunks(t *testing.T) {
	t.Parallel()
	r := start(t, "tcp", server.Config{Previewer: echo})
	for _, c := range []struct{ name, body, want string }{
		{"a size that is no number", "zz\r\n", " 400 "},
		{"a chunk longer than its size", "3\r\n{\"sql\":\"1\"}\r\n0\r\n\r\n", " 400 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", r.address.String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			io.WriteString(conn, "POST "+previewv1connect.PreviewServicePreviewQueryProcedure+" HTTP/1.1\r\nHost: localhost\r\n"+
				"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"+c.body)
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			answer, _ := io.ReadAll(response.Body)
			if !strings.Contains(" "+response.Status+" ", c.want) || strings.Contains(string(answer), "127.0.0.1") {
				t.Errorf("got %s %s", response.Status, answer)
			}
		})
	}
}

func TestMoreConnectionsThanFiles(t *testing.T) {
	t.Parallel()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	for connections, fits := range map[int]bool{int(limit.Cur) - 64: true, int(limit.Cur) - 63: false} {
		_, err := server.New(server.Config{Previewer: echo, MaxConnections: connections})
		if (err == nil) != fits || err != nil && !strings.Contains(err.Error(), "ulimit -n") {
			t.Errorf("%d connections of %d files: %v", connections, limit.Cur, err)
		}
	}
}
