package temporaltest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/worker/temporaltest"
)

// TestWithoutTheServerItSaysWhatToDo: the error names the command that builds the
// program, and a test is skipped only where nobody asked for the server.
func TestWithoutTheServerItSaysWhatToDo(t *testing.T) {
	t.Setenv(temporaltest.Variable, "")
	missing := filepath.Join(t.TempDir(), "temporal")
	for _, program := range []string{"", missing} {
		_, err := temporaltest.New(t.Context(), temporaltest.Options{Program: program})
		if !errors.Is(err, temporaltest.ErrNotBuilt) || !strings.Contains(err.Error(), "make te") {
			t.Errorf("%q: %v", program, err)
		}
	}
	var asked recorder
	asked.run(func() { temporaltest.Require(&asked) })
	if asked.skipped == "" || asked.failed != "" {
		t.Errorf("without the variable: skipped %q, failed %q", asked.skipped, asked.failed)
	}
	t.Setenv(temporaltest.Variable, missing)
	asked = recorder{}
	asked.run(func() { temporaltest.Require(&asked) })
	if asked.failed == "" || asked.skipped != "" {
		t.Errorf("with a program that is not there: skipped %q, failed %q", asked.skipped, asked.failed)
	}
}

// TestAServerThatEndsIsReported: what it wrote on standard error is in the error.
func TestAServerThatEndsIsReported(t *testing.T) {
	program := script(t, `echo "no such table" >&2; exit 1`)
	_, err := temporaltest.New(t.Context(), temporaltest.Options{Program: program})
	if err == nil || !strings.Contains(err.Error(), "no such table") {
		t.Errorf("%v", err)
	}
}

// TestAStartCanBeGivenUp: a server that says nothing is killed when ctx ends.
func TestAStartCanBeGivenUp(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	program := script(t, `echo $$ >`+pid+`.tmp; mv `+pid+`.tmp `+pid+`; exec sleep 600`)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for read(pid) == "" && ctx.Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
	}()
	if _, err := temporaltest.New(ctx, temporaltest.Options{Program: program}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	number, err := strconv.Atoi(strings.TrimSpace(read(pid)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(number, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process is still there: %v", err)
	}
}

// TestServer starts the real one, and again on the same port.
func TestServer(t *testing.T) {
	server := temporaltest.Start(t, temporaltest.Options{Namespace: "shop", File: filepath.Join(t.TempDir(), "state.db")})
	address := server.Address()
	for _, end := range []func() error{server.Stop, server.Kill} {
		dial(t, address)
		if err := server.Restart(t.Context()); err == nil {
			t.Error("it starts a second time")
		}
		if err := end(); err != nil {
			t.Error(err)
		}
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			t.Error("it listens after its end")
		}
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if server.Address() != address {
			t.Errorf("it listens on %s, not on %s", server.Address(), address)
		}
	}
	dial(t, address)
}

// TestServerEndsWithItsParent: a test binary that is killed leaves no server.
func TestServerEndsWithItsParent(t *testing.T) {
	if os.Getenv("TEMPORALTEST_PARENT") == "1" {
		server := temporaltest.Start(t, temporaltest.Options{})
		fmt.Println("server", server.PID())
		select {} // until it is killed
	}
	temporaltest.Require(t)
	parent := exec.Command(os.Args[0], "-test.run=^TestServerEndsWithItsParent$")
	parent.Env = append(os.Environ(), "TEMPORALTEST_PARENT=1")
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscanf(stdout, "server %d\n", &pid); err != nil {
		t.Fatal(err)
	}
	_ = parent.Process.Kill()
	_ = parent.Wait()
	for deadline := time.Now().Add(time.Minute); syscall.Kill(pid, 0) == nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Fatal("the server outlives its parent")
		}
	}
}

// TestMutualTLS: the server's own workers come in, and so does who shows the
// client's certificate, and nobody else.
func TestMutualTLS(t *testing.T) {
	folder := t.TempDir()
	if err := temporaltest.WriteCertificates(folder); err != nil {
		t.Fatal(err)
	}
	server := temporaltest.Start(t, temporaltest.Options{TLS: folder})
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(read(filepath.Join(folder, temporaltest.CAFile)))) {
		t.Fatal("no authority was written")
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, temporaltest.ClientCertFile), filepath.Join(folder, temporaltest.ClientKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	for name, certificates := range map[string][]tls.Certificate{"the client's certificate": {pair}, "no certificate": nil} {
		conn, err := tls.Dial("tcp", server.Address(), &tls.Config{RootCAs: roots, Certificates: certificates, ServerName: "localhost", NextProtos: []string{"h2"}})
		if err == nil {
			// In TLS 1.3 the server's refusal comes with the first read. One that lets
			// the client in sends HTTP/2's settings.
			_, err = conn.Read(make([]byte, 1))
			conn.Close()
		}
		if (err == nil) != (certificates != nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func dial(t *testing.T, address string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

// script writes a shell script that stands for the server's program.
func script(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(path string) string {
	content, _ := os.ReadFile(path)
	return string(content)
}

// recorder is a TB that notes how a test would have ended.
type recorder struct{ skipped, failed string }

type ended struct{}

func (r *recorder) run(f func()) {
	defer func() {
		if e := recover(); e != nil && e != (ended{}) {
			panic(e)
		}
	}()
	f()
}

func (*recorder) Helper()        {}
func (*recorder) Cleanup(func()) {}
func (r *recorder) Fatalf(format string, args ...any) {
	r.failed = fmt.Sprintf(format, args...)
	panic(ended{})
}
func (r *recorder) Skipf(format string, args ...any) {
	r.skipped = fmt.Sprintf(format, args...)
	panic(ended{})
}
