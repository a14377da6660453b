// Package mutation switches single defences of the product off and asks whether
// the harness notices.
//
// A mutant is a file of edits to the product's source. It is built with the Go
// toolchain's -overlay, so the sources on disk stay as they are and no release
// holds a switch. An edit whose text is not found exactly once is an error: a
// mutant that no longer fits the source proves nothing.
package mutation

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

//go:embed mutants/*.txtar
var files embed.FS

// Mutant is one defence switched off.
type Mutant struct {
	// Name is the file's name without its ending.
	Name string
	// Defence says what is switched off.
	Defence string
	// Spare says why nothing outside can notice, because another defence holds
	// alone; empty for a mutant that must be found.
	Spare string
	// Edits are the changes, by file within the module.
	Edits map[string][]Edit
}

// Edit replaces one piece of text by another.
type Edit struct{ Find, Put string }

// All returns the mutants by name.
func All() ([]Mutant, error) {
	entries, err := files.ReadDir("mutants")
	if err != nil {
		return nil, err
	}
	mutants := make([]Mutant, 0, len(entries))
	for _, entry := range entries {
		text, err := files.ReadFile("mutants/" + entry.Name())
		if err != nil {
			return nil, err
		}
		m, err := parse(strings.TrimSuffix(path.Base(entry.Name()), ".txtar"), text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		mutants = append(mutants, m)
	}
	return mutants, nil
}

func parse(name string, text []byte) (Mutant, error) {
	archive := txtar.Parse(text)
	m := Mutant{Name: name, Edits: map[string][]Edit{}}
	for line := range strings.Lines(string(archive.Comment)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		switch {
		case strings.TrimSpace(line) == "":
		case ok && key == "defence":
			m.Defence = value
		case ok && key == "spare":
			m.Spare = value
		default:
			return m, fmt.Errorf("unknown line %q", line)
		}
	}
	for _, f := range archive.Files {
		edits, err := parseEdits(string(f.Data))
		if err != nil {
			return m, fmt.Errorf("%s: %w", f.Name, err)
		}
		m.Edits[f.Name] = edits
	}
	if m.Defence == "" || len(m.Edits) == 0 {
		return m, errors.New("a mutant names its defence and has at least one edit")
	}
	return m, nil
}

// parseEdits reads edits in the shape of a merge conflict: the text to find
// between <<<< and ====, the text to put in its place up to >>>>.
func parseEdits(text string) ([]Edit, error) {
	var edits []Edit
	for rest := text; strings.TrimSpace(rest) != ""; {
		before, after, ok1 := strings.Cut(rest, "<<<<\n")
		find, after, ok2 := strings.Cut(after, "====\n")
		put, after, ok3 := strings.Cut(after, ">>>>\n")
		if !ok1 || !ok2 || !ok3 || strings.TrimSpace(before) != "" {
			return nil, errors.New("an edit is <<<<, the text, ====, the new text, >>>>, each mark on a line of its own")
		}
		edits = append(edits, Edit{strings.TrimSuffix(find, "\n"), strings.TrimSuffix(put, "\n")})
		rest = after
	}
	if len(edits) == 0 {
		return nil, errors.New("there is no edit")
	}
	return edits, nil
}

// Apply returns the text after the edits.
func Apply(text string, edits []Edit) (string, error) {
	for _, e := range edits {
		if n := strings.Count(text, e.Find); n != 1 {
			return "", fmt.Errorf("%q occurs %d times, want once", e.Find, n)
		}
		text = strings.Replace(text, e.Find, e.Put, 1)
	}
	return text, nil
}
