package mutation

import (
	"os"
	"path/filepath"
	"testing"
)

// TestEveryMutantFitsTheSource fails when a defence has moved: mend the mutant,
// or it proves nothing. Run make mutants to see whether it is still found.
func TestEveryMutantFitsTheSource(t *testing.T) {
	t.Parallel()
	mutants, err := All()
	if err != nil {
		t.Fatal(err)
	}
	if len(mutants) < 20 {
		t.Errorf("there are only %d mutants", len(mutants))
	}
	for _, m := range mutants {
		for name, edits := range m.Edits {
			text, err := os.ReadFile(filepath.Join("..", "..", "..", filepath.FromSlash(name)))
			if err != nil {
				t.Errorf("%s: %v", m.Name, err)
				continue
			}
			mutated, err := Apply(string(text), edits)
			if err != nil {
				t.Errorf("%s: %s: %v", m.Name, name, err)
			}
			if mutated == string(text) {
				t.Errorf("%s: %s: it changes nothing", m.Name, name)
			}
		}
	}
}

func TestParseRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	const edit = "-- a.go --\n<<<<\nx\n====\ny\n>>>>\n"
	for name, text := range map[string]string{
		"unknown key":    "defence: d\ncolour: red\n" + edit,
		"no defence":     edit,
		"no edit":        "defence: d\n",
		"no marks":       "defence: d\n-- a.go --\nx\n",
		"text between":   "defence: d\n-- a.go --\nx\n<<<<\nx\n====\ny\n>>>>\n",
		"no second half": "defence: d\n-- a.go --\n<<<<\nx\n",
	} {
		if _, err := parse("m", []byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	m, err := parse("m", []byte("defence: d\nspare: s\n"+edit))
	if err != nil || m.Defence != "d" || m.Spare != "s" || m.Edits["a.go"][0] != (Edit{"x", "y"}) {
		t.Errorf("parsed %+v, %v", m, err)
	}
}
