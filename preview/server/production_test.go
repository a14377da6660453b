package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/internal/servetest"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// TestCallWithoutAuditLineIsNotAnswered: the rows stay where they are when the
// record of them cannot be written, in every protocol.
func TestCallWithoutAuditLineIsNotAnswered(t *testing.T) {
	const canary = "disk-canary"
	r := start(t, "tcp", server.Config{
		Previewer: echo,
		Audit:     func(context.Context, server.Call) (string, error) { return "", errors.New(canary) },
	})
	all := clients(t, r.address)
	for name, ask := range all {
		got := ask(t.Context(), &previewv1.PreviewQueryRequest{Sql: "select 'secret row'", RequestId: "r1"}, nil)
		if got.response != nil || got.info.GetReason() != string(reason.Internal) || got.detail.GetRequestId() != "r1" {
			t.Errorf("%s: got %+v", name, got)
		}
		if text := fmt.Sprint(got.message, got.detail); strings.Contains(text, canary) || strings.Contains(text, "secret row") {
			t.Errorf("%s: the answer says too much: %s", name, text)
		}
	}
	for _, call := range r.await(t, len(all)) {
		if call.Outcome != server.OutcomeFailed || call.Reason != reason.Internal || call.Stats != nil || call.Receipt.PayloadSHA256 != "" {
			t.Errorf("observed as %+v", call)
		}
	}
}

// TestAuditLineComesBeforeTheAnswer also checks what the audit function gets.
func TestAuditLineComesBeforeTheAnswer(t *testing.T) {
	var audited []server.Call
	failing := core{preview: func(_ context.Context, request preview.Request) (*preview.Result, error) {
		if request.SQL == "bad" {
			return nil, &preview.Error{Reason: reason.RowLock, RequestID: "r2"}
		}
		return &preview.Result{
			RequestID: "r1", Stats: preview.Stats{Rows: 3},
			Receipt: preview.Receipt{SQLFingerprint: "f", Tables: []string{"orders"}},
		}, nil
	}}
	r := start(t, "unix", server.Config{Previewer: failing, Audit: func(_ context.Context, call server.Call) (string, error) {
		audited = append(audited, call)
		return "noted", nil
	}})
	ask := clients(t, r.address)["grpc-go"]
	for i, sql := range []string{"good", "bad"} {
		ask(t.Context(), &previewv1.PreviewQueryRequest{Sql: sql, ConnectionId: "c"}, nil)
		if len(audited) != i+1 {
			t.Fatalf("%d calls were audited after %d answers", len(audited), i+1)
		}
	}
	if c := audited[0]; c.Outcome != server.OutcomeOK || c.RequestID != "r1" || c.ConnectionID != "c" || c.Receipt.Tables[0] != "orders" || c.Stats.Rows != 3 {
		t.Errorf("got %+v", c)
	}
	for _, call := range r.await(t, 2) {
		if call.AuditLine != "noted" {
			t.Errorf("what it returned is not noted: %+v", call)
		}
	}
	if c := audited[1]; c.Outcome != server.OutcomeFailed || c.Reason != reason.RowLock || c.RequestID != "r2" || c.Receipt != nil {
		t.Errorf("got %+v", c)
	}
}

// TestCallerOnAUnixSocketHasAName: the kernel says who it is.
func TestCallerOnAUnixSocketHasAName(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells")
	}
	r := start(t, "unix", server.Config{Previewer: echo})
	all := clients(t, r.address)
	for _, ask := range all {
		ask(t.Context(), ask1("select 1"), nil)
	}
	for _, call := range r.await(t, len(all)) {
		if want := fmt.Sprint("uid:", os.Getuid()); call.Caller.Subject != want {
			t.Errorf("the caller is %q, want %q", call.Caller.Subject, want)
		}
	}
}

func TestRateOfOneCaller(t *testing.T) {
	r := start(t, "tcp", server.Config{
		Previewer: echo, RequestsPerSecond: 1,
		Authenticate: func(_ context.Context, c server.Credentials) (server.Caller, error) {
			return server.Caller{Subject: c.Header.Get("X-Caller")}, nil
		},
	})
	ask := clients(t, r.address)["grpc-go"]
	outcome := func(caller string) string {
		got := ask(t.Context(), ask1("select 1"), map[string]string{"x-caller": caller})
		if got.response != nil {
			return "answered"
		}
		if got.retry == nil || got.code != "resource_exhausted" {
			t.Errorf("got %+v", got)
		}
		return got.info.GetReason()
	}
	// A burst of two, then no more; what the second that passes meanwhile gives
	// back is at most one for each second, so of twelve some are turned away.
	var turnedAway int
	for range 12 {
		if outcome("a") == string(reason.ConcurrencyLimit) {
			turnedAway++
		}
	}
	if turnedAway == 0 {
		t.Error("twelve requests at once of a caller who may send one a second were all answered")
	}
	if outcome("b") != "answered" {
		t.Error("another caller was turned away too")
	}
}

// TestTLS serves a real gRPC client over TLS through Serve itself.
func TestTLS(t *testing.T) {
	// httptest has a certificate for 127.0.0.1 that its client trusts.
	borrowed := httptest.NewUnstartedServer(nil)
	borrowed.StartTLS()
	certificate, authority := borrowed.TLS.Certificates[0], borrowed.Certificate()
	borrowed.Close()
	s, err := server.New(server.Config{
		Previewer: echo,
		TLS:       &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"}},
		Authenticate: func(_ context.Context, c server.Credentials) (server.Caller, error) {
			if c.TLS == nil {
				return server.Caller{}, errors.New("no TLS")
			}
			return server.Caller{}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := server.ListenTLS(t.Context(), ":0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	servetest.Serve(t, s.Serve, listener)
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	conn, err := grpc.NewClient("127.0.0.1:"+port, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	response, err := previewv1.NewPreviewServiceClient(conn).PreviewQuery(t.Context(), ask1("select 1"))
	if err != nil || len(response.GetRows()) != 1 {
		t.Errorf("got %v %v", response, err)
	}
}

// TestNothingIsServedInTheClearToOtherMachines: neither Listen nor Serve does.
func TestNothingIsServedInTheClearToOtherMachines(t *testing.T) {
	s, err := server.New(server.Config{Previewer: echo})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := server.ListenTLS(t.Context(), "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context(), listener); err == nil || !strings.Contains(err.Error(), "without Config.TLS") {
		t.Errorf("got %v", err)
	}
	if _, err := server.ListenTLS(t.Context(), "unix:/tmp/x"); err == nil {
		t.Error("TLS on a unix socket was taken")
	}
}

// TestHealthWithAndWithoutTheDatabase: the process lives whether or not its
// database does; the service is ready only with it.
func TestHealthWithAndWithoutTheDatabase(t *testing.T) {
	var down atomic.Bool
	r := start(t, "tcp", server.Config{Previewer: echo, Ready: func(context.Context) error {
		if down.Load() {
			return errors.New("down")
		}
		return nil
	}})
	const service = "opdata.preview.v1.PreviewService"
	for _, step := range []struct {
		down bool
		want string
	}{{false, "SERVING"}, {true, "NOT_SERVING"}, {false, "SERVING"}} {
		down.Store(step.down)
		if got := health(t, r, service); got != step.want {
			t.Errorf("the service is %s, want %s", got, step.want)
		}
		if got := health(t, r, ""); got != "SERVING" {
			t.Errorf("the process is %s", got)
		}
	}
}
