package doctor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/doctor"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// elsewhere makes a connection look as if it went to another machine.
type elsewhere struct{ net.Conn }

func (elsewhere) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5432} }

func examineFromElsewhere(t *testing.T, dsn string) *doctor.Report {
	t.Helper()
	dialed := false
	report, err := doctor.Examine(context.Background(), preview.Connection{
		DSN: preview.NewSecret(dsn),
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			dialed = true
			var d net.Dialer
			conn, err := d.DialContext(ctx, network, address)
			return elsewhere{conn}, err
		},
	}, doctor.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !dialed {
		t.Fatal("the connection's own way to dial was not used")
	}
	return report
}

func TestWayToTheServer(t *testing.T) {
	dir := sharedDir(t)
	certFile, keyFile := serverCertificate(t, dir)
	server := pgtest.Start(t, pgtest.Options{TCP: true, Settings: map[string]string{
		"ssl": "on", "ssl_cert_file": certFile, "ssl_key_file": keyFile,
	}})
	host, port, password := server.TCP()
	for _, c := range []struct {
		mode, finding string
		encrypted     bool
	}{
		{"disable", "no-encryption", false},
		{"require", "server-not-verified", true},
		{"verify-full sslrootcert=" + certFile, "", true},
	} {
		dsn := fmt.Sprintf("host=%s port=%d user=postgres password=%s dbname=postgres sslmode=%s", host, port, password, c.mode)
		report := examineFromElsewhere(t, dsn)
		for _, check := range []string{"no-encryption", "server-not-verified"} {
			if (find(report, check) != nil) != (check == c.finding) {
				t.Errorf("%s: %s", c.mode, ids(report))
			}
		}
		if report.Server.Local || report.Server.Encrypted != c.encrypted {
			t.Errorf("%s: %+v", c.mode, report.Server)
		}
		// The same way to this machine itself is no matter.
		if report := examine(t, dsn); !report.Server.Local || find(report, "no-encryption") != nil {
			t.Errorf("%s, on this machine: %s", c.mode, ids(report))
		}
	}
}

// account is who servers run as when the tests run as root.
func account(t *testing.T) (uid, gid int) {
	t.Helper()
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ = strconv.Atoi(u.Uid)
			gid, _ = strconv.Atoi(u.Gid)
			return uid, gid
		}
	}
	t.Fatal("there is neither a user postgres nor nobody")
	return 0, 0
}

// sharedDir is a folder that another account can look into.
func sharedDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "doctor")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func serverCertificate(t *testing.T, dir string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if os.Getuid() == 0 {
			uid, gid := account(t)
			if err := os.Chown(name, uid, gid); err != nil {
				t.Fatal(err)
			}
		}
	}
	return certFile, keyFile
}

// TestPooler goes through a real PgBouncer.
func TestPooler(t *testing.T) {
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer"
	}
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("PgBouncer is not installed")
		}
		t.Skip("PgBouncer is not installed")
	}
	server := pgtest.Start(t, pgtest.Options{TCP: true})
	host, port, password := server.TCP()
	dir := sharedDir(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ours := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	config := filepath.Join(dir, "pgbouncer.ini")
	for name, content := range map[string]string{
		config: fmt.Sprintf("[databases]\npostgres = host=%s port=%d user=postgres password=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\n"+
			"unix_socket_dir =\nauth_type = trust\nauth_file = %s/users.txt\npool_mode = transaction\n", host, port, password, ours, dir),
		filepath.Join(dir, "users.txt"): "\"postgres\" \"\"\n",
	} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "-q", config)
	if os.Getuid() == 0 {
		uid, gid := account(t)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	address := fmt.Sprintf("127.0.0.1:%d", ours)
	for range 3000 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	report := examine(t, fmt.Sprintf("host=127.0.0.1 port=%d user=postgres dbname=postgres sslmode=disable", ours))
	if !report.Server.Pooled || find(report, "pooler") == nil {
		t.Errorf("the pooler was not seen: %+v", report.Server)
	}
	if direct := examine(t, server.DSN()); direct.Server.Pooled {
		t.Error("a pooler was seen where there is none")
	}
}
