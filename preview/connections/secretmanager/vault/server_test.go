package vault

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"
	"go.uber.org/goleak"
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

// server is a Vault in its development mode.
type server struct {
	address, root string
	client        *api.Client
}

// start starts a real Vault, or OpenBao: the program that OP_PREVIEW_TEST_VAULT
// names, or vault or bao of the PATH. .ci/tools/vault builds one. Where there is
// none the test is skipped: what does not need one is in hostile_test.go.
func start(t *testing.T) *server {
	t.Helper()
	program := os.Getenv("OP_PREVIEW_TEST_VAULT")
	for _, name := range []string{"vault", "bao"} {
		if found, err := exec.LookPath(name); err == nil && program == "" {
			program = found
		}
	}
	if program == "" {
		t.Skip("there is no Vault: set OP_PREVIEW_TEST_VAULT to the program, or put vault or bao on the PATH")
	}
	// The port may be taken by the time that Vault listens: then the next is tried.
	for range 5 {
		if s := tryStart(t, program); s != nil {
			return s
		}
	}
	t.Fatal("Vault does not start")
	return nil
}

func tryStart(t *testing.T, program string) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	s := &server{address: "http://" + address, root: rand.Text()}
	command := exec.Command(program, "server", "-dev", "-dev-root-token-id="+s.root, "-dev-listen-address="+address)
	command.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
	})
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	s.client, err = api.NewClient(&api.Config{Address: s.address, HttpClient: &http.Client{Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	s.client.SetToken(s.root)
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case <-ended:
			return nil
		default:
		}
		// Only our own server knows our token.
		if mounts, err := s.client.Sys().ListMounts(); err == nil && mounts["secret/"] != nil {
			return s
		}
	}
	t.Fatal("Vault does not answer")
	return nil
}

// write writes through Vault's own interface.
func (s *server) write(t *testing.T, path string, data map[string]any) *api.Secret {
	t.Helper()
	answer, err := s.client.Logical().WriteWithContext(t.Context(), path, data)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return answer
}

// token makes a token with the right to read what lies below secret/shop/ and
// kv1/shop/.
func (s *server) token(t *testing.T, life string) string {
	t.Helper()
	s.write(t, "sys/policies/acl/shop", map[string]any{"policy": `
		path "auth/token/lookup-self" { capabilities = ["read"] }
		path "secret/data/shop/*" { capabilities = ["read"] }
		path "kv1/shop/*" { capabilities = ["read"] }`})
	answer := s.write(t, "auth/token/create", map[string]any{"policies": []string{"shop"}, "no_default_policy": true, "ttl": life})
	return answer.Auth.ClientToken
}

// tokenFile writes a token as Vault's agent does.
func tokenFile(t *testing.T, name, token string) string {
	t.Helper()
	if name == "" {
		name = filepath.Join(t.TempDir(), "token")
	}
	if err := os.WriteFile(name, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// revision makes a secret of version 2 of the key-value store.
func revision(pairs ...any) map[string]any {
	data := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		data[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return map[string]any{"data": data}
}
