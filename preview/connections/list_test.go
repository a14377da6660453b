package connections_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/connections"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// names lists what a Resolver lists, limit at a time, as "id=label ...".
func names(t *testing.T, resolver preview.Resolver, limit int) string {
	t.Helper()
	lister, ok := resolver.(preview.ConnectionLister)
	if !ok {
		t.Fatalf("%T lists nothing", resolver)
	}
	var all []string
	for after := ""; ; {
		page, err := lister.ListConnections(context.Background(), after, limit)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) > limit {
			t.Fatalf("%d connections in a page of %d", len(page), limit)
		}
		for _, c := range page {
			after = c.ID
			all = append(all, c.ID+"="+c.Label)
		}
		if len(page) < limit {
			return strings.Join(all, " ")
		}
	}
}

func TestAgentListsItsWorkspaceAlone(t *testing.T) {
	server := pgtest.Shared(t)
	for name, schema := range schemas {
		t.Run(name, func(t *testing.T) {
			dsn := server.Database(t, schema+rows)
			agent := openAgent(t, connections.AgentConfig{DSN: preview.NewSecret(dsn), WorkspaceID: mine})
			for _, limit := range []int{1, 2, 200} {
				if got, want := names(t, agent, limit), shop+"=Shop "+empty+"=Empty "+service+"=Service"; got != want {
					t.Errorf("pages of %d: got %q, want %q", limit, got, want)
				}
			}
			stranger := openAgent(t, connections.AgentConfig{DSN: preview.NewSecret(dsn), WorkspaceID: "' or true --"})
			if got := names(t, stranger, 10); got != "" {
				t.Errorf("a workspace without connections lists %q", got)
			}
		})
	}
}

func TestDirectoryListsWhatItResolves(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"shop", "b-2", ".hidden", "not a name"} {
		put(t, filepath.Join(dir, name), "host=h")
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "outside")); err != nil {
		t.Fatal(err)
	}
	resolver, err := connections.Directory(dir, connections.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{1, 2, 10} {
		if got := names(t, resolver, limit); got != "b-2= shop=" {
			t.Errorf("pages of %d: got %q", limit, got)
		}
	}
	if got := names(t, mustDirectory(t, t.TempDir()), 5); got != "" {
		t.Errorf("an empty folder lists %q", got)
	}
}

func mustDirectory(t *testing.T, dir string) preview.Resolver {
	t.Helper()
	resolver, err := connections.Directory(dir, connections.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	return resolver
}

func TestOneConnectionIsListedAsDefault(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dsn")
	put(t, path, "host=h")
	fromFile, err := connections.File(path, connections.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	fromText, err := connections.Single(t.Context(), preview.NewSecret("host=h"), connections.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	for _, resolver := range []preview.Resolver{fromFile, fromText} {
		if got := names(t, resolver, 1); got != "default=" {
			t.Errorf("%T lists %q", resolver, got)
		}
	}
}
