package connections_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/connections"
)

func put(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func password(t *testing.T, r preview.Resolver, id string) string {
	t.Helper()
	connection, err := r.Resolve(context.Background(), id)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	_, found, _ := strings.Cut(connection.DSN.Reveal(), "password=")
	return found
}

// TestDirectory uses the layout of a mounted Kubernetes Secret: the visible
// names are links through ..data, which a rotation points elsewhere.
func TestDirectory(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	put(t, filepath.Join(outside, "secret"), "host=h password=stolen")
	for _, version := range []string{"1", "2"} {
		data := filepath.Join(dir, "..v"+version)
		if err := os.Mkdir(data, 0o700); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(data, "shop"), "host=h user=u dbname=d password="+version+"\n")
	}
	link := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("..v1", "..data")
	link("..data/shop", "shop")
	link(filepath.Join(outside, "secret"), "escape")
	link("../"+filepath.Base(outside)+"/secret", "escape2")
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "default"), "host=h password=default")

	resolver, err := connections.Directory(dir, connections.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	if got := password(t, resolver, "shop"); got != "1" {
		t.Errorf("got %q", got)
	}
	if got := password(t, resolver, ""); got != "default" {
		t.Errorf("the empty id: got %q", got)
	}

	// A rotation replaces the link.
	os.Remove(filepath.Join(dir, "..data"))
	link("..v2", "..data")
	if got := password(t, resolver, "shop"); got != "2" {
		t.Errorf("after the rotation: got %q", got)
	}

	for _, id := range []string{
		"unknown", ".", "..", "..data", "..data/shop", "../" + filepath.Base(outside) + "/secret", "/etc/passwd",
		"folder", "pipe", "shop\x00", "shop/", "%2e%2e", strings.Repeat("a", 300), " shop", "sh\\op",
	} {
		if _, err := resolver.Resolve(context.Background(), id); !errors.Is(err, preview.ErrConnectionNotFound) {
			t.Errorf("%q: got %v", id, err)
		}
	}
	for _, id := range []string{"escape", "escape2"} {
		connection, err := resolver.Resolve(context.Background(), id)
		if err == nil {
			t.Errorf("%s: a link out of the folder was followed to %q", id, connection.DSN.Reveal())
		}
	}

	if _, err := connections.Directory(filepath.Join(dir, "nothing"), connections.Policy{}); err == nil || strings.Contains(err.Error(), dir) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestSingle(t *testing.T) {
	resolver, err := connections.Single(context.Background(), preview.NewSecret("host=h password=p"), connections.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"", "default"} {
		if got := password(t, resolver, id); got != "p" {
			t.Errorf("%q: got %q", id, got)
		}
	}
	if _, err := resolver.Resolve(context.Background(), "other"); !errors.Is(err, preview.ErrConnectionNotFound) {
		t.Errorf("got %v", err)
	}
	if _, err := connections.Single(context.Background(), preview.NewSecret("service=x"), connections.Policy{}); err == nil {
		t.Error("a connection string with a service was taken")
	}
}
