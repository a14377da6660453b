package worker

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/worker/temporaltest"
)

// serveCodec serves a handler until the test ends, and tells its address.
func serveCodec(t *testing.T, config *tls.Config, handler http.Handler) (address string, stop func() error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	var ended error
	go func() {
		defer close(done)
		ended = ServeCodec(ctx, listener, config, handler)
	}()
	stop = func() error {
		cancel()
		<-done
		return ended
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String(), stop
}

// TestServeCodec: over TLS and without it, a reader is answered although others hold
// more connections than may be open, and those are cut.
func TestServeCodec(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := temporaltest.WriteCertificates(folder); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, temporaltest.ServerCertFile), filepath.Join(folder, temporaltest.ServerKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	keys, _ := keysOf(t, keyLine("a", 1))
	handler := newCodecHandler(t, NewCodec(keys, "acme", "default"))
	for name, config := range map[string]*tls.Config{"plain": nil, "TLS": {Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, _ := serveCodec(t, config, handler)
			var silent []net.Conn
			for range codecConnections + 10 {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				// Some say a little, and no token.
				if len(silent)%2 == 0 {
					_, _ = io.WriteString(conn, "POST /decode HTTP/1.1\r\nHost: a\r\n")
				}
				silent = append(silent, conn)
			}
			scheme := "http://"
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			if config != nil {
				scheme = "https://"
				if transport.TLSClientConfig, err = ClientTLS(address, TLSFiles{CAFile: filepath.Join(folder, temporaltest.CAFile)}); err != nil {
					t.Fatal(err)
				}
			}
			for range 3 {
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, scheme+address+"/decode", strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Content-Type", "application/json")
				request.Header.Set("Authorization", "Bearer "+aReadersToken)
				answer, err := (&http.Client{Transport: transport}).Do(request)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				if answer.StatusCode != http.StatusOK {
					t.Errorf("the reader gets %s", answer.Status)
				}
			}
			// The oldest were cut.
			for i, conn := range silent[:10] {
				_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
				if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("connection %d is still open", i)
				}
			}
		})
	}
}

// TestServeCodecDrains: a request that has begun is answered when the endpoint stops.
func TestServeCodecDrains(t *testing.T) {
	t.Parallel()
	began, release := make(chan struct{}), make(chan struct{})
	address, stop := serveCodec(t, nil, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-release
		_, _ = io.WriteString(w, "answered")
	}))
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	<-began
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	for { // until it takes no more
		other, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		other.Close()
	}
	close(release)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); string(text) != "answered" || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
