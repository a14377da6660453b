package pgtest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func fakeInstall(t *testing.T, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"initdb", "postgres"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindBinDir(t *testing.T) {
	root := t.TempDir()
	empty := t.TempDir()
	t.Setenv("PATH", empty) // no pg_config
	nine := fakeInstall(t, filepath.Join(root, "9", "bin"))
	ten := fakeInstall(t, filepath.Join(root, "10", "bin"))
	pattern := []string{filepath.Join(root, "*", "bin")}

	for _, test := range []struct {
		name, explicit string
		env            map[string]string
		patterns       []string
		want           string
	}{
		{name: "the newest of the packagers' folders", patterns: pattern, want: ten},
		{name: "PATH before those", env: map[string]string{"PATH": empty + ":" + nine}, patterns: pattern, want: nine},
		{name: "the environment before PATH", env: map[string]string{"PATH": nine, "OP_PREVIEW_TEST_PGBIN": ten}, want: ten},
		{name: "an explicit folder before all", explicit: nine, env: map[string]string{"OP_PREVIEW_TEST_PGBIN": ten}, want: nine},
		{name: "nothing installed"},
		{name: "an explicit folder without a server", explicit: empty, patterns: pattern},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := findBinDir(test.explicit, func(name string) string { return test.env[name] }, test.patterns)
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if (test.want == "") != errors.Is(err, ErrNotInstalled) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// The folders are one for each line that is no comment, whole and readable.
func TestInstallDirs(t *testing.T) {
	patterns := installDirs()
	if len(patterns) < 5 {
		t.Fatalf("got %q", patterns)
	}
	for _, pattern := range patterns {
		if _, err := filepath.Match(pattern, ""); err != nil || !filepath.IsAbs(pattern) {
			t.Errorf("%q: %v", pattern, err)
		}
	}
}

func TestReplaceInDSN(t *testing.T) {
	for _, test := range []struct{ dsn, user, database, want string }{
		{"host=h user=a password=p", "b'c", "d", `host=h user=a password=p user='b\'c' dbname='d'`},
		{"host=h user=a", "", "d", `host=h user=a dbname='d'`},
		{"postgres://a:p@h:1/x?sslmode=disable", "b", "d", "postgres://b@h:1/d?sslmode=disable"},
		{"postgresql://a:p@h/x?dbname=y", "", "d", "postgresql://a:p@h/d"},
	} {
		if got := replaceInDSN(test.dsn, test.user, test.database); got != test.want {
			t.Errorf("replaceInDSN(%q, %q, %q) = %q, want %q", test.dsn, test.user, test.database, got, test.want)
		}
	}
}

type recordingTB struct {
	TB
	skipped, failed string
}

func (r *recordingTB) Helper()                   {}
func (r *recordingTB) Fatalf(f string, _ ...any) { r.failed = f }
func (r *recordingTB) Skipf(f string, _ ...any)  { r.skipped = f }

func TestMissingServerNeverSkipsInCI(t *testing.T) {
	for _, ci := range []string{"", "true"} {
		t.Setenv("CI", ci)
		var tb recordingTB
		giveUp(&tb, ErrNotInstalled)
		if (tb.failed != "") != (ci == "true") || (tb.skipped != "") != (ci == "") {
			t.Errorf("CI=%q: skipped %q, failed %q", ci, tb.skipped, tb.failed)
		}
	}
	var tb recordingTB
	giveUp(&tb, errors.New("initdb failed"))
	if tb.failed == "" || strings.Contains(tb.skipped, "pgtest") {
		t.Error("a server that is installed and does not start must fail the test")
	}
}
