package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/servetest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// TestNodeExample runs the example for Node against a sidecar, whose answers lack
// what the protocol calls for debugging only.
func TestNodeExample(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("Node is not installed; .ci/setup installs it")
		}
		t.Skip("Node is not installed; nothing else here needs it")
	}
	b := &busy{reason: reason.ConcurrencyLimit}
	socket := withoutDebug(t, serve(t, b, nil))
	run := func(arguments ...string) (stdout, stderr string, code int) {
		cmd := exec.Command("node", append([]string{"node/preview.mjs"}, arguments...)...)
		var out, err bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &err
		var exit *exec.ExitError
		if runErr := cmd.Run(); errors.As(runErr, &exit) {
			code = exit.ExitCode()
		} else if runErr != nil {
			t.Fatal(runErr)
		}
		return out.String(), err.String(), code
	}
	b.left.Store(2) // the example comes back when it is told to
	out, errs, code := run(socket, "select id, note from orders order by id")
	if want := "id\tnote\n\"1\"\t\"one\"\n\"2\"\tNULL\n\"3\"\t\"tab\\there\"\n"; out != want || code != 0 || b.calls.Load() != 3 {
		t.Errorf("exit %d after %d calls\n%s%s", code, b.calls.Load(), out, errs)
	}
	// A violation far to the right has numbers of more than one byte.
	far := "select '" + strings.Repeat("ü", 300) + "'; drop table orders"
	if _, errs, code := run(socket, far); code != 1 || !strings.HasPrefix(errs, "MULTIPLE_STATEMENTS: ") || !strings.Contains(errs, "\n  1:312 ") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if out, _, code := run(socket, "select generate_series(1, 200)"); code != 0 || !strings.HasSuffix(out, "bounded: TRUNCATION_REASON_ROW_LIMIT\n") {
		t.Errorf("exit %d: %.200s", code, out)
	}
	if _, _, code := run(socket); code != 2 {
		t.Errorf("exit %d without a query", code)
	}
	if _, errs, code := run(socket+"-none", "select 1"); code != 1 || errs != "UNAVAILABLE: the sidecar cannot be reached\n" {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestNodeExampleOverTCPAndTLS: an http or https URL stands for the socket, the
// sidecar's certificate must be trusted, and no token goes in the clear.
func TestNodeExampleOverTCPAndTLS(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("Node is not installed; .ci/setup installs it")
		}
		t.Skip("Node is not installed; nothing else here needs it")
	}
	socket := serve(t, &busy{}, nil)
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", "localhost", "localhost"
	}}
	plain, secure := httptest.NewServer(proxy), httptest.NewUnstartedServer(proxy)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshakes that are to fail
	secure.StartTLS()
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	if err := os.WriteFile(authority, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		address string
		env     []string
		says    string
		code    int
	}{
		"TCP":                         {plain.URL, nil, "\"1\"\n", 0},
		"TLS":                         {secure.URL, []string{"SQLPREVIEW_CA_FILE=" + authority}, "\"1\"\n", 0},
		"TLS that nobody vouches for": {secure.URL, nil, "UNAVAILABLE: the sidecar cannot be reached\n", 1},
		"nothing listens":             {"http://127.0.0.1:1", nil, "UNAVAILABLE: ", 1},
		"a token in the clear":        {"http://sidecar.invalid:1", []string{"SQLPREVIEW_TOKEN=a-token-for-this-test"}, "a token would travel in the clear", 1},
	} {
		cmd := exec.Command("node", "node/preview.mjs", c.address, "select 1 as one")
		cmd.Env = append(os.Environ(), c.env...)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: exit %d: %s", name, code, out)
		}
	}
}

// withoutDebug is a proxy before a sidecar that takes the member "debug" out of the
// details of errors; it returns its socket.
func withoutDebug(t *testing.T, socket string) string {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", "localhost"
		},
		ModifyResponse: func(r *http.Response) error {
			if r.StatusCode == http.StatusOK {
				return nil
			}
			var answer map[string]any
			if err := errors.Join(json.NewDecoder(r.Body).Decode(&answer), r.Body.Close()); err != nil {
				return err
			}
			details, _ := answer["details"].([]any)
			for _, detail := range details {
				if members, ok := detail.(map[string]any); ok {
					delete(members, "debug")
				}
			}
			body, err := json.Marshal(answer)
			r.Body = io.NopCloser(bytes.NewReader(body))
			r.ContentLength = int64(len(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return err
		},
	}
	front := filepath.Join(filepath.Dir(socket), "front")
	listener, err := net.Listen("unix", front)
	if err != nil {
		t.Fatal(err)
	}
	servetest.Serve(t, func(ctx context.Context, listener net.Listener) error {
		s := &http.Server{Handler: proxy}
		stopped := make(chan error, 1)
		stop := context.AfterFunc(ctx, func() { stopped <- s.Shutdown(context.WithoutCancel(ctx)) })
		defer stop()
		if err := s.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return <-stopped
	}, listener)
	return front
}
