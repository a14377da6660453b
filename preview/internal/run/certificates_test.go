package run_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/dsn"
	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// clientCertificate makes a certificate for a role, which is its own authority.
func clientCertificate(t *testing.T, role string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: role}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
}

// TestCertificatesByContent: the server's certificate is checked against an
// authority, and a client shows its own, neither of them from a file.
func TestCertificatesByContent(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{TCP: true})
	root, err := os.ReadFile(serveTLS(t, server))
	if err != nil {
		t.Fatal(err)
	}
	certificate, key := clientCertificate(t, "shown")
	other, otherKey := clientCertificate(t, "shown")
	authorities := filepath.Join(server.SocketDir(), "clients.crt")
	if err := os.WriteFile(authorities, []byte(certificate), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(server.SocketDir(), "data", "pg_hba.conf"), []byte("local all postgres trust\nhostssl all shown 127.0.0.1/32 cert\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"create role shown login", "alter system set ssl_ca_file = '" + authorities + "'", "select pg_reload_conf()"} {
		admin(t, server.DSN(), sql)
	}
	host, port, _ := server.TCP()
	text := fmt.Sprintf("host=%s port=%d user=shown dbname=postgres", host, port)
	pools := newPools(t, run.Limits{})
	ask := func(dsnText string, c dsn.Certificates) error {
		_, err := pools.Run(t.Context(), run.Target{ID: "c", DSN: dsnText, Certificates: c}, run.Query{SQL: "select 1"})
		return err
	}
	whole := dsn.Certificates{Root: string(root), Certificate: certificate, Key: key}
	// The server reads its new rules a moment later.
	for deadline := time.Now().Add(time.Minute); ask(text, whole) != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(ask(text, whole))
		}
	}
	for _, test := range []struct {
		name, dsn string
		c         dsn.Certificates
		want      bool
	}{
		{"verify-full", text + " sslmode=verify-full", whole, true},
		{"verify-ca", text + " sslmode=verify-ca", whole, true},
		{"require, which checks the authority", text + " sslmode=require", whole, true},
		{"another authority, require", text + " sslmode=require", dsn.Certificates{Root: other, Certificate: certificate, Key: key}, false},
		{"another authority", text, dsn.Certificates{Root: other, Certificate: certificate, Key: key}, false},
		{"another client", text, dsn.Certificates{Root: string(root), Certificate: other, Key: otherKey}, false},
		{"no client", text, dsn.Certificates{Root: string(root)}, false},
		{"no authority", text + " sslmode=require", dsn.Certificates{Certificate: certificate, Key: key}, true},
		{"a connection that does not check", text + " sslmode=prefer", whole, false},
		{"the first again", text, whole, true},
	} {
		if err := ask(test.dsn, test.c); (err == nil) != test.want {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
