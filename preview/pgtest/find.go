package pgtest

import (
	_ "embed"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrNotInstalled is wrapped by the error of [New] when there is no PostgreSQL.
var ErrNotInstalled = errors.New("PostgreSQL's server programs were not found")

//go:embed folders.txt
var folders string

// installDirs returns the glob patterns of folders.txt.
func installDirs() (patterns []string) {
	for line := range strings.Lines(folders) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			patterns = append(patterns, line)
		}
	}
	return patterns
}

// findBinDir returns the folder that holds initdb and postgres. getenv and
// glob are os.Getenv and filepath.Glob; tests give others.
func findBinDir(explicit string, getenv func(string) string, patterns []string) (string, error) {
	if explicit == "" {
		explicit = getenv("OP_PREVIEW_TEST_PGBIN")
	}
	if explicit != "" {
		if !hasServer(explicit) {
			return "", errors.Join(ErrNotInstalled,
				errors.New("the folder given (Options.BinDir or OP_PREVIEW_TEST_PGBIN) does not hold initdb and postgres"))
		}
		return explicit, nil
	}
	for _, dir := range filepath.SplitList(getenv("PATH")) {
		if hasServer(dir) {
			return dir, nil
		}
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		if dir := strings.TrimSpace(string(out)); hasServer(dir) {
			return dir, nil
		}
	}
	var found []string
	for _, pattern := range patterns {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		for _, dir := range dirs {
			if hasServer(dir) {
				found = append(found, dir)
			}
		}
	}
	if len(found) == 0 {
		return "", errors.Join(ErrNotInstalled, errors.New("install them (Debian, Ubuntu: apt-get install postgresql; "+
			"macOS: brew install postgresql), or set OP_PREVIEW_TEST_PGBIN to their folder, "+
			"or OP_PREVIEW_TEST_DSN to a server that runs"))
	}
	return slices.MaxFunc(found, func(a, b string) int { return versionIn(a) - versionIn(b) }), nil
}

// hasServer reports whether dir holds the two programs that a cluster needs.
func hasServer(dir string) bool {
	if dir == "" {
		return false
	}
	for _, name := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

// versionIn returns the last number in a path, which is the major version in
// every layout above, or 0.
func versionIn(path string) int {
	end := strings.LastIndexAny(path, "0123456789") + 1
	start := end
	for start > 0 && path[start-1] >= '0' && path[start-1] <= '9' {
		start--
	}
	version, err := strconv.Atoi(path[start:end])
	if err != nil {
		return 0
	}
	return version
}
