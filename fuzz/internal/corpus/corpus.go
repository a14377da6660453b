// Package corpus reads the collected attacks and honest queries of the
// module's testdata folder, whose README files describe the format.
package corpus

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Text is one collected text.
type Text struct {
	SQL string
	// About is the technique of an attack or the area of an honest query.
	About string
	// Honest tells that it comes from the honest queries.
	Honest bool
}

// marks surround what a refusal must underline; they are not part of a text.
var marks = strings.NewReplacer("«", "", "»", "")

// Read returns the texts below a testdata folder, and the statements that make
// the tables which the honest queries read. Attacks that need a catalog of their
// own are left out.
func Read(dir string) (texts []Text, schema string, err error) {
	for _, kind := range []string{"attacks", "allowed"} {
		files, err := filepath.Glob(filepath.Join(dir, kind, "*.txt"))
		if err != nil {
			return nil, "", err
		}
		if len(files) == 0 {
			return nil, "", fmt.Errorf("%s holds no texts", filepath.Join(dir, kind))
		}
		slices.Sort(files)
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				return nil, "", err
			}
			found, err := parse(string(content), kind == "allowed")
			if err != nil {
				return nil, "", fmt.Errorf("%s: %w", file, err)
			}
			texts = append(texts, found...)
		}
	}
	content, err := os.ReadFile(filepath.Join(dir, "allowed", "schema.sql"))
	return texts, string(content), err
}

// state is what the keys above a case say of it.
type state struct {
	about          string
	escape, repeat bool
	target, skip   bool
}

func parse(content string, honest bool) ([]Text, error) {
	var texts []Text
	var s state
	var lines []string
	flush := func() error {
		if len(lines) == 0 {
			return nil
		}
		raw := strings.Join(lines, "\n")
		lines = nil
		if s.target || s.skip {
			return nil
		}
		if !honest {
			_, text, ok := strings.Cut(raw, " | ")
			if !ok {
				return fmt.Errorf("a case without a reason: %.60q", raw)
			}
			raw = marks.Replace(text)
		}
		sql, err := s.expand(raw)
		if err != nil {
			return err
		}
		texts = append(texts, Text{SQL: sql, About: s.about, Honest: honest})
		return nil
	}
	for line := range strings.Lines(content) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "@"):
			if err := flush(); err != nil {
				return nil, err
			}
			if err := s.key(line[1:]); err != nil {
				return nil, err
			}
		case line == "":
			if err := flush(); err != nil {
				return nil, err
			}
		case line[0] == ' ' || line[0] == '\t':
			lines = append(lines, line)
		default:
			if err := flush(); err != nil {
				return nil, err
			}
			lines = []string{line}
		}
	}
	return texts, flush()
}

// key takes a line that begins with @.
func (s *state) key(line string) error {
	name, value, _ := strings.Cut(line, " ")
	switch name {
	case "technique", "area":
		s.about = value
	case "why", "places", "server", "needs":
	case "escape":
		s.escape = value == "go"
	case "repeat":
		s.repeat = value == "on"
	case "target":
		s.target = value == "yes"
	case "run":
		s.skip = value == "no"
	default:
		return fmt.Errorf("unknown key @%s", name)
	}
	return nil
}

// expand resolves escapes and repetitions.
func (s *state) expand(text string) (string, error) {
	if s.repeat {
		var err error
		if text, err = repeat(text); err != nil {
			return "", err
		}
	}
	if s.escape {
		plain, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
		if err != nil {
			return "", fmt.Errorf("the escapes of %.60q: %w", text, err)
		}
		text = plain
	}
	return text, nil
}

// repeat resolves ⟨text⟩N, from the left.
func repeat(text string) (string, error) {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "⟨")
		b.WriteString(before)
		if !ok {
			return b.String(), nil
		}
		unit, rest, ok := strings.Cut(rest, "⟩")
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.Atoi(rest[:digits])
		if !ok || err != nil {
			return "", fmt.Errorf("a repetition without an end or a number: %.60q", text)
		}
		b.WriteString(strings.Repeat(unit, n))
		text = rest[digits:]
	}
}
