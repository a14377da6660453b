package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/client"
	"github.com/op-data/sqlpreview/preview/pgtest"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// TestNoManagerIsLinkedByDefault: their libraries would take the idle sidecar over
// its budget of memory.
func TestNoManagerIsLinkedByDefault(t *testing.T) {
	output, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for line := range strings.Lines(string(output)) {
		for _, library := range []string{"github.com/hashicorp/", "github.com/aws/", "google.golang.org/api/", "cloud.google.com/"} {
			if strings.HasPrefix(line, library) {
				t.Errorf("%s is linked", strings.TrimSpace(line))
			}
		}
	}
}

// secretsManager answers like AWS Secrets Manager with one secret, whose text can
// change. (Its protocol has a test of its own, beside the client.)
type secretsManager struct {
	*httptest.Server
	mu     sync.Mutex
	secret string
	fails  bool
	asked  int
}

func newSecretsManager(t *testing.T) *secretsManager {
	t.Helper()
	m := &secretsManager{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.asked++
		var request struct{ SecretId string } //nolint:revive // the service's own name
		_ = json.NewDecoder(r.Body).Decode(&request)
		if m.fails || request.SecretId != "tenant-7/"+canary+"Name" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"__type":"AccessDeniedException","Message":"%sText"}`, canary)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"Name": request.SecretId, "SecretString": m.secret})
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *secretsManager) set(password string, fails bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secret, m.fails = fmt.Sprintf(`{"username":"reader","password":%q}`, password), fails
}

func (m *secretsManager) questions() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked
}

// TestServeWithManagers builds the binary with every manager and has serve take a
// password from one: through a rotation, and until the manager refuses. Then it
// looks for the secrets in all that came out.
func TestServeWithManagers(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "managers") // a short path, for the sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	binary := filepath.Join(dir, "sqlpreview")
	if output, err := exec.Command("go", "build", "-tags", "with_vault,with_aws,with_gcp", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	database := pgtest.Start(t, pgtest.Options{TCP: true})
	host, port, _ := database.TCP()
	change := func(sql string) {
		t.Helper()
		conn, err := pgconn.Connect(t.Context(), database.DSN())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if _, err := conn.Exec(t.Context(), sql).ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	change(`create role reader login password '` + canary + `First'`)
	manager := newSecretsManager(t)
	manager.set(canary+"First", false)
	reference := func(key string) string { return `{"secret":"aws:` + canary + `Name#` + key + `"}` }
	payload := fmt.Sprintf(`{"host":%q,"port":%d,"database":"postgres","user":%s,"password":%s,"sslmode":"disable"}`, host, port, reference("username"), reference("password"))
	other := strings.ReplaceAll(payload, canary+"Name", canary+"Another")
	for name, content := range map[string]string{"shop": payload, "other": other, "token": canary + "Token"} {
		path := filepath.Join(dir, "connections", name)
		if name == "token" {
			path = filepath.Join(dir, name)
		}
		_ = os.Mkdir(filepath.Dir(path), 0o700)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stderr lockedBuffer
	serve := exec.Command(binary, "serve")
	serve.Stderr = &stderr
	serve.Env = []string{
		"HOME=" + dir, "AWS_ENDPOINT_URL=" + manager.URL, "AWS_ACCESS_KEY_ID=" + canary, "AWS_SECRET_ACCESS_KEY=" + canary + "Key",
		"OP_PREVIEW_LISTEN=unix:" + dir + "/s", "OP_PREVIEW_ADMIN_LISTEN=unix:" + dir + "/admin", "OP_PREVIEW_EGRESS_DIR=" + dir + "/egress",
		"OP_PREVIEW_CONNECTIONS_DIR=" + filepath.Join(dir, "connections"), "OP_PREVIEW_SECRETS_MAX_AGE=1h",
		"OP_PREVIEW_AWS_PREFIX=tenant-7/", "OP_PREVIEW_AWS_REGION=eu-central-1",
		"OP_PREVIEW_VAULT_ADDRESS=http://127.0.0.1:1", "OP_PREVIEW_VAULT_TOKEN_FILE=" + dir + "/token", "OP_PREVIEW_VAULT_PREFIX=tenant-7/",
		"OP_PREVIEW_GCP_PROJECT=project", "OP_PREVIEW_GCP_PREFIX=tenant-7-",
	}
	var printed bytes.Buffer
	show := exec.Command(binary, "serve", "--print-config")
	show.Env, show.Stdout = serve.Env, &printed
	if err := show.Run(); err != nil || !strings.Contains(printed.String(), `"secrets_max_age": "1h0m0s"`) {
		t.Errorf("%v: %s", err, printed.String())
	}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		_ = serve.Process.Signal(syscall.SIGTERM)
		if err := serve.Wait(); err != nil {
			t.Errorf("%v: %s", err, stderr.String())
		}
	}
	t.Cleanup(stop)
	waitFor(t, dir+"/admin")
	ask := caller(t, "unix:"+dir+"/s", "")
	var answers strings.Builder
	outcome := func(id string) string {
		_, err := ask.PreviewQuery(t.Context(), &previewv1.PreviewQueryRequest{ConnectionId: id, Sql: "select 1"})
		fmt.Fprintln(&answers, err)
		return string(client.ReasonOf(err))
	}

	// until asks again, since a busy machine may not answer in time.
	until := func(what string, done func() bool) {
		t.Helper()
		for deadline := time.Now().Add(2 * time.Minute); !done(); time.Sleep(100 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %s%s", what, answers.String(), stderr.String())
			}
		}
	}
	until("no preview", func() bool { return outcome("shop") == "" })
	asked := manager.questions()
	for range 3 {
		_ = outcome("shop")
	}
	if again := manager.questions(); again != asked {
		t.Errorf("a remembered secret was asked for %d times", again-asked)
	}
	const denied = `"connection_id":"other","why":"the secret manager of the scheme \"aws\" did not give the secret: the sidecar's own login`
	until("no word of what is wrong with the other connection", func() bool {
		if got := outcome("other"); got != "DATABASE_UNAVAILABLE" {
			t.Errorf("a secret that the manager refuses: %s", got)
		}
		return strings.Contains(stderr.String(), denied)
	})

	// A rotation. Sessions that are open stay so; without them the old password
	// is refused, and the secret, remembered for an hour, is asked for again as
	// soon as it is five seconds old.
	change(`alter role reader password '` + canary + `Second'`)
	manager.set(canary+"Second", false)
	change(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'reader'`)
	until("no preview after the rotation", func() bool { return outcome("shop") == "" })

	metrics, ready := get(t, dir+"/admin", "/metrics"), get(t, dir+"/admin", "/readyz")
	stop()
	record, err := os.ReadFile(filepath.Join(dir, "egress", "egress-00000000000000000001.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for stream, text := range map[string]string{
		"log": stderr.String(), "egress record": string(record), "answers": answers.String(), "printed configuration": printed.String(),
		"metrics": metrics, "readiness": ready,
	} {
		for _, secret := range []string{canary, manager.URL} {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("the %s holds %s: %q", stream, secret, text[max(0, i-100):min(len(text), i+60)])
			}
		}
	}
}
