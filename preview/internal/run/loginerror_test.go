package run_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/reason"
)

// TestLoginFaultsAreNamed: what goes wrong at the login is called what it is: the
// network, TLS, PostgreSQL's protocol, or what the connection string asks for.
func TestLoginFaultsAreNamed(t *testing.T) {
	t.Parallel()
	const protocol, noTLS, badTLS, closed = "login protocol", "offers no TLS", "no TLS connection", "during the login"
	refuseTLS := func(conn net.Conn) bool { return readStartup(conn) && write(conn, "N") }
	for _, test := range []struct {
		name, mode string
		serve      func(conn net.Conn)
		want       reason.Reason
		message    string // a part of it
	}{
		{"a web server", "disable", func(c net.Conn) { write(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }, reason.DatabaseUnavailable, protocol},
		{"a web server, TLS preferred", "prefer", func(c net.Conn) { write(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }, reason.DatabaseUnavailable, protocol},
		{"a web server, TLS required", "require", func(c net.Conn) { write(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }, reason.DatabaseUnavailable, noTLS},
		{"no TLS", "require", func(c net.Conn) { refuseTLS(c) }, reason.DatabaseUnavailable, noTLS},
		{"no TLS after all", "require", func(c net.Conn) {
			readStartup(c)
			write(c, "S")
			write(c, "not a server hello, which is longer than a record's header")
		}, reason.DatabaseUnavailable, badTLS},
		{"no TLS, then a fault of the protocol", "prefer", func(c net.Conn) {
			if refuseTLS(c) && readStartup(c) {
				return
			}
			write(c, "R\x00\x00\x00\x08\x00\x00\x00\x63")
		}, reason.DatabaseUnavailable, protocol},
		{"ready before the login", "disable", func(c net.Conn) { readStartup(c); write(c, "Z\x00\x00\x00\x05I") }, reason.DatabaseUnavailable, protocol},
		{"an unknown request", "disable", func(c net.Conn) { readStartup(c); write(c, "R\x00\x00\x00\x08\x00\x00\x00\x63") }, reason.DatabaseUnavailable, protocol},
		{"an endless message", "disable", func(c net.Conn) { readStartup(c); write(c, "R\x7f\xff\xff\xff\x00") }, reason.DatabaseUnavailable, protocol},
		{"closed in the login", "disable", func(c net.Conn) { readStartup(c); write(c, "R\x00\x00\x00\x08\x00\x00\x00\x00") }, reason.DatabaseUnavailable, closed},
		{"closed at once", "disable", func(net.Conn) {}, reason.DatabaseUnavailable, "before it answered"},
		{"channel binding", "disable channel_binding=require", func(c net.Conn) { scram(c, "i=4096") }, reason.DatabaseLoginFailed, "channel binding"},
		{"a method that is ruled out", "disable require_auth=md5", func(c net.Conn) { scram(c, "i=4096") }, reason.DatabaseLoginFailed, "require_auth"},
		{"few iterations", "disable", func(c net.Conn) { scram(c, "i=1") }, reason.DatabaseUnavailable, closed},
		{"too many iterations", "disable", func(c net.Conn) { scram(c, "i=1000001") }, reason.DatabaseLoginFailed, "iterations"},
		{"far too many iterations", "disable", func(c net.Conn) { scram(c, "i=99999999999999999999") }, reason.DatabaseLoginFailed, "iterations"},
		{"signed iterations", "disable", func(c net.Conn) { scram(c, "i=+9000000") }, reason.DatabaseLoginFailed, "iterations"},
		{"no number of iterations", "disable", func(c net.Conn) { scram(c, "i=many") }, reason.DatabaseUnavailable, protocol},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			address := listen(t, test.serve)
			to := run.Target{
				ID: "f", DSN: "host=127.0.0.1 user=u password=canary4711 dbname=d sslmode=" + test.mode,
				Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
					return (&net.Dialer{}).DialContext(ctx, "tcp", address)
				},
			}
			_, err := newPools(t, run.Limits{}).Run(t.Context(), to, run.Query{SQL: "select 1"})
			e := asError(t, err)
			if e.Reason != test.want || !strings.Contains(e.Message, test.message) || e.Hint == "" {
				t.Errorf("the answer is %s: %s; %s", e.Reason, e.Message, e.Hint)
			}
			if strings.Contains(outputs(t, nil, err), "canary") {
				t.Error("the error holds the password")
			}
		})
	}
}

// listen serves every connection with a script and then closes it.
func listen(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.SetDeadline(time.Now().Add(time.Minute)) // a test's
			serve(conn)
			// What the client has sent is read, so that closing resets nothing.
			_ = conn.(*net.TCPConn).CloseWrite() // a test's
			_, _ = io.Copy(io.Discard, conn)     // a test's
			_ = conn.Close()                     // a test's
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close() // a test's
		<-done
	})
	return listener.Addr().String()
}

func write(conn net.Conn, text string) bool {
	_, err := io.WriteString(conn, text)
	return err == nil
}

// readStartup reads a startup message or a request for TLS, and reports whether it
// was the latter.
func readStartup(conn net.Conn) (tls bool) {
	message, err := pgproto3.NewBackend(conn, conn).ReceiveStartupMessage()
	if err != nil {
		return false
	}
	_, tls = message.(*pgproto3.SSLRequest)
	return tls
}

// scram asks for SCRAM with the iterations given, and no further.
func scram(conn net.Conn, iterations string) {
	backend := pgproto3.NewBackend(conn, conn)
	if _, err := backend.ReceiveStartupMessage(); err != nil {
		return
	}
	backend.Send(&pgproto3.AuthenticationSASL{AuthMechanisms: []string{"SCRAM-SHA-256"}})
	if backend.Flush() != nil || backend.SetAuthType(pgproto3.AuthTypeSASL) != nil {
		return
	}
	message, err := backend.Receive()
	if err != nil {
		return
	}
	first, ok := message.(*pgproto3.SASLInitialResponse)
	if !ok {
		return
	}
	_, nonce, _ := strings.Cut(string(first.Data), "r=")
	salt := base64.StdEncoding.EncodeToString([]byte("salt"))
	backend.Send(&pgproto3.AuthenticationSASLContinue{Data: fmt.Appendf(nil, "r=%sx,s=%s,%s", nonce, salt, iterations)})
	_ = backend.Flush() // a test's
}
