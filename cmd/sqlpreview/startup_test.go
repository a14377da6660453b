package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/cmd/internal/service"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// TestServeWarnsAtTheStart: what an operator should know is in the log before
// anybody calls, and what is in order is not.
func TestServeWarnsAtTheStart(t *testing.T) {
	server := pgtest.Shared(t)
	super := server.Database(t, `create table people (id int, "Odd.Name" text)`)
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		settings     map[string]string
		says, silent []string
	}{
		"a superuser and rules": {
			map[string]string{
				"OP_PREVIEW_DSN":          super,
				"OP_PREVIEW_MASK_COLUMNS": `public.people.id, public.peple.id, *.people."Odd.Name", *.*.nonesuch`,
				"OP_PREVIEW_KEEP_COLUMNS": "other.people.id",
			},
			[]string{
				`"msg":"a connection's role may do more than read; run sqlpreview doctor","connection_id":"default","grade":"F","why":"the role is a superuser`,
				`"setting":"mask_columns","column":"public.peple.id"`, `"column":"*.*.nonesuch"`, `"setting":"keep_columns","column":"other.people.id"`,
			},
			[]string{`"column":"public.people.id"`, "Odd.Name"},
		},
		"a database that is not there": {
			map[string]string{"OP_PREVIEW_DSN": "postgres://someone:hunter2@127.0.0.1:1/there", "OP_PREVIEW_MASK_COLUMNS": "a.b.c"},
			[]string{`"level":"WARN","msg":"a database cannot be reached","connection_id":"default","reason":"DATABASE_UNAVAILABLE","why":"nothing accepts connections`},
			[]string{"hunter2", "someone", "a rule names"},
		},
		"an empty folder":             {map[string]string{"OP_PREVIEW_CONNECTIONS_DIR": empty}, []string{"the folder of connections is empty"}, nil},
		"a file that holds no string": {map[string]string{"OP_PREVIEW_DSN_FILE": write("dsn", "port=hunter2")}, []string{"a connection cannot be used"}, []string{"hunter2"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveForTest(t, c.settings)
			for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
				missing := slices.IndexFunc(c.says, func(line string) bool { return !strings.Contains(s.stderr.String(), line) })
				if missing < 0 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("the log does not say %q:\n%s", c.says[missing], s.stderr.String())
				}
			}
			s.wait(t) // all is said
			for _, line := range c.silent {
				if strings.Contains(s.stderr.String(), line) {
					t.Errorf("the log says %q:\n%s", line, s.stderr.String())
				}
			}
		})
	}
}

func TestCertificatesThatEndAreWarnedOf(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		end  time.Time
		says string
	}{
		"expired": {now.Add(-time.Second), "a certificate has expired"},
		"soon":    {now.Add(certificateWarning - time.Second), "a certificate ends within 14 days"},
		"later":   {now.Add(certificateWarning + time.Second), ""},
	} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.AddDate(-1, 0, 0), NotAfter: c.end}
		raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := x509.ParseCertificate(raw)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "tls.pem")
		if err := os.WriteFile(file, []byte(pemOf(t, certificate, nil)), 0o600); err != nil {
			t.Fatal(err)
		}
		var out lockedBuffer
		(&sidecar{log: slog.New(slog.NewJSONHandler(&out, nil))}).warnOfCertificates(file, now)
		if got := out.String(); (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%s: the log says %q", name, got)
		}
	}
}

func TestIdentifiers(t *testing.T) {
	for text, want := range map[string]string{
		"Public.People.ID": "public|people|id", `"Odd.Name"."a""b".C`: `Odd.Name|a"b|c`, "*.*.x": "*|*|x", "a": "a",
	} {
		if got := strings.Join(identifiers(text), "|"); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// TestServiceManagerIsNotified: systemd learns when the sidecar is ready and when it
// stops, so that a broken configuration fails the start of a unit of Type=notify.
func TestServiceManagerIsNotified(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n")
	listener, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := serveForTest(t, map[string]string{"OP_PREVIEW_DSN": "host=/nowhere user=u dbname=d", service.NotifySocket: path})
	s.wait(t)
	for _, want := range []string{"READY=1", "STOPPING=1"} {
		buffer := make([]byte, 64)
		if err := listener.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := listener.Read(buffer)
		if got := string(buffer[:n]); err != nil || got != want {
			t.Errorf("the service manager was told %q %v, want %q", got, err, want)
		}
	}
}
