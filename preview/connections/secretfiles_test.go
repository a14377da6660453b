package connections_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/connections"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// TestSecretFiles has the agent's table hold references, and a secret manager put
// the secrets into files: a real database is reached with them, and with the new
// one after a rotation.
func TestSecretFiles(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	put(t, filepath.Join(outside, "secret"), "stolen")
	for _, err := range []error{
		os.Mkdir(filepath.Join(dir, "shop"), 0o700),
		os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "escape")),
		syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	database := pgtest.Start(t, pgtest.Options{TCP: true})
	host, port, _ := database.TCP()
	execute(t, database.DSN(), `create role shop login password 'first-canary'`)
	put(t, filepath.Join(dir, "shop", "password"), "first-canary\n")

	source, err := connections.SecretFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	payload := fmt.Sprintf(`{"host":%q,"port":%d,"database":"postgres","user":"shop","password":{"secret":"file:shop/password"},"sslmode":"disable"}`, host, port)
	dsn := pgtest.Shared(t).Database(t, schemas["text and jsonb"]+`insert into "Connection" values ('shop', 'postgres', '`+payload+`', '`+mine+`', 'Shop')`)
	agent := openAgent(t, connections.AgentConfig{DSN: preview.NewSecret(dsn), WorkspaceID: mine, CacheTime: -1, Policy: connections.Policy{
		Secrets: map[string]connections.SecretSource{connections.FileScheme: source},
	}})
	login := func() error {
		connection, err := agent.Resolve(context.Background(), "shop")
		if err != nil {
			return err
		}
		conn, err := pgx.Connect(context.Background(), connection.DSN.Reveal())
		if err != nil {
			return err
		}
		return conn.Close(context.Background())
	}
	if err := login(); err != nil {
		t.Fatal(err)
	}
	execute(t, database.DSN(), `alter role shop password 'second-canary'`)
	if err := login(); err == nil {
		t.Error("the old password is still good")
	}
	put(t, filepath.Join(dir, "shop", "password"), "second-canary")
	if err := login(); err != nil {
		t.Errorf("after the rotation: %v", err)
	}

	for _, reference := range []string{
		"file:", "file:none", "file:shop", "file:pipe", "file:escape", "file:../" + filepath.Base(outside) + "/secret",
		"file:/etc/passwd", "file:///etc/passwd", "file:shop/../../" + filepath.Base(outside) + "/secret", "other:shop/password",
	} {
		secret, err := source.Fetch(context.Background(), reference)
		if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %q %v", reference, secret.Reveal(), err)
		}
	}
	if _, err := connections.SecretFiles(filepath.Join(dir, "none")); err == nil || strings.Contains(err.Error(), dir) {
		t.Errorf("a folder that is not there: %v", err)
	}
}
