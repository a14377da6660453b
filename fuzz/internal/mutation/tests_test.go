package mutation

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// module writes a module with one package, whose Small is a defence. Of its tests
// one holds the defence, one fails whatever happens, and one fails only the
// first time that it is run in the folder, as on a machine that was busy.
func module(t *testing.T) Runner {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/held\n\ngo 1.26\n",
		"held/held.go": `package held

func Small(n int) bool { return n < 10 }
`,
		"held/held_test.go": `package held

import (
	"os"
	"testing"
)

func TestElse(t *testing.T) {}

func TestSmall(t *testing.T) {
	t.Run("part", func(t *testing.T) {
		if Small(10) {
			t.Error("10 is small")
		}
	})
}

func TestStandingFault(t *testing.T) { t.Error("always") }

func TestBusy(t *testing.T) {
	if os.Mkdir("../seen", 0o700) == nil {
		t.Error("the first time")
	}
}
`,
		"idle/idle.go":      "package idle\n\nfunc Small(n int) bool { return n < 10 }\n",
		"idle/idle_test.go": "package idle\n\nimport \"testing\"\n\nfunc TestElse(t *testing.T) {}\n",
		"died/died.go":      "package died\n\nfunc Small(n int) bool { return n < 10 }\n",
		"died/died_test.go": `package died

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	if Small(10) {
		os.Exit(3)
	}
	os.Exit(m.Run())
}
`,
		"slow/slow.go":      "package slow\n\nfunc Small(n int) bool { return n < 10 }\n",
		"slow/slow_test.go": "package slow\n\nimport \"testing\"\n\nfunc TestHangs(t *testing.T) {\n\tif Small(10) {\n\t\tselect {}\n\t}\n}\n",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Runner{Root: root}
}

func TestTestsAreTheLastOracle(t *testing.T) {
	t.Parallel()
	runner := module(t)
	off := func(find, put string, files ...string) Mutant {
		m := Mutant{Name: "m", Edits: map[string][]Edit{}}
		for _, name := range files {
			m.Edits[name] = []Edit{{find, put}}
		}
		return m
	}
	for name, test := range map[string]struct {
		mutant Mutant
		want   []Failure
	}{
		"a test holds it":         {off("n < 10", "n < 11", "held/held.go"), []Failure{{"held", "TestSmall"}}},
		"no test holds it":        {off("n < 10", "n < 11", "idle/idle.go"), nil},
		"the process dies":        {off("n < 10", "n < 11", "died/died.go"), []Failure{{Package: "died"}}},
		"two packages, one holds": {off("n < 10", "n < 11", "idle/idle.go", "held/held.go"), []Failure{{"held", "TestSmall"}}},
		"only a standing fault":   {off("n < 10", "n <= 9", "held/held.go"), nil},
	} {
		got, err := runner.Tests(t.Context(), test.mutant)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, test.want)
		}
	}
	for name, mutant := range map[string]Mutant{
		"do not build":     off("n < 10", "n < ten", "held/held.go"),
		"occurs 0 times":   off("n < 12", "n", "held/held.go"),
		"no such file":     off("n < 12", "n", "held/none.go"),
		"were not done in": off("n < 10", "n < 11", "slow/slow.go"),
	} {
		short := runner
		short.TestTime = 10 * time.Millisecond
		if got, err := short.Tests(t.Context(), mutant); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestPackageFoldersOfAMutant(t *testing.T) {
	t.Parallel()
	got := packages(Mutant{Edits: map[string][]Edit{"b/y.go": nil, "a/x.go": nil, "b/x.go": nil}})
	if !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %v", got)
	}
}
