package guard_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/guard"
)

// quoted are findings of the sweep that run nothing: the canary stands in a message of
// the function's own, or in what PostgreSQL says of a name that it cannot read.
var quoted = map[string]bool{
	"mimeo gdb": true, "pgtap _typename": true, "pointcloud _pc_version_no_commit": true, "rdkit mol_nm_hash": true,
}

// The records of genextensions hold what it found in the extensions that Debian packages.
// Each is refused.
func TestWhatTheSweepFoundIsRefused(t *testing.T) {
	t.Parallel()
	records, err := filepath.Glob("genextensions/testdata/debian-*.txt")
	if err != nil || len(records) < 2 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	found := regexp.MustCompile(`^(\S+): (?:FOUND|ENDED the server:) (?:\w+\.(\w+)\(|'.*'::(\w+)$)`)
	for _, record := range records {
		text, err := os.ReadFile(record)
		if err != nil {
			t.Fatal(err)
		}
		findings := 0
		for line := range strings.Lines(string(text)) {
			if !strings.Contains(line, ": FOUND ") && !strings.Contains(line, ": ENDED ") {
				continue
			}
			findings++
			m := found.FindStringSubmatch(strings.TrimSpace(line))
			if m == nil {
				t.Errorf("%s: cannot read %s", record, line)
				continue
			}
			extension, name := m[1], m[2]
			if name == "" {
				name = m[3] + "_in"
			}
			if !quoted[extension+" "+name] && !guard.DeniesOfExtension(extension, name) {
				t.Errorf("%s: %s of %s is not denied", record, name, extension)
			}
		}
		if findings < 50 {
			t.Errorf("%s: only %d findings", record, findings)
		}
	}
}

func TestOnlyWhatWasLookedThroughIsVetted(t *testing.T) {
	t.Parallel()
	for extension, want := range map[string]bool{"postgis": true, "vector": true, "rdkit": false, "age": false, "unknown": false} {
		if guard.Vetted(extension) != want {
			t.Errorf("%s: vetted is %t", extension, !want)
		}
	}
	for name, text := range map[string]string{
		"neither":    "version 1\n",
		"both":       "version 1\nhow read\nunvetted not read\n",
		"no version": "how read\n",
		"no reason":  "version 1\nunvetted\n",
		"no hint":    "version 1\nhow read\ndeny sql-text run\n",
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			guard.ReadExtension(text)
		}()
	}
}
