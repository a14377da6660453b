package guard_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A corpusCase is one text of testdata/attacks or testdata/allowed. The format
// is described in their README files.
type corpusCase struct {
	file   string
	line   int
	sql    string
	expect [][2]string // reason, rule
	marks  [][2]int    // what must be underlined
	keys   map[string]string
}

func (c *corpusCase) where() string { return fmt.Sprintf("%s:%d", filepath.Base(c.file), c.line) }

// readCorpus reads every case of the folder. known gives the keys and their
// values that may be written; an empty list allows any text.
func readCorpus(t testing.TB, folder string, known map[string][]string, refusals bool) []corpusCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus in %s (%v)", folder, err)
	}
	var all []corpusCase
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		keys := make(map[string]string)
		start := len(all)
		for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
			switch {
			case strings.TrimSpace(line) == "" || line[0] == '#':
			case line[0] == '@':
				key, value, _ := strings.Cut(line[1:], " ")
				if err := checkKey(known, key, value); err != nil {
					t.Fatalf("%s:%d: %v", file, i+1, err)
				}
				keys[key] = value
				if key == "technique" {
					delete(keys, "why")
				}
			case line[0] == ' ' && len(all) > start:
				all[len(all)-1].sql += "\n" + line
			default:
				c := corpusCase{file: file, line: i + 1, sql: line, keys: make(map[string]string)}
				for k, v := range keys {
					c.keys[k] = v
				}
				all = append(all, c)
			}
		}
	}
	for i := range all {
		if err := all[i].finish(refusals); err != nil {
			t.Fatalf("%s: %v", all[i].where(), err)
		}
	}
	return all
}

func checkKey(known map[string][]string, key, value string) error {
	values, ok := known[key]
	if !ok {
		return fmt.Errorf("unknown key @%s", key)
	}
	for _, v := range values {
		if v == value {
			return nil
		}
	}
	if len(values) > 0 || value == "" {
		return fmt.Errorf("@%s cannot be %q", key, value)
	}
	return nil
}

// finish splits off the expectation, undoes escapes and takes out the marks.
func (c *corpusCase) finish(refusals bool) error {
	if refusals {
		head, sql, ok := strings.Cut(c.sql, " | ")
		if !ok {
			return fmt.Errorf("no ` | ` in %q", c.sql)
		}
		c.sql = sql
		for part := range strings.SplitSeq(head, " + ") {
			words := strings.Fields(part)
			if len(words) != 2 {
				return fmt.Errorf("%q is not `REASON rule`", part)
			}
			c.expect = append(c.expect, [2]string{words[0], words[1]})
		}
	}
	if c.keys["escape"] == "go" {
		s, err := strconv.Unquote(`"` + strings.ReplaceAll(c.sql, `"`, `\"`) + `"`)
		if err != nil {
			return fmt.Errorf("%q: %w", c.sql, err)
		}
		c.sql = s
	}
	if c.keys["repeat"] == "on" {
		c.sql = expand(c.sql)
	}
	if !refusals {
		return nil
	}
	for {
		at := strings.Index(c.sql, "«")
		if at < 0 {
			break
		}
		n := strings.Index(c.sql[at:], "»")
		if n < 0 {
			return fmt.Errorf("a mark is not closed in %.80q", c.sql)
		}
		inner := c.sql[at+len("«") : at+n]
		c.sql = c.sql[:at] + inner + c.sql[at+n+len("»"):]
		c.marks = append(c.marks, [2]int{at, at + len(inner)})
	}
	if len(c.marks) != len(c.expect) {
		return fmt.Errorf("%d expectations and %d marks", len(c.expect), len(c.marks))
	}
	return nil
}

// expand writes out ⟨text⟩N.
func expand(s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "⟨")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		text, rest, _ := strings.Cut(rest, "⟩")
		digits := 0
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
			digits++
		}
		n, _ := strconv.Atoi(rest[:digits])
		b.WriteString(strings.Repeat(text, n))
		s = rest[digits:]
	}
}
