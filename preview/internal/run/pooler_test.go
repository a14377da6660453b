package run_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/pgtest"
)

// poolerProgram is a connection pooler that the tests start before a server. In files
// and arguments, DIR stands for its folder and SERVER for the server's socket directory.
type poolerProgram struct {
	name, install string // how to install it
	files         map[string]string
	arguments     []string
	port          int
	stop          os.Signal
}

// startPooler starts a pooler and returns the connection string of a database through
// it. Without the program the test is skipped, or fails in CI.
func startPooler(t *testing.T, server *pgtest.Server, database string, p poolerProgram) string {
	t.Helper()
	binary, err := exec.LookPath(p.name)
	if err != nil { // Debian has it in a folder that not every PATH names
		binary, err = exec.LookPath("/usr/sbin/" + p.name)
	}
	if err != nil {
		message := p.name + " is not installed (" + p.install + ")"
		if os.Getenv("CI") == "true" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	dir, err := os.MkdirTemp("/tmp", p.name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) }) // a test's
	fill := strings.NewReplacer("DIR", dir, "SERVER", server.SocketDir())
	for name, content := range p.files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(fill.Replace(content)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close() // the process has its own
	var arguments []string
	for _, argument := range p.arguments {
		arguments = append(arguments, fill.Replace(argument))
	}
	cmd := exec.Command(binary, arguments...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = ownedBy(t, server, dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(p.stop) // a test's
		cmd.Wait()                 // a test's
	})
	dsn := fmt.Sprintf("host=%s port=%d user=postgres dbname=%s sslmode=disable", dir, p.port, database)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := pgconn.Connect(t.Context(), dsn)
		if err == nil {
			conn.Close(t.Context()) // a test's
			return dsn
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("%s does not answer: %v: %s", p.name, err, text)
		}
	}
}

// ownedBy gives a folder to the server's user, who alone may use the server's socket,
// and returns what makes a process that user's. Poolers do not run as root.
func ownedBy(t *testing.T, server *pgtest.Server, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}
	}
	info, err := os.Stat(server.SocketDir())
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, int(owner.Uid), int(owner.Gid))
	})
	if err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
}
