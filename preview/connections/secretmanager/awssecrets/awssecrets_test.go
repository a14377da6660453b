package awssecrets_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"go.uber.org/goleak"

	"github.com/op-data/sqlpreview/preview/connections/secretmanager"
	"github.com/op-data/sqlpreview/preview/connections/secretmanager/awssecrets"
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
	canary    = "canary-93c"
	accessKey = "AKIDCANARY93C"
	secretKey = "canary-93c-secret-key"
)

// service answers as the documents of AWS Secrets Manager say, to requests whose
// signature is that of the one key it knows. It stands for the service, which is
// not to be had here: what it proves is what the SDK sends and how its answers are
// read, not that AWS agrees.
type service struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	secrets  map[string]string // by name, or name, "?", and version or stage
	expired  bool              // refuse every key, as after a session's end
	override func(http.ResponseWriter) bool
	asked    []string
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{t: t, secrets: map[string]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	// The SDK's own variables, and nothing of the machine's.
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": s.URL, "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "eu-central-1",
		"AWS_CONFIG_FILE": filepath.Join(t.TempDir(), "none"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(t.TempDir(), "none"),
	} {
		t.Setenv(name, value)
	}
	return s
}

func (s *service) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	if s.override != nil && s.override(w) {
		return
	}
	var request struct{ SecretId, VersionId, VersionStage string } //nolint:revive // the service's own names
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil || r.Method != http.MethodPost || r.URL.Path != "/" ||
		r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
		s.t.Errorf("not a GetSecretValue: %s %s %v %s (%v)", r.Method, r.URL, r.Header, body, err)
	}
	s.asked = append(s.asked, request.SecretId)
	switch {
	case !s.signed(r, body):
		s.fail(w, "InvalidSignatureException")
	case s.expired:
		s.fail(w, "ExpiredTokenException")
	default:
		key := request.SecretId
		if selector := request.VersionId + request.VersionStage; selector != "" {
			key += "?" + selector
		}
		text, ok := s.secrets[key]
		if !ok {
			s.fail(w, "ResourceNotFoundException")
			return
		}
		answer := map[string]any{
			"ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:" + request.SecretId + "-AbCdEf", "Name": request.SecretId,
			"VersionId": "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE", "VersionStages": []string{"AWSCURRENT"}, "CreatedDate": 1.523477145713e9,
		}
		if text == "binary" {
			answer["SecretBinary"] = []byte(canary)
		} else {
			answer["SecretString"] = text
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			s.t.Error(err)
		}
	}
}

// fail answers with an error whose text holds what errors of AWS hold.
func (s *service) fail(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"__type":%q,"Message":"User: arn:aws:sts::123456789012:assumed-role/%s may not"}`, code, canary)
}

var authorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=` + accessKey + `/\d{8}/eu-central-1/secretsmanager/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=[0-9a-f]{64}$`)

// signed signs the request once more and compares.
func (s *service) signed(r *http.Request, body []byte) bool {
	match := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if match == nil || err != nil {
		return false
	}
	again, err := http.NewRequest(r.Method, "http://"+r.Host+r.URL.Path, strings.NewReader(string(body)))
	if err != nil {
		s.t.Error(err)
		return false
	}
	for _, name := range strings.Split(match[1], ";") {
		if name != "host" && name != "content-length" {
			again.Header.Set(name, r.Header.Get(name))
		}
	}
	sum := sha256.Sum256(body)
	key := aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey, SessionToken: r.Header.Get("X-Amz-Security-Token")}
	if err := v4.NewSigner().SignHTTP(s.t.Context(), key, again, hex.EncodeToString(sum[:]), "secretsmanager", "eu-central-1", at); err != nil {
		s.t.Error(err)
	}
	return again.Header.Get("Authorization") == r.Header.Get("Authorization")
}

func open(t *testing.T, config awssecrets.Config) *secretmanager.Source {
	t.Helper()
	config.Timeout = time.Minute // a busy machine is no fault
	source, err := awssecrets.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	return source
}

func TestSecrets(t *testing.T) {
	s := newService(t)
	t.Setenv("AWS_ACCESS_KEY_ID", accessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secretKey)
	s.secrets = map[string]string{
		// What the rotation for RDS keeps.
		"/shop/db":             `{"engine":"postgres","host":"db.example","port":5432,"username":"reader","password":"` + canary + `","dbname":"shop"}`,
		"/shop/db?AWSPREVIOUS": `{"password":"previous"}`,
		"/shop/db?3f2a-00":     `{"password":"by-id"}`,
		"/shop/plain":          "text\n", "/shop/bytes": "binary",
	}
	source := open(t, awssecrets.Config{Prefix: "/shop/", MaxAge: -1})
	for _, c := range []struct{ reference, want, fault string }{
		{reference: "aws:db#password", want: canary},
		{reference: "aws:db#port", want: "5432"},
		{reference: "aws:db?stage=AWSPREVIOUS#password", want: "previous"},
		{reference: "aws:db?version=3f2a-00#password", want: "by-id"},
		{reference: "aws:plain", want: "text"},
		{reference: "aws:bytes", fault: "is of bytes"},
		{reference: "aws:none", fault: "no such secret"},
		{reference: "aws:../other", fault: "name must be"},
		{reference: "aws:arn:aws:secretsmanager:eu-central-1:1:secret:x", fault: "name must be"},
	} {
		got, err := source.Fetch(t.Context(), c.reference)
		switch {
		case c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault) || strings.Contains(err.Error(), canary)):
			t.Errorf("%s: %v, want an error with %q", c.reference, err, c.fault)
		case c.fault == "" && (err != nil || got.Reveal() != c.want):
			t.Errorf("%s: got %q and %v", c.reference, got.Reveal(), err)
		}
	}
	for _, name := range s.asked {
		if !strings.HasPrefix(name, "/shop/") {
			t.Errorf("asked for %s, which is outside of the prefix", name)
		}
	}
}

// TestCredentials finds the sidecar's own credentials where the SDK does, and
// again after they have expired.
func TestCredentials(t *testing.T) {
	t.Run("a shared file that is replaced", func(t *testing.T) {
		s := newService(t)
		s.secrets["shop/db"] = "text"
		file := filepath.Join(t.TempDir(), "credentials")
		write := func(key string) {
			t.Helper()
			content := "[default]\naws_access_key_id = " + accessKey + "\naws_secret_access_key = " + key + "\n"
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
		write("canary-93c-an-old-key")
		source := open(t, awssecrets.Config{Prefix: "shop/", Region: "eu-central-1"})
		if _, err := source.Fetch(t.Context(), "aws:db"); err == nil || !strings.Contains(err.Error(), "login to the manager is refused") || strings.Contains(err.Error(), canary) {
			t.Errorf("an old key: %v", err)
		}
		write(secretKey)
		if got, err := source.Fetch(t.Context(), "aws:db"); err != nil || got.Reveal() != "text" {
			t.Errorf("the new key: %v", err)
		}
	})
	t.Run("a pod's identity", func(t *testing.T) {
		s := newService(t)
		s.secrets["shop/db"] = "text"
		token := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(token, []byte("a-pod-s-token"), 0o600); err != nil {
			t.Fatal(err)
		}
		agent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "a-pod-s-token" {
				t.Errorf("the pod's token is not shown: %v", r.Header)
			}
			fmt.Fprintf(w, `{"AccessKeyId":%q,"SecretAccessKey":%q,"Token":"session","Expiration":%q}`,
				accessKey, secretKey, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
		}))
		defer agent.Close()
		t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.URL+"/v1/credentials")
		t.Setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token)
		if got, err := open(t, awssecrets.Config{Prefix: "shop/"}).Fetch(t.Context(), "aws:db"); err != nil || got.Reveal() != "text" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("none", func(t *testing.T) {
		newService(t)
		if _, err := open(t, awssecrets.Config{Prefix: "shop/"}).Fetch(t.Context(), "aws:db"); err == nil || !strings.Contains(err.Error(), "no credentials") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no region", func(t *testing.T) {
		newService(t)
		t.Setenv("AWS_REGION", "")
		if _, err := open(t, awssecrets.Config{Prefix: "shop/"}).Fetch(t.Context(), "aws:db"); err == nil || !strings.Contains(err.Error(), "no region") {
			t.Errorf("got %v", err)
		}
	})
}

// TestFailuresTellNothing has the service fail in every way; its texts are the
// canary's.
func TestFailuresTellNothing(t *testing.T) {
	s := newService(t)
	t.Setenv("AWS_ACCESS_KEY_ID", accessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secretKey)
	s.secrets["shop/db"] = canary
	for _, c := range []struct {
		name, want string
		override   func(http.ResponseWriter) bool
	}{
		{"denied", "may not read this secret (status 403, AccessDeniedException)", func(w http.ResponseWriter) bool { s.fail(w, "AccessDeniedException"); return true }},
		{"throttled", "asked too often", func(w http.ResponseWriter) bool { s.fail(w, "ThrottlingException"); return true }},
		{"a key that cannot decrypt", "refuses the request (status 400, DecryptionFailure)", func(w http.ResponseWriter) bool { s.fail(w, "DecryptionFailure"); return true }},
		{"an odd code", "refuses the request (status 400)", func(w http.ResponseWriter) bool { s.fail(w, canary+" 1"); return true }},
		{"broken", "cannot answer now (status 500", func(w http.ResponseWriter) bool {
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, canary)
			return true
		}},
		{"no JSON", "cannot be used", func(w http.ResponseWriter) bool { fmt.Fprint(w, canary); return true }},
		{"a redirect", "leads elsewhere", func(w http.ResponseWriter) bool {
			w.Header().Set("Location", "http://192.0.2.1/"+canary)
			w.WriteHeader(http.StatusTemporaryRedirect)
			return true
		}},
		{"another secret", "another secret", func(w http.ResponseWriter) bool {
			fmt.Fprintf(w, `{"Name":"shop/other","SecretString":%q}`, canary)
			return true
		}},
		{"too long a secret", "longer than 64 KiB", func(w http.ResponseWriter) bool {
			fmt.Fprintf(w, `{"Name":"shop/db","SecretString":%q}`, strings.Repeat("x", 64<<10+1))
			return true
		}},
		{"too long an answer", "longer than 512 KiB", func(w http.ResponseWriter) bool {
			fmt.Fprintf(w, `{"Name":"shop/db","SecretString":%q}`, strings.Repeat("x", 600<<10))
			return true
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.mu.Lock()
			s.override = c.override
			s.mu.Unlock()
			_, err := open(t, awssecrets.Config{Prefix: "shop/"}).Fetch(t.Context(), "aws:db")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want an error with %q", err, c.want)
			}
			for _, word := range []string{canary, accessKey, "127.0.0.1", "shop", "arn:"} {
				if strings.Contains(err.Error(), word) {
					t.Errorf("the error holds %q: %v", word, err)
				}
			}
		})
	}
}

func TestNewFindsFaults(t *testing.T) {
	for _, prefix := range []string{"", "/", "shop", "../", "a//", "arn:aws:secretsmanager:x:1:secret:a/"} {
		if _, err := awssecrets.New(awssecrets.Config{Prefix: prefix}); err == nil {
			t.Errorf("the prefix %q was taken", prefix)
		}
	}
}
