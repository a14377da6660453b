package connections

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/internal/dsn"
)

// TestStoredSession: what a payload says of the session is out of the connection
// string, whichever way it is stored.
func TestStoredSession(t *testing.T) {
	want := preview.Session{SearchPath: "shop, public", TimeZone: "Asia/Tokyo", Role: "reader"}
	for _, stored := range []string{
		"postgres://u:p@h:1/d?search_path=shop,%20public&timezone=Asia/Tokyo&role=reader&sslmode=disable",
		"host=h port=1 user=u password=p dbname=d search_path='shop, public' timezone=Asia/Tokyo role=reader sslmode=disable",
		`{"url":"postgres://u:p@h:1/d?sslmode=disable","search_path":"shop, public","timezone":"Asia/Tokyo","role":"reader"}`,
		`{"dsn":"host=h port=1 user=u password=p dbname=d role=reader sslmode=disable","search_path":"shop, public","timezone":"Asia/Tokyo"}`,
		`{"host":"h","port":1,"user":"u","password":"p","database":"d","sslmode":"disable","search_path":"shop, public","timezone":"Asia/Tokyo","role":"reader"}`,
	} {
		connection, err := Policy{}.read(context.Background(), []byte(stored))
		if err != nil {
			t.Errorf("%s: %v", stored, err)
			continue
		}
		if got := connection.Session; got.SearchPath != want.SearchPath || got.TimeZone != want.TimeZone || got.Role != want.Role {
			t.Errorf("%s: the session is %+v", stored, got)
		}
		config, err := dsn.Parse(connection.DSN.Reveal())
		if err != nil || len(config.RuntimeParams) != 0 || config.Password != "p" || config.Host != "h" || config.Port != 1 || config.Database != "d" {
			t.Errorf("%s: the connection string has become %+v (%v)", stored, config, err)
		}
	}
}

// TestStoredCertificates: certificates by content, from the payload and from
// secrets, end up as content; what refers to a file does not.
func TestStoredCertificates(t *testing.T) {
	root, certificate, key := selfSigned(t)
	policy := Policy{Secrets: map[string]SecretSource{"test": vault{"test:root": root, "test:cert": certificate, "test:key": key}}}
	connection, err := policy.read(context.Background(), []byte(`{"url":"postgres://u@h/d",
		"sslrootcert":{"secret":"test:root"},"sslcert":{"secret":"test:cert"},"sslkey":{"secret":"test:key"}}`))
	if err != nil {
		t.Fatal(err)
	}
	c := connection.Certificates
	if c.Root.Reveal() != root || c.Certificate.Reveal() != certificate || c.Key.Reveal() != key {
		t.Error("the certificates are not those of the secrets")
	}
	config, err := dsn.ParseWith(connection.DSN.Reveal(), dsn.Certificates{Root: root, Certificate: certificate, Key: key})
	if err != nil || config.TLSConfig == nil || config.TLSConfig.InsecureSkipVerify || config.TLSConfig.ServerName != "h" ||
		config.TLSConfig.RootCAs == nil || len(config.TLSConfig.Certificates) != 1 || len(config.Fallbacks) != 0 {
		t.Errorf("TLS is not that of verify-full with the certificates: %+v (%v)", config, err)
	}
	for _, stored := range []string{
		`{"url":"postgres://u@h/d?sslmode=prefer","sslrootcert":{"secret":"test:root"}}`,
		`{"url":"postgres://u@h/d?sslmode=disable","sslcert":{"secret":"test:cert"},"sslkey":{"secret":"test:key"}}`,
		`{"url":"postgres://u@h/d","sslcert":{"secret":"test:root"},"sslkey":{"secret":"test:cert"}}`,
		`{"url":"postgres://u@h/d","sslrootcert":"/etc/ssl/root.crt"}`,
		`{"url":"postgres://u@h/d?sslrootcert=/etc/ssl/root.crt","sslrootcert":{"secret":"test:root"}}`,
	} {
		if _, err := policy.read(context.Background(), []byte(stored)); err == nil {
			t.Errorf("%s was taken", stored)
		}
	}
}

// selfSigned makes a certificate, which is its own authority, and its key.
func selfSigned(t *testing.T) (root, certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}))
	return certificate, certificate, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
}
