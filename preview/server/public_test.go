package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

// public is a page and a handler that answers with what it is sent.
func public() map[string]http.Handler {
	return map[string]http.Handler{
		"/{$}": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") }),
		"/public/echo": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			content, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, "broken", http.StatusBadRequest)
				return
			}
			_, _ = w.Write(content)
		}),
	}
}

// TestPublicNeedsNoCredentials: the public handlers answer everyone whom the checks of
// Host and Origin let through, and nothing else does.
func TestPublicNeedsNoCredentials(t *testing.T) {
	t.Parallel()
	r := start(t, "tcp", server.Config{
		Previewer: echo, Authenticate: named, Public: public(),
		AllowedHosts: []string{"console.example.com"}, AllowedOrigins: []string{"https://app.example.com"},
	})
	for _, test := range []struct {
		method, path, host, origin, site string
		status                           int
	}{
		{"GET", "/", "", "", "", 200},
		{"GET", "/", "127.0.0.1:1", "", "", 200},
		{"GET", "/", "[::1]:1", "", "", 200},
		{"GET", "/", "console.example.com", "", "", 200},
		{"GET", "/", "rebound.example.com", "", "", 403},
		{"GET", "/", "127.0.0.1.example.com", "", "", 403},
		{"GET", "/", "localhost.example.com:80", "", "", 403},
		{"POST", "/public/echo", "", "", "", 200},
		{"POST", "/public/echo", "", "http://localhost", "same-origin", 200},
		{"POST", "/public/echo", "", "https://app.example.com", "cross-site", 200},
		{"POST", "/public/echo", "", "https://evil.example.com", "cross-site", 403},
		{"POST", "/public/echo", "", "http://localhost:1", "same-site", 403},
		{"POST", "/public/echo", "", "null", "", 403},
		{"POST", "/public/echo", "rebound.example.com", "http://rebound.example.com", "same-origin", 403},
		{"GET", "/public/other", "", "", "", 401},
		{"GET", "/console", "", "", "", 401},
		{"POST", previewv1connect.PreviewServicePreviewQueryProcedure, "", "", "", 401},
		{"POST", previewv1connect.PreviewServiceValidateQueryProcedure, "", "", "", 401},
	} {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			transport := &http.Transport{DialContext: dialer(r)}
			defer transport.CloseIdleConnections()
			request, err := http.NewRequestWithContext(t.Context(), test.method, "http://localhost"+test.path, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			request.Host = test.host
			request.Header.Set("Content-Type", "application/json")
			for name, value := range map[string]string{"Origin": test.origin, "Sec-Fetch-Site": test.site} {
				if value != "" {
					request.Header.Set(name, value)
				}
			}
			response, err := transport.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != test.status {
				t.Errorf("status %d, want %d", response.StatusCode, test.status)
			}
		})
	}
}

// TestPublicBodies: a client without credentials can send little, has little time for
// it, and holds nothing that another needs.
func TestPublicBodies(t *testing.T) {
	t.Parallel()
	r := start(t, "tcp", server.Config{Previewer: echo, Authenticate: named, Public: public()})
	send := func(head string) (net.Conn, *bufio.Reader) {
		conn, err := dialer(r)(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		_, _ = io.WriteString(conn, "POST /public/echo HTTP/1.1\r\nHost: localhost\r\n"+head)
		return conn, bufio.NewReader(conn)
	}
	for name, head := range map[string]string{
		"a long body":             "Content-Length: 100000\r\n\r\n" + strings.Repeat("x", 100000),
		"a long body in chunks":   "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("400\r\n"+strings.Repeat("x", 1024)+"\r\n", 3) + "0\r\n\r\n",
		"one that does not come":  "Content-Length: 10\r\n\r\n",
		"one that does not end":   "Content-Length: 10\r\n\r\nhalf",
		"chunks that do not end":  "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
		"both lengths (smuggled)": "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\nX: ",
		"two lengths (smuggled)":  "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
		"a broken chunk":          "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
		"another coding":          "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, answer := send(head)
			response, err := http.ReadResponse(answer, nil)
			if err == nil {
				defer response.Body.Close()
				if response.StatusCode < 400 && name != "both lengths (smuggled)" {
					t.Errorf("status %d", response.StatusCode)
				}
				_, _ = io.Copy(io.Discard, response.Body)
			}
			// The connection ends: nothing of the body is taken for another request.
			_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
			if rest, err := io.ReadAll(answer); err != nil || len(rest) > 0 {
				t.Errorf("the connection goes on: %v %q", err, rest)
			}
		})
	}
	// More than may wait for their bodies at a time: the page is answered all the same.
	for range 100 {
		send("Content-Length: 10\r\n\r\n")
	}
	_, answer := send("Content-Length: 2\r\n\r\n{}")
	response, err := http.ReadResponse(answer, nil)
	if err != nil {
		t.Fatalf("while others wait: %v", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("while others wait: %s", response.Status)
	}
}
