package vault

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHostileServer has what answers in Vault's place fail in every way; its texts
// are the canary's. It needs no Vault.
func TestHostileServer(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the redirect was followed, with the token %q", r.Header.Get("X-Vault-Token"))
	}))
	defer elsewhere.Close()
	for _, c := range []struct {
		name, want string
		answer     func(http.ResponseWriter)
	}{
		{"denied", "status 403", func(w http.ResponseWriter) { fail(w, 403) }},
		{"a wrong request", "refuses the request (status 400)", func(w http.ResponseWriter) { fail(w, 400) }},
		{"throttled", "asked too often", func(w http.ResponseWriter) { fail(w, 429) }},
		{"broken", "cannot answer now (status 500)", func(w http.ResponseWriter) { fail(w, 500) }},
		{"no JSON", "cannot be used", func(w http.ResponseWriter) { fmt.Fprint(w, canary) }},
		{"nothing", "no such secret", func(http.ResponseWriter) {}},
		{"another shape", "cannot be used", func(w http.ResponseWriter) { fmt.Fprintf(w, `{"data":{"data":%q}}`, canary) }},
		{"a redirect", "leads elsewhere", func(w http.ResponseWriter) {
			w.Header().Set("Location", elsewhere.URL+"/"+canary)
			w.WriteHeader(http.StatusTemporaryRedirect)
		}},
		{"too long a secret", "longer than 64 KiB", func(w http.ResponseWriter) {
			fmt.Fprintf(w, `{"data":{"data":{"password":%q},"metadata":{"version":1,"created_time":"2026-01-01T00:00:00Z","deletion_time":"","destroyed":false}}}`, strings.Repeat("x", 64<<10))
		}},
		{"too long an answer", "longer than 512 KiB", func(w http.ResponseWriter) {
			fmt.Fprintf(w, `{"data":{"data":{"password":%q}}}`, strings.Repeat("x", 600<<10))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/v1/secret/data/shop/db" || r.Header.Get("X-Vault-Token") != "a-token" || r.Header.Get("X-Vault-Namespace") != "team" ||
					r.Header.Get("X-Vault-Request") != "true" {
					t.Errorf("asked for %s with %v", r.URL, r.Header)
				}
				c.answer(w)
			}))
			defer server.Close()
			source := open(t, Config{Address: server.URL, Namespace: "team", TokenFile: tokenFile(t, "", "a-token")})
			expect(t, source, "vault:db#password", "error: "+strings.ReplaceAll(c.want, "/", ""))
		})
	}
}

func fail(w http.ResponseWriter, status int) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": []string{"1 error occurred: " + canary}})
}

func TestNewFindsFaults(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(empty, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	good := Config{Address: "https://vault.example:8200", TokenFile: "/token", Prefix: "shop/"}
	if store, err := newStore(good); err != nil || store.config.Mount != DefaultMount || store.config.KVVersion != DefaultKVVersion {
		t.Fatalf("a good configuration: %v", err)
	}
	for name, change := range map[string]func(*Config){
		"no address":        func(c *Config) { c.Address = "" },
		"a plain address":   func(c *Config) { c.Address = "http://vault.example:8200" },
		"an odd address":    func(c *Config) { c.Address = "unix:///run/vault" },
		"a path":            func(c *Config) { c.Address += "/v1" },
		"a user":            func(c *Config) { c.Address = "https://u:" + canary + "@vault.example" },
		"no login":          func(c *Config) { c.TokenFile = "" },
		"two logins":        func(c *Config) { c.Kubernetes.Role = "role" },
		"a third version":   func(c *Config) { c.KVVersion = 3 },
		"no prefix":         func(c *Config) { c.Prefix = "" },
		"an open prefix":    func(c *Config) { c.Prefix = "shop" },
		"a climbing prefix": func(c *Config) { c.Prefix = "../sys/" },
		"an odd mount":      func(c *Config) { c.Mount = "/secret/" },
		"a climbing mount":  func(c *Config) { c.Mount = "secret/.." },
		"no authorities":    func(c *Config) { c.CAFile = empty + "none" },
		"empty authorities": func(c *Config) { c.CAFile = empty },
	} {
		config := good
		change(&config)
		if _, err := New(config); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
