package auth_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/preview/server/auth"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// tlsWorld is a sidecar behind TLS with the files that an operator rotates.
type tlsWorld struct {
	*sidecar
	dir, certFile, keyFile, caFile string
	authority                      *authority
	clock                          clock
	// unusable counts what was said of a changed server certificate.
	unusable atomic.Int64
}

func serveTLS(t *testing.T, config auth.CertificateConfig) *tlsWorld {
	t.Helper()
	w := &tlsWorld{dir: t.TempDir(), authority: newAuthority(t, "clients")}
	w.certFile, w.keyFile, w.caFile = filepath.Join(w.dir, "tls.crt"), filepath.Join(w.dir, "tls.key"), filepath.Join(w.dir, "ca.crt")
	w.rotateServer(t)
	write(t, w.caFile, w.authority.pem())
	serverTLS, err := auth.TLS(w.certFile, w.keyFile, func(error) { w.unusable.Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	config.CAFile, config.Now = w.caFile, w.clock.now
	authenticate, err := auth.ClientCertificate(config)
	if err != nil {
		t.Fatal(err)
	}
	w.sidecar = start(t, authenticate, serverTLS)
	return w
}

// rotateServer writes a new certificate of the server's.
func (w *tlsWorld) rotateServer(t *testing.T) leaf {
	t.Helper()
	fresh := newAuthority(t, "server").sign(t, func(c *x509.Certificate) {
		c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	})
	write(t, w.certFile, fresh.certificate)
	write(t, w.keyFile, fresh.key)
	return fresh
}

// client trusts any server: who it is, is not the question here.
func client(t *testing.T, certificates ...tls.Certificate) *http.Client {
	t.Helper()
	transport := &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if len(certificates) == 0 {
				return &tls.Certificate{}, nil
			}
			return &certificates[0], nil
		}},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestClientCertificates(t *testing.T) {
	w := serveTLS(t, auth.CertificateConfig{Names: []string{"agent.example", "spiffe://example/agent"}})
	stranger := newAuthority(t, "clients") // of the same name
	middle := w.authority
	for _, c := range []struct {
		name   string
		leaf   []leaf
		denial string
	}{
		{"a DNS name", []leaf{middle.sign(t, named("agent.example"))}, ""},
		{"a URI", []leaf{middle.sign(t, named("x", "spiffe://example/agent"))}, ""},
		{"none", nil, "no client certificate"},
		{"another authority's", []leaf{stranger.sign(t, named("agent.example"))}, "not of a known authority"},
		{"another name", []leaf{middle.sign(t, named("agent.example.evil", "spiffe://example/agent/x"))}, "none of the names"},
		{"the name as common name only", []leaf{middle.sign(t, func(c *x509.Certificate) { c.Subject.CommonName = "agent.example" })}, "none of the names"},
		{"expired", []leaf{middle.sign(t, func(c *x509.Certificate) {
			named("agent.example")(c)
			c.NotAfter = began.Add(-time.Minute)
		})}, "expired"},
		{"not yet valid", []leaf{middle.sign(t, func(c *x509.Certificate) {
			named("agent.example")(c)
			c.NotBefore = began.Add(time.Minute)
		})}, "not valid yet"},
		{"a server's", []leaf{middle.sign(t, func(c *x509.Certificate) {
			named("agent.example")(c)
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		})}, "not for clients"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var pairs []tls.Certificate
			for _, l := range c.leaf {
				pairs = append(pairs, l.pair(t))
			}
			before := w.core.calls.Load()
			got, call := w.call(t, client(t, pairs...))
			checkAnswer(t, w.sidecar, before, got, call, c.denial)
		})
	}
}

// TestRotationOnAnOpenConnection: what is withdrawn or expires is out at once,
// also for who is connected already.
func TestRotationOnAnOpenConnection(t *testing.T) {
	w := serveTLS(t, auth.CertificateConfig{AnyName: true})
	old := client(t, w.authority.sign(t, named("agent.example")).pair(t))
	expect := func(what string, c *http.Client, denial string) {
		t.Helper()
		t.Log(what)
		before := w.core.calls.Load()
		got, call := w.call(t, c)
		checkAnswer(t, w.sidecar, before, got, call, denial)
	}
	expect("before", old, "")

	next := newAuthority(t, "next")
	write(t, w.caFile, next.pem()+w.authority.pem())
	fresh := client(t, next.sign(t, named("agent.example")).pair(t))
	expect("both authorities: the old client", old, "")
	expect("both authorities: the new client", fresh, "")

	write(t, w.caFile, next.pem())
	expect("the new authority: the old client", old, "not of a known authority")
	expect("the new authority: the new client", fresh, "")

	write(t, w.caFile, "half a file")
	expect("a broken file", fresh, "cannot be used")
	os.Remove(w.caFile)
	expect("no file", fresh, "cannot be used")
	write(t, w.caFile, next.pem())
	expect("the file is back", fresh, "")

	w.clock.advance(2 * time.Hour)
	expect("the certificate expired", fresh, "expired")
}

func TestServerCertificateRotates(t *testing.T) {
	w := serveTLS(t, auth.CertificateConfig{AnyName: true})
	serial := func() string {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(w.url, "https://"), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	first := serial()
	if again := serial(); again != first {
		t.Error("the certificate changed by itself")
	}
	second := w.rotateServer(t)
	rotated := serial()
	if rotated == first {
		t.Error("the new certificate is not in force")
	}
	// In the middle of a rotation the pair does not fit.
	write(t, w.keyFile, newAuthority(t, "x").sign(t, named("x")).key)
	for range 2 {
		if serial() != rotated {
			t.Error("half a rotation changed the certificate")
		}
	}
	if n := w.unusable.Load(); n != 1 {
		t.Errorf("half a rotation was told %d times", n)
	}
	write(t, w.keyFile, second.key)
	if serial() != rotated {
		t.Error("the pair fits again and is not in force")
	}
	for range 2 {
		if err := os.Remove(w.keyFile); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
		if serial() != rotated {
			t.Error("without a key the certificate changed")
		}
	}
	if n := w.unusable.Load(); n != 2 {
		t.Errorf("a second fault was told %d times", n-1)
	}
	write(t, w.keyFile, second.key)

	if _, err := tls.Dial("tcp", strings.TrimPrefix(w.url, "https://"), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 was spoken")
	}
}

// TestGRPCOverTLS: a real gRPC client gets the same, and a probe needs no
// certificate.
func TestGRPCOverTLS(t *testing.T) {
	w := serveTLS(t, auth.CertificateConfig{Names: []string{"agent.example"}})
	dial := func(certificates ...tls.Certificate) *grpc.ClientConn {
		conn, err := grpc.NewClient(strings.TrimPrefix(w.url, "https://"),
			grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{InsecureSkipVerify: true, Certificates: certificates})))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	validate := func(conn *grpc.ClientConn) error {
		_, err := previewv1.NewPreviewServiceClient(conn).ValidateQuery(context.Background(), &previewv1.ValidateQueryRequest{Sql: "select 1"})
		<-w.calls
		return err
	}
	known := dial(w.authority.sign(t, named("agent.example")).pair(t))
	unknown := dial()
	if err := validate(known); err != nil {
		t.Error(err)
	}
	if err := validate(unknown); status.Code(err) != codes.Unauthenticated {
		t.Errorf("got %v", err)
	}
	if _, err := grpc_health_v1.NewHealthClient(unknown).Check(context.Background(), &grpc_health_v1.HealthCheckRequest{}); err != nil {
		t.Errorf("a probe without a certificate: %v", err)
	}
	<-w.calls
}

func TestAllAsksForEveryProof(t *testing.T) {
	yes := func(name string) server.Authenticator {
		return func(context.Context, server.Credentials) (server.Caller, error) {
			return server.Caller{Subject: name}, nil
		}
	}
	no := func(context.Context, server.Credentials) (server.Caller, error) {
		return server.Caller{}, errors.New("no")
	}
	for _, c := range []struct {
		name string
		all  []server.Authenticator
		want string
	}{
		{"none", nil, ""},
		{"both", []server.Authenticator{yes("a"), yes("b")}, "b"},
		{"not the first", []server.Authenticator{no, yes("b")}, ""},
		{"not the last", []server.Authenticator{yes("a"), no}, ""},
	} {
		caller, err := auth.All(c.all...)(context.Background(), server.Credentials{})
		if caller.Subject != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: got %q %v", c.name, caller.Subject, err)
		}
	}
}

func TestTLSFaultsNameNoPath(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "empty"), "")
	for name, make := range map[string]func() error{
		"no certificate": func() error { _, err := auth.TLS(dir+"/none", dir+"/none", nil); return err },
		"no PEM":         func() error { _, err := auth.TLS(dir+"/empty", dir+"/empty", nil); return err },
		"no authority": func() error {
			_, err := auth.ClientCertificate(auth.CertificateConfig{CAFile: dir + "/none", AnyName: true})
			return err
		},
		"an empty authority": func() error {
			_, err := auth.ClientCertificate(auth.CertificateConfig{CAFile: dir + "/empty", AnyName: true})
			return err
		},
		"no names": func() error {
			_, err := auth.ClientCertificate(auth.CertificateConfig{CAFile: dir + "/empty"})
			return err
		},
		"names and any": func() error {
			_, err := auth.ClientCertificate(auth.CertificateConfig{CAFile: dir + "/empty", AnyName: true, Names: []string{"x"}})
			return err
		},
	} {
		if err := make(); err == nil || strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
