// Package corpus reads files of cases: texts of SQL with what is expected of
// them. It is the one parser of the formats below testdata/attacks,
// testdata/allowed and fuzz/testdata, whose README files say what their keys
// mean. It is for tests and for the fuzz harness.
//
// A line is a case; a line that begins with white space continues the case above,
// and an empty line or one that begins with # ends it. A line that begins with @
// is a key and its value, which hold for the cases below until the key is given
// again. An unknown key, or a value that a key cannot have, is an error.
//
// Two keys change the text of a case. "@escape go" says that it is written with
// Go's escapes (\n, \x00, \u00e9), "@repeat on" that ⟨text⟩N in it means text, N
// times.
package corpus

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Format says what a file of cases may hold.
type Format struct {
	// Keys are the keys and the values that each may have; no values mean any text.
	Keys map[string][]string
	// Headed reports that each case begins with what is expected of it, before " | ".
	Headed bool
	// Marked reports that « and » surround places in a text; they are not part of it.
	Marked bool
	// Group is the key that begins a new group of cases; the key "why" ends with it.
	Group string
}

// The formats of the module's testdata folder.
var (
	// Attacks are texts that must be refused.
	Attacks = Format{Headed: true, Marked: true, Group: "technique", Keys: map[string][]string{
		"technique": nil, "why": nil,
		"escape": {"none", "go"}, "repeat": {"none", "on"}, "target": {"no", "yes"}, "places": {"exact", "free"},
	}}
	// Allowed are texts that must pass.
	Allowed = Format{Group: "area", Keys: map[string][]string{
		"area": nil, "why": nil, "needs": nil,
		"escape": {"none", "go"}, "repeat": {"none", "on"}, "run": {"yes", "no"},
		"server": {"14", "15", "16", "17", "18"},
	}}
)

// Case is one text.
type Case struct {
	// File and Line say where it begins.
	File string
	Line int
	// SQL is the text.
	SQL string
	// Head is what stands before " | "; empty where the format has none.
	Head string
	// Marks are the marked places of SQL, as byte offsets.
	Marks [][2]int
	// Keys are the values of the keys above it.
	Keys map[string]string
}

// Where returns the case's file and line.
func (c *Case) Where() string { return fmt.Sprintf("%s:%d", filepath.Base(c.File), c.Line) }

// Violation is one reason and rule that an attack must be refused for.
type Violation struct{ Reason, Rule string }

// Violations reads the head of an attack: "REASON rule + REASON rule", one for
// each mark.
func (c *Case) Violations() ([]Violation, error) {
	var all []Violation
	for part := range strings.SplitSeq(c.Head, " + ") {
		words := strings.Fields(part)
		if len(words) != 2 {
			return nil, fmt.Errorf("%s: %q is not `REASON rule`", c.Where(), part)
		}
		all = append(all, Violation{words[0], words[1]})
	}
	if len(all) != len(c.Marks) {
		return nil, fmt.Errorf("%s: %d expectations and %d marks", c.Where(), len(all), len(c.Marks))
	}
	return all, nil
}

// Read returns the cases of every file of a folder whose name ends in .txt, in
// the order of the names. A folder without one is an error.
func Read(folder string, format Format) ([]Case, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		return nil, fmt.Errorf("corpus: %w", err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("corpus: no file of cases in %s", folder)
	}
	slices.Sort(files)
	var all []Case
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("corpus: %w", err)
		}
		cases, err := format.Parse(file, string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, cases...)
	}
	return all, nil
}

// Parse reads the cases of one file, whose name is for messages.
func (f Format) Parse(file, text string) ([]Case, error) {
	var all []Case
	keys := map[string]string{}
	open := false // the last line was part of a case
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		switch {
		case strings.TrimSpace(line) == "" || line[0] == '#':
			open = false
		case line[0] == '@':
			open = false
			name, value, _ := strings.Cut(line[1:], " ")
			if err := f.key(keys, name, value); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", filepath.Base(file), i+1, err)
			}
		case line[0] == ' ' || line[0] == '\t':
			if !open {
				return nil, fmt.Errorf("%s:%d: the line continues no case", filepath.Base(file), i+1)
			}
			all[len(all)-1].SQL += "\n" + line
		default:
			open = true
			all = append(all, Case{File: file, Line: i + 1, SQL: line, Keys: maps.Clone(keys)})
		}
	}
	for i := range all {
		if err := f.finish(&all[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", all[i].Where(), err)
		}
	}
	return all, nil
}

// key takes a line that begins with @.
func (f Format) key(keys map[string]string, name, value string) error {
	values, known := f.Keys[name]
	switch {
	case !known:
		return fmt.Errorf("unknown key @%s", name)
	case len(values) == 0 && value == "", len(values) > 0 && !slices.Contains(values, value):
		return fmt.Errorf("@%s cannot be %q", name, value)
	case name == f.Group:
		delete(keys, "why")
	}
	keys[name] = value
	return nil
}

// finish splits off the head, undoes escapes and repetitions and takes out the
// marks.
func (f Format) finish(c *Case) (err error) {
	if f.Headed {
		head, text, ok := strings.Cut(c.SQL, " | ")
		if !ok {
			return fmt.Errorf("no ` | ` in %.60q", c.SQL)
		}
		c.Head, c.SQL = head, text
	}
	if c.Keys["escape"] == "go" {
		text, err := strconv.Unquote(`"` + strings.ReplaceAll(c.SQL, `"`, `\"`) + `"`)
		if err != nil {
			return fmt.Errorf("the escapes of %.60q: %w", c.SQL, err)
		}
		c.SQL = text
	}
	if c.Keys["repeat"] == "on" {
		if c.SQL, err = repeat(c.SQL); err != nil {
			return err
		}
	}
	if f.Marked {
		c.SQL, c.Marks, err = unmark(c.SQL)
	}
	return err
}

// maxRepeat bounds ⟨text⟩N.
const maxRepeat = 10_000_000

// repeat writes out ⟨text⟩N, from the left.
func repeat(text string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "⟨")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		unit, rest, closed := strings.Cut(rest, "⟩")
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.Atoi(rest[:digits])
		if !closed || err != nil || n > maxRepeat {
			return "", errors.New("a repetition without an end or a number")
		}
		b.WriteString(strings.Repeat(unit, n))
		text = rest[digits:]
	}
}

// unmark takes the marks out of a text and returns where they were.
func unmark(text string) (string, [][2]int, error) {
	var marks [][2]int
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "«")
		b.WriteString(before)
		if !found {
			return b.String(), marks, nil
		}
		inner, rest, closed := strings.Cut(rest, "»")
		if !closed {
			return "", nil, errors.New("a mark is not closed")
		}
		marks = append(marks, [2]int{b.Len(), b.Len() + len(inner)})
		b.WriteString(inner)
		text = rest
	}
}
