package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/client"
	"github.com/op-data/sqlpreview/preview/pgtest"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// TestCallersFaults: whatever of the settings does not fit together is said at
// the start, all of it.
func TestCallersFaults(t *testing.T) {
	for name, c := range map[string]struct {
		callers callers
		faults  []string
	}{
		"half of TLS":              {callers{CertFile: "/c"}, []string{"set both"}},
		"certificates without TLS": {callers{ClientCAFile: "/ca", ClientNames: []string{"a"}}, []string{"need TLS", "client_ca_file: auth: the clients' certificate authorities cannot be used"}},
		"an authority and no name": {callers{ClientCAFile: "/ca"}, []string{"client_names must be set too"}},
		"a token twice":            {callers{TokenFile: "/t", Issuer: "i"}, []string{"set one", "token_file: the token file cannot be read", "jwt_organization must"}},
		"half of a token":          {callers{Audience: "a"}, []string{"jwt_issuer must be set", "jwt_organization must be set", "jwt_keys_url must be set"}},
		"keys in the clear":        {callers{Issuer: "i", Audience: "a", Organization: "o", KeysURL: "http://issuer.example/"}, []string{"https"}},
	} {
		_, _, err := c.callers.open(nil)
		for _, fault := range c.faults {
			if err == nil || !strings.Contains(err.Error(), fault) {
				t.Errorf("%s: %v does not say %q", name, err, fault)
			}
		}
	}
	if serverTLS, authenticate, err := (callers{}).open(nil); serverTLS != nil || authenticate != nil || err != nil {
		t.Errorf("nothing configured: %v %v %v", serverTLS, authenticate != nil, err)
	}
}

func TestSourcesFaults(t *testing.T) {
	secret := preview.NewSecret
	for name, c := range map[string]struct {
		sources sources
		fault   string
	}{
		"none":                    {sources{}, "no database"},
		"the agent's alone":       {sources{AgentDSN: secret("host=h")}, "no database"},
		"a workspace, no agent":   {sources{WorkspaceID: "w"}, "DSN is no connection string"},
		"two":                     {sources{DSN: secret("host=h"), Dir: "/d"}, "OP_PREVIEW_DSN and connections_dir; set one"},
		"a folder that is not":    {sources{Dir: "/nowhere-at-all"}, "cannot be read"},
		"secrets and any target":  {sources{AgentDSN: secret("host=h"), WorkspaceID: "w", SecretsDir: "/tmp"}, "need targets"},
		"secrets and remote ones": {sources{AgentDSN: secret("host=h"), WorkspaceID: "w", SecretsDir: "/tmp", Targets: []string{"remote", "10.0.0.1"}}, "need targets"},
		"targets that are none":   {sources{DSN: secret("host=h"), Targets: []string{"db.example"}}, "neither an address"},
		"a key that is not known": {sources{DSN: secret("host=h work_mem=hunter2")}, "a key that is not known"},
		"a service file":          {sources{DSN: secret("host=h service=hunter2")}, "service, which is not supported"},
	} {
		if _, err := c.sources.open(t.Context()); err == nil || !strings.Contains(err.Error(), c.fault) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTargetsHoldForARealDatabase: a database outside of the targets is not
// reached, whatever its connection string says.
func TestTargetsHoldForARealDatabase(t *testing.T) {
	database := pgtest.Start(t, pgtest.Options{TCP: true})
	host, port, password := database.TCP()
	dsn := preview.NewSecret("host=" + host + " port=" + big.NewInt(int64(port)).String() + " user=postgres dbname=postgres sslmode=disable password=" + password)
	for _, c := range []struct {
		targets []string
		reached bool
	}{{[]string{"127.0.0.0/8"}, true}, {nil, true}, {[]string{"10.0.0.0/8", "unix"}, false}} {
		opened, err := sources{DSN: dsn, Targets: c.targets}.open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		previewer, err := preview.New(preview.Config{Resolver: opened})
		if err != nil {
			t.Fatal(err)
		}
		_, err = previewer.Preview(t.Context(), preview.Request{SQL: "select 1"})
		previewer.Close()
		if (err == nil) != c.reached {
			t.Errorf("%v: %v", c.targets, err)
		}
	}
}

// TestServeWithCertificatesAndTokens is the sidecar on TCP, asking for both: a
// client certificate and an access token, over a real TLS, keys from a real
// HTTP server, and the tenant's own connection from a real agent's table.
func TestServeWithCertificatesAndTokens(t *testing.T) {
	dir := t.TempDir()
	authority, authorityKey := certificate(t, nil, nil, "ca", x509.ExtKeyUsageAny)
	serverCert, serverKey := certificate(t, authority, authorityKey, "sidecar.example", x509.ExtKeyUsageServerAuth)
	agentCert, agentKey := certificate(t, authority, authorityKey, "agent.example", x509.ExtKeyUsageClientAuth)
	files := map[string]string{"ca.crt": pemOf(t, authority, nil), "tls.crt": pemOf(t, serverCert, nil), "tls.key": pemOf(t, nil, serverKey)}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	signing, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: signing.Public(), KeyID: "k", Use: "sig", Algorithm: "RS256"}}})
	if err != nil {
		t.Fatal(err)
	}
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(keys) }))
	t.Cleanup(issuer.Close)

	database := pgtest.Shared(t)
	shop := database.Database(t, `create table orders as select 42 as id`)
	payload, err := json.Marshal(map[string]string{"dsn": shop})
	if err != nil {
		t.Fatal(err)
	}
	agent := database.Database(t, `create table "Connection" (id text, type text, payload jsonb, "workspaceId" text, name text);
		insert into "Connection" values ('shop', 'postgres', '`+strings.ReplaceAll(string(payload), "'", "''")+`', 'ours', 'Shop'),
			('theirs', 'postgres', '`+strings.ReplaceAll(string(payload), "'", "''")+`', 'another', 'Theirs')`)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	settings := map[string]string{
		"OP_AGENT_DATABASE_URL": agent, "OP_PREVIEW_WORKSPACE_ID": "ours", "OP_PREVIEW_TARGETS": "unix",
		"OP_PREVIEW_LISTEN":        address,
		"OP_PREVIEW_TLS_CERT_FILE": dir + "/tls.crt", "OP_PREVIEW_TLS_KEY_FILE": dir + "/tls.key",
		"OP_PREVIEW_CLIENT_CA_FILE": dir + "/ca.crt", "OP_PREVIEW_CLIENT_NAMES": "agent.example",
		"OP_PREVIEW_JWT_ISSUER": "https://issuer.example", "OP_PREVIEW_JWT_SUBJECTS": "client_1",
		"OP_PREVIEW_JWT_ORGANIZATION": "org_1", "OP_PREVIEW_JWT_KEYS_URL": issuer.URL,
		"OP_PREVIEW_ADMIN_LISTEN": "unix:" + dir + "/admin",
	}
	var stderr lockedBuffer
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		env := &environment{stdout: io.Discard, stderr: &stderr, getenv: func(key string) string { return settings[key] }}
		done <- (&serveCommand{}).Run(ctx, env)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("%v: %s", err, stderr.String())
		}
	})
	waitFor(t, dir+"/admin")
	if got := get(t, dir+"/admin", "/readyz"); got != "ready\n" {
		t.Errorf("readiness: %q", got)
	}

	roots := x509.NewCertPool()
	roots.AddCert(authority)
	withCertificate := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: "sidecar.example",
		Certificates: []tls.Certificate{{Certificate: [][]byte{agentCert.Raw}, PrivateKey: agentKey}}}
	without := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: "sidecar.example"}
	for _, c := range []struct {
		name         string
		tls          *tls.Config
		organization string
		connection   string
		want         string
	}{
		{"both proofs", withCertificate, "org_1", "shop", "42"},
		{"no certificate", without, "org_1", "shop", "the caller is not authenticated"},
		{"another tenant's token", withCertificate, "org_2", "shop", "the caller is not authenticated"},
		{"an unknown connection", withCertificate, "org_1", "unknown", "there is no connection of this id"},
		{"another tenant's connection", withCertificate, "org_1", "theirs", "there is no connection of this id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			caller, err := client.New(client.Config{Target: address, TLS: c.tls, Token: func(context.Context) (string, error) {
				return sign(t, signing, c.organization), nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer caller.Close()
			response, err := caller.PreviewQuery(t.Context(), &previewv1.PreviewQueryRequest{ConnectionId: c.connection, Sql: "select id from orders"})
			got := fmt.Sprint(err)
			if err == nil {
				got = response.GetRows()[0].GetCells()[0].GetText()
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	for _, denial := range []string{"no client certificate was sent", "the token is of another organization"} {
		if !strings.Contains(stderr.String(), denial) {
			t.Errorf("the log does not say %q", denial)
		}
	}
}

func sign(t *testing.T, key *rsa.PrivateKey, organization string) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "k"))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": "https://issuer.example", "sub": "client_1", "org_id": organization, "exp": time.Now().Add(time.Minute).Unix(),
	}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// certificate makes one for a DNS name; without a parent, an authority.
func certificate(t *testing.T, parent *x509.Certificate, parentKey *ecdsa.PrivateKey, name string, usage x509.ExtKeyUsage) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: []string{name}, ExtKeyUsage: []x509.ExtKeyUsage{usage},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
	}
	if parent == nil {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made, key
}

func pemOf(t *testing.T, certificate *x509.Certificate, key *ecdsa.PrivateKey) string {
	t.Helper()
	if certificate != nil {
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
