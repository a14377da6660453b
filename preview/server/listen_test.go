package server_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/server"
)

func TestListenUnix(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	for _, address := range []string{"unix:" + path, "unix://" + path} {
		listener, err := server.Listen(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != os.ModeSocket|0o660 {
			t.Errorf("the mode is %v, want a socket with 0660", info.Mode())
		}
		if _, err := server.Listen(t.Context(), address); err == nil || !strings.Contains(err.Error(), "another process listens") {
			t.Errorf("a second listener on the same path: %v", err)
		}
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		left, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(left) != 0 {
			t.Errorf("closed, but there is still %v (%v)", left, err)
		}
	}
}

func TestListenReplacesAStaleSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	// A process that was killed leaves its socket behind.
	dead.SetUnlinkOnClose(false)
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	listener, err := server.Listen(t.Context(), "unix:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatalf("nobody answers on the replaced socket: %v", err)
	}
	_ = conn.Close()
}

func TestCloseLeavesASuccessorsSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	first, err := server.Listen(t.Context(), "unix:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	second, err := server.Listen(t.Context(), "unix:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = second.Close() })
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the first listener removed the second one's socket: %v", err)
	}
}

func TestListenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	taken, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for name, test := range map[string]struct{ address, want string }{
		"every interface":      {":50051", "no loopback address"},
		"every IPv4 interface": {"0.0.0.0:50051", "other machines"},
		"every IPv6 interface": {"[::]:50051", "other machines"},
		"a public address":     {"192.0.2.1:50051", "other machines"},
		"mapped":               {"[::ffff:192.0.2.1]:50051", "other machines"},
		"no port":              {"localhost", "neither unix:PATH nor HOST:PORT"},
		"nothing":              {"", "neither unix:PATH nor HOST:PORT"},
		"a path alone":         {"/tmp/s", "neither unix:PATH nor HOST:PORT"},
		"no such port":         {"127.0.0.1:99999", "cannot listen"},
		"a taken port":         {taken.Addr().String(), "address already in use"},
		"no path":              {"unix:", "needs a path"},
		"abstract":             {"unix:@s", "needs a path"},
		"a file":               {"unix:" + file, "is not a socket"},
		"a folder":             {"unix:" + dir, "is not a socket"},
		"no such folder":       {"unix:" + filepath.Join(dir, "no", "s"), "no such file"},
		"a long path":          {"unix:/" + strings.Repeat("s", 120), "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := server.Listen(t.Context(), test.address)
			if err == nil {
				_ = listener.Close()
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, want %q in it", err, test.want)
			}
		})
	}
	t.Cleanup(func() {
		if content, err := os.ReadFile(file); err != nil || string(content) != "precious" {
			t.Errorf("the file was touched: %q, %v", content, err)
		}
	})
}
