package gcpsecrets_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"go.uber.org/goleak"

	"github.com/op-data/sqlpreview/preview/connections/secretmanager"
	"github.com/op-data/sqlpreview/preview/connections/secretmanager/gcpsecrets"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			code = 1
		}
	}
	os.Exit(code)
}

const (
	canary  = "canary-b07"
	account = "canary-b07@project.iam.gserviceaccount.com"
)

// service answers as the documents of Google's token endpoint and of Secret
// Manager's REST interface say; a token is given only for an assertion that the
// account's key signed. It stands for the services, which are not to be had here:
// what it proves is what Google's library sends and how its answers are read.
type service struct {
	*httptest.Server
	t   *testing.T
	key *rsa.PrivateKey

	mu       sync.Mutex
	secrets  map[string]string // by the path of the version
	tokens   int               // how many were given; only the newest is good
	override func(http.ResponseWriter) bool
	asked    []string
}

func newService(t *testing.T) *service {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, key: key, secrets: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("GET /v1/", s.access)
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked for %s %s", r.Method, r.URL) })
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", s.credentials())
	// What would have the libraries write requests and tokens to standard error.
	t.Setenv("GOOGLE_SDK_GO_LOGGING_LEVEL", "debug")
	return s
}

// credentials writes the key of a service account.
func (s *service) credentials() string {
	s.t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		s.t.Fatal(err)
	}
	content, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "project", "private_key_id": "1", "client_email": account, "client_id": "1",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": s.URL + "/token",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	file := filepath.Join(s.t.TempDir(), "credentials.json")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return file
}

func (s *service) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	assertion, err := jwt.ParseSigned(r.FormValue("assertion"), []jose.SignatureAlgorithm{jose.RS256})
	var claims jwt.Claims
	if err == nil {
		err = assertion.Claims(&s.key.PublicKey, &claims)
	}
	if err != nil || claims.Issuer != account || r.FormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"error":"invalid_grant","error_description":"%s"}`, canary)
		return
	}
	s.tokens++
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":3600}`, s.good())
}

func (s *service) good() string { return fmt.Sprintf("%s-token-%d", canary, s.tokens) }

func (s *service) access(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.URL.Path)
	if s.override != nil && s.override(w) {
		return
	}
	path, isAccess := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/v1/"), ":access")
	if !isAccess {
		s.t.Errorf("asked for %s", r.URL)
	}
	text, ok := s.secrets[path]
	switch {
	case r.Header.Get("Authorization") != "Bearer "+s.good():
		s.fail(w, http.StatusUnauthorized)
	case !ok:
		s.fail(w, http.StatusNotFound)
	default:
		answer(w, path, text, int64(crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli))))
	}
}

func answer(w http.ResponseWriter, path, text string, sum int64) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	fmt.Fprintf(w, `{"name":%q,"payload":{"data":%q,"dataCrc32c":"%d"}}`, path, base64.StdEncoding.EncodeToString([]byte(text)), sum)
}

func (s *service) fail(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"code":%d,"message":"%s on projects/project/secrets/shop-db","status":"FAILED"}}`, status, canary)
}

func (s *service) set(override func(http.ResponseWriter) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.override = override
}

func open(t *testing.T, config gcpsecrets.Config) *secretmanager.Source {
	t.Helper()
	config.Timeout = time.Minute // a busy machine is no fault
	source, err := gcpsecrets.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	return source
}

func TestSecrets(t *testing.T) {
	s := newService(t)
	s.secrets = map[string]string{
		"projects/project/secrets/shop-db/versions/latest":                        `{"password":"` + canary + `","port":5432}`,
		"projects/project/secrets/shop-db/versions/7":                             `{"password":"seventh"}`,
		"projects/project/secrets/shop-db/versions/good":                          `{"password":"alias"}`,
		"projects/project/secrets/shop-plain/versions/latest":                     "text\n",
		"projects/project/secrets/shop-binary/versions/latest":                    "\xff" + canary,
		"projects/project/locations/europe-west3/secrets/shop-db/versions/latest": "regional",
		"projects/project/secrets/other/versions/latest":                          canary,
	}
	source := open(t, gcpsecrets.Config{Project: "project", Prefix: "shop-", Endpoint: s.URL, MaxAge: -1})
	for _, c := range []struct{ reference, want, fault string }{
		{reference: "gcp:db#password", want: canary},
		{reference: "gcp:db#port", want: "5432"},
		{reference: "gcp:db?version=7#password", want: "seventh"},
		{reference: "gcp:db?version=good#password", want: "alias"},
		{reference: "gcp:plain", want: "text"},
		{reference: "gcp:binary", fault: "no text in UTF-8"},
		{reference: "gcp:none", fault: "no such secret"},
		{reference: "gcp:db?stage=AWSCURRENT", fault: "no stages"},
		{reference: "gcp:db/versions/7", fault: "letters, digits"},
		{reference: "gcp:db?version=7.1", fault: "letters, digits"},
		{reference: "gcp:../other", fault: "name must be"},
	} {
		got, err := source.Fetch(t.Context(), c.reference)
		switch {
		case c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault) || strings.Contains(err.Error(), canary)):
			t.Errorf("%s: %v, want an error with %q", c.reference, err, c.fault)
		case c.fault == "" && (err != nil || got.Reveal() != c.want):
			t.Errorf("%s: got %q and %v", c.reference, got.Reveal(), err)
		}
	}
	regional := open(t, gcpsecrets.Config{Project: "project", Prefix: "shop-", Location: "europe-west3", Endpoint: s.URL})
	if got, err := regional.Fetch(t.Context(), "gcp:db"); err != nil || got.Reveal() != "regional" {
		t.Errorf("a regional secret: %v", err)
	}
	for _, path := range s.asked {
		if !strings.Contains(path, "/secrets/shop-") {
			t.Errorf("asked for %s, which is outside of the prefix", path)
		}
	}
	if s.tokens != 2 {
		t.Errorf("%d logins for two sources", s.tokens)
	}
}

// TestCredentials: a token that is no longer good is got anew, and a file that was
// replaced is read again.
func TestCredentials(t *testing.T) {
	s := newService(t)
	s.secrets["projects/project/secrets/shop-db/versions/latest"] = "text"
	source := open(t, gcpsecrets.Config{Project: "project", Prefix: "shop-", Endpoint: s.URL, MaxAge: -1})
	fetch := func() error {
		_, err := source.Fetch(t.Context(), "gcp:db")
		return err
	}
	if err := fetch(); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.tokens++ // the one that was given is withdrawn
	s.mu.Unlock()
	if err := fetch(); err == nil || !strings.Contains(err.Error(), "status 401") || strings.Contains(err.Error(), canary) {
		t.Errorf("with a withdrawn token: %v", err)
	}
	if err := fetch(); err != nil {
		t.Errorf("after it: %v", err)
	}

	good := s.key
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.key = other
	s.tokens++
	s.mu.Unlock()
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", s.credentials())
	_ = fetch() // refused: the token is withdrawn
	if err := fetch(); err != nil {
		t.Errorf("with the new file: %v", err)
	}
	s.mu.Lock()
	s.key = good
	s.tokens++
	s.mu.Unlock()
	_ = fetch()
	for range 2 {
		if err := fetch(); err == nil || !strings.Contains(err.Error(), "the login by the application default credentials") || strings.Contains(err.Error(), canary) {
			t.Errorf("a login that is refused: %v", err)
		}
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(t.TempDir(), "none"))
	if err := fetch(); err == nil || !strings.Contains(err.Error(), "no application default credentials") || strings.Contains(err.Error(), "/") {
		t.Errorf("without a file: %v", err)
	}
}

func TestFailuresTellNothing(t *testing.T) {
	s := newService(t)
	name := "projects/project/secrets/shop-db/versions/latest"
	s.secrets[name] = canary
	for _, c := range []struct {
		name, want string
		override   func(http.ResponseWriter) bool
	}{
		{"denied", "may not read this secret (status 403)", func(w http.ResponseWriter) bool { s.fail(w, 403); return true }},
		{"disabled", "refuses the request (status 400)", func(w http.ResponseWriter) bool { s.fail(w, 400); return true }},
		{"throttled", "asked too often", func(w http.ResponseWriter) bool { s.fail(w, 429); return true }},
		{"broken", "cannot answer now", func(w http.ResponseWriter) bool {
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, canary)
			return true
		}},
		{"no JSON", "cannot be used", func(w http.ResponseWriter) bool { fmt.Fprint(w, canary); return true }},
		{"no payload", "no payload", func(w http.ResponseWriter) bool { fmt.Fprint(w, `{"name":"x"}`); return true }},
		{"no Base64", "no payload in Base64", func(w http.ResponseWriter) bool {
			fmt.Fprintf(w, `{"payload":{"data":"!%s","dataCrc32c":"1"}}`, canary)
			return true
		}},
		{"damaged", "checksum", func(w http.ResponseWriter) bool { answer(w, name, canary, 1); return true }},
		{"a redirect", "leads elsewhere", func(w http.ResponseWriter) bool {
			w.Header().Set("Location", "http://192.0.2.1/"+canary)
			w.WriteHeader(http.StatusFound)
			return true
		}},
		{"too long a secret", "longer than 64 KiB", func(w http.ResponseWriter) bool {
			text := strings.Repeat("x", 64<<10+1)
			answer(w, name, text, int64(crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli))))
			return true
		}},
		{"too long an answer", "longer than 512 KiB", func(w http.ResponseWriter) bool { answer(w, name, strings.Repeat("x", 600<<10), 1); return true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.set(c.override)
			_, err := open(t, gcpsecrets.Config{Project: "project", Prefix: "shop-", Endpoint: s.URL}).Fetch(t.Context(), "gcp:db")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want an error with %q", err, c.want)
			}
			for _, word := range []string{canary, "127.0.0.1", "shop", "project/"} {
				if strings.Contains(err.Error(), word) {
					t.Errorf("the error holds %q: %v", word, err)
				}
			}
		})
	}
}

func TestNewFindsFaults(t *testing.T) {
	good := gcpsecrets.Config{Project: "my-project", Prefix: "shop-"}
	for name, change := range map[string]func(*gcpsecrets.Config){
		"no project":         func(c *gcpsecrets.Config) { c.Project = "" },
		"a project's path":   func(c *gcpsecrets.Config) { c.Project = "a/secrets/b" },
		"a location's path":  func(c *gcpsecrets.Config) { c.Location = "a/b" },
		"a location's host":  func(c *gcpsecrets.Config) { c.Location = "a.example" },
		"no prefix":          func(c *gcpsecrets.Config) { c.Prefix = "" },
		"an open prefix":     func(c *gcpsecrets.Config) { c.Prefix = "shop" },
		"a path as a prefix": func(c *gcpsecrets.Config) { c.Prefix = "a/b-" },
		"a plain endpoint":   func(c *gcpsecrets.Config) { c.Endpoint = "http://secrets.example" },
		"a user in it":       func(c *gcpsecrets.Config) { c.Endpoint = "https://u:p@secrets.example" },
	} {
		config := good
		change(&config)
		if _, err := gcpsecrets.New(config); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	for _, project := range []string{"my-project", "123456789012", "example.com:my-project"} {
		if _, err := gcpsecrets.New(gcpsecrets.Config{Project: project, Prefix: "shop_"}); err != nil {
			t.Errorf("%s: %v", project, err)
		}
	}
}
