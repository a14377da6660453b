package vault

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/op-data/sqlpreview/preview/connections/secretmanager"
)

const canary = "canary-6e2"

// open returns a source that remembers nothing, and the store behind it.
func open(t *testing.T, config Config) *secretmanager.Source {
	t.Helper()
	config.Prefix, config.MaxAge, config.Timeout = "shop/", -1, time.Minute
	source, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	return source
}

// expect fetches; want is the text, or behind "error: " a part of the error.
func expect(t *testing.T, source *secretmanager.Source, reference, want string) {
	t.Helper()
	got, err := source.Fetch(t.Context(), reference)
	fault, isFault := strings.CutPrefix(want, "error: ")
	switch {
	case isFault && (err == nil || !strings.Contains(err.Error(), fault)):
		t.Errorf("%s: got %v, want an error with %q", reference, err, fault)
	case isFault:
		for _, word := range []string{canary, "127.0.0.1", "shop", "/"} {
			if strings.Contains(err.Error(), word) {
				t.Errorf("%s: the error holds %q: %v", reference, word, err)
			}
		}
	case err != nil || got.Reveal() != want:
		t.Errorf("%s: got %q and %v, want %q", reference, got.Reveal(), err, want)
	}
}

func TestKeyValueSecrets(t *testing.T) {
	s := start(t)
	s.write(t, "secret/data/shop/db", revision("password", "first"))
	s.write(t, "secret/data/shop/db", revision("password", canary, "port", 5432, "host", "db"))
	s.write(t, "secret/data/shop/deep/er", revision("a.b-c_d", "x"))
	s.write(t, "secret/data/shop/gone", revision("password", canary))
	s.write(t, "secret/data/other/db", revision("password", canary))
	if _, err := s.client.Logical().Delete("secret/data/shop/gone"); err != nil {
		t.Fatal(err)
	}
	s.write(t, "sys/mounts/kv1", map[string]any{"type": "kv", "options": map[string]any{"version": "1"}})
	s.write(t, "kv1/shop/db", map[string]any{"password": "old-style", "data": "not nested"})

	file := tokenFile(t, "", s.token(t, "1h"))
	two := open(t, Config{Address: s.address, TokenFile: file})
	for reference, want := range map[string]string{
		"vault:db#password":           canary,
		"vault:db#port":               "5432",
		"vault:db?version=1#password": "first",
		"vault:db":                    `{"host":"db","password":"` + canary + `","port":5432}`,
		"vault:deep/er#a.b-c_d":       "x",
		"vault:db#none":               "error: no member",
		"vault:db?version=3#password": "error: no such secret",
		"vault:db?version=x#password": "error: numbers from 1",
		"vault:db?version=0#password": "error: numbers from 1",
		"vault:db?stage=X#password":   "error: no stages",
		"vault:gone#password":         "error: no such secret",
		"vault:none#password":         "error: no such secret",
		"vault:../other/db#password":  "error: parts of letters",
	} {
		if strings.Contains(want, "parts of letters") { // its text shows a slash
			if _, err := two.Fetch(t.Context(), reference); err == nil || !strings.Contains(err.Error(), "parts of letters") {
				t.Errorf("%s: %v", reference, err)
			}
			continue
		}
		expect(t, two, reference, want)
	}

	one := open(t, Config{Address: s.address, TokenFile: file, Mount: "kv1", KVVersion: 1})
	expect(t, one, "vault:db#password", "old-style")
	expect(t, one, "vault:db#data", "not nested")
	expect(t, one, "vault:none#password", "error: no such secret")
	expect(t, one, "vault:db?version=1#password", "error: have no versions")

	// The wrong version of the mount gives no secret rather than another one.
	expect(t, open(t, Config{Address: s.address, TokenFile: file, Mount: "kv1"}), "vault:db#password", "error: status 403")
	expect(t, open(t, Config{Address: s.address, TokenFile: file, KVVersion: 1}), "vault:db#password", "error: status 403")
}

// TestTokenFile: the token is whose file it is; what the environment says of
// Vault does not count.
func TestTokenFile(t *testing.T) {
	s := start(t)
	t.Setenv("VAULT_TOKEN", s.root)
	t.Setenv("VAULT_ADDR", "http://127.0.0.1:1")
	t.Setenv("VAULT_NAMESPACE", "elsewhere")
	s.write(t, "secret/data/shop/db", revision("password", canary))
	file := tokenFile(t, "", "canary-6e2-a-wrong-token")
	source := open(t, Config{Address: s.address, TokenFile: file})
	expect(t, source, "vault:db#password", "error: status 403")
	short := s.token(t, "1s")
	tokenFile(t, file, short)
	// It ends by itself; when, is Vault's to say.
	for {
		s.client.SetToken(short)
		if _, err := s.client.Auth().Token().LookupSelfWithContext(t.Context()); err != nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.client.SetToken(s.root)
	expect(t, source, "vault:db#password", "error: status 403")
	tokenFile(t, file, s.token(t, "1h"))
	expect(t, source, "vault:db#password", canary)
	tokenFile(t, file, "")
	expect(t, source, "vault:db#password", "error: holds no token")
	tokenFile(t, file, "two\nlines")
	expect(t, source, "vault:db#password", "error: holds no token")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	expect(t, source, "vault:db#password", "error: cannot be read: no such file")
}

func TestSealed(t *testing.T) {
	s := start(t)
	s.write(t, "secret/data/shop/db", revision("password", canary))
	source := open(t, Config{Address: s.address, TokenFile: tokenFile(t, "", s.token(t, "1h"))})
	expect(t, source, "vault:db#password", canary)
	if err := s.client.Sys().Seal(); err != nil {
		t.Fatal(err)
	}
	expect(t, source, "vault:db#password", "error: cannot answer now (status 503)")
}

// TestTLS puts a TLS front before Vault, as a load balancer is.
func TestTLS(t *testing.T) {
	s := start(t)
	s.write(t, "secret/data/shop/db", revision("password", canary))
	target, err := url.Parse(s.address)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = transport
	front := httptest.NewTLSServer(proxy)
	defer transport.CloseIdleConnections()
	defer front.Close()
	authority := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})
	if err := os.WriteFile(authority, block, 0o600); err != nil {
		t.Fatal(err)
	}
	file := tokenFile(t, "", s.token(t, "1h"))
	expect(t, open(t, Config{Address: front.URL, TokenFile: file, CAFile: authority}), "vault:db#password", canary)
	t.Setenv("VAULT_SKIP_VERIFY", "true")
	expect(t, open(t, Config{Address: front.URL, TokenFile: file}), "vault:db#password", "error: certificate is not trusted")
}

// cluster is what Vault asks of Kubernetes: whose a service account's token is.
type cluster struct {
	*httptest.Server
	reviews atomic.Int64
	account string // the token
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{}
	c.account, err = jwt.Signed(signer).Claims(map[string]any{
		"iss": "https://kubernetes.default.svc", "sub": "system:serviceaccount:agents:sqlpreview", "exp": time.Now().Add(time.Hour).Unix(),
		"iat": time.Now().Add(-time.Hour).Unix(), "nbf": time.Now().Add(-time.Hour).Unix(),
		"kubernetes.io": map[string]any{"namespace": "agents", "serviceaccount": map[string]any{"name": "sqlpreview", "uid": "u-1"}},
	}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/apis/authentication.k8s.io/v1/tokenreviews" {
			t.Errorf("Vault asked for %s: %v", r.URL, err)
		}
		c.reviews.Add(1)
		known := strings.Contains(string(body), c.account)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","status":{"authenticated":%v,
			"user":{"username":"system:serviceaccount:agents:sqlpreview","uid":"u-1","groups":["system:serviceaccounts"]}}}`, known)
	}))
	t.Cleanup(c.Close)
	return c
}

// TestKubernetesLogin moves the clock by hand.
func TestKubernetesLogin(t *testing.T) {
	s, c := start(t), newCluster(t)
	s.write(t, "secret/data/shop/db", revision("password", canary))
	s.token(t, "1h") // for the policy
	s.write(t, "sys/auth/kubernetes", map[string]any{"type": "kubernetes"})
	s.write(t, "auth/kubernetes/config", map[string]any{
		"kubernetes_host": c.URL, "token_reviewer_jwt": c.account, "disable_local_ca_jwt": true, "disable_iss_validation": true,
	})
	s.write(t, "auth/kubernetes/role/sqlpreview", map[string]any{
		"bound_service_account_names": "sqlpreview", "bound_service_account_namespaces": "agents", "token_policies": "shop", "token_ttl": "30m",
	})
	account := tokenFile(t, "", c.account)
	store, err := newStore(Config{Address: s.address, Kubernetes: Kubernetes{Role: "sqlpreview", TokenFile: account}, Prefix: "shop/"})
	if err != nil {
		t.Fatal(err)
	}
	defer store.http.CloseIdleConnections()
	now := time.Now()
	store.now = func() time.Time { return now }
	source := secretmanager.New(store, secretmanager.Options{Scheme: Scheme, Prefix: "shop/", MaxAge: -1, Timeout: time.Minute}, nil)
	fetch := func(want string, reviews int64) {
		t.Helper()
		expect(t, source, "vault:db#password", want)
		if got := c.reviews.Load(); got != reviews {
			t.Errorf("%d logins, want %d", got, reviews)
		}
	}
	fetch(canary, 1)
	now = now.Add(20*time.Minute - time.Second)
	fetch(canary, 1)
	now = now.Add(time.Second) // two thirds of its life
	fetch(canary, 2)

	// A token that Vault no longer knows is got anew at once, but for one that is new.
	revoke := func() {
		t.Helper()
		if err := s.client.Auth().Token().RevokeTreeWithContext(context.Background(), store.known.text); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(loginAge)
	revoke()
	fetch(canary, 3)
	revoke()
	fetch("error: status 403", 3)
	now = now.Add(loginAge)
	fetch(canary, 4)

	// A secret that the role may not read costs one login in this time.
	now = now.Add(loginAge)
	s.write(t, "sys/policies/acl/shop", map[string]any{"policy": `path "secret/data/else/*" { capabilities = ["read"] }`})
	fetch("error: status 403", 5)
	fetch("error: status 403", 5)

	now = now.Add(time.Hour)
	tokenFile(t, account, "canary-6e2.not.known")
	fetch("error: the login by the service account", 5)
	store.config.Kubernetes.Role = "another"
	tokenFile(t, account, c.account)
	fetch("error: the login by the service account", 5)
}
