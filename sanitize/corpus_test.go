package sanitize

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// cell is one line of testdata/cells/*.jsonl.
type cell struct {
	// Name says what the case is about.
	Name string `json:"name"`
	// Text is the value; Bytes the same in hexadecimal, where it is not valid UTF-8.
	Text  *string `json:"text"`
	Bytes *string `json:"bytes"`
	// Class, Column, OriginalBytes and MaskedBy are the rest of Input.
	Class         string `json:"class"`
	Column        string `json:"column"`
	OriginalBytes int64  `json:"original_bytes"`
	MaskedBy      string `json:"masked_by"`
	// Limit is Config.MaxCharacters; 0 is the default.
	Limit int `json:"limit"`
	// Want is the output; absent: the value as it is.
	Want *string `json:"want"`
	// Flags are the names of the kinds, in any order; absent: none.
	Flags     []string `json:"flags"`
	Detector  string   `json:"detector"`
	MediaType string   `json:"media_type"`
	// Seed makes the placeholders {alnum:36} of secrets; default: the name.
	Seed string `json:"seed"`
}

// leastCells is how many cases the corpus must have, so that a file that is
// not found any more fails the test.
const leastCells = 300

// eachLine decodes the lines of files of JSON objects. A key that is not known
// is an error: it would be an expectation that nobody holds.
func eachLine[T any](t *testing.T, pattern string, do func(name string, line T)) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no file matches %s (%v)", pattern, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(content))
		lines.Buffer(nil, 1<<20)
		for number := 1; lines.Scan(); number++ {
			var line T
			decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(&line); err != nil {
				t.Fatalf("%s:%d: %v", file, number, err)
			}
			if _, err := decoder.Token(); err != io.EOF {
				t.Fatalf("%s:%d: more than one object", file, number)
			}
			do(fmt.Sprintf("%s:%d", filepath.Base(file), number), line)
		}
		if err := lines.Err(); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
}

func TestCorpus(t *testing.T) {
	t.Parallel()
	classes := map[string]Class{"": Textual, "textual": Textual, "numeric": Numeric, "binary": Binary, "fixed": Fixed}
	count := 0
	names := map[string]bool{}
	eachLine(t, "../testdata/cells/*.jsonl", func(place string, c cell) {
		count++
		class, known := classes[c.Class]
		file, _, _ := strings.Cut(place, ":")
		if c.Name == "" || names[file+c.Name] || !known || (c.Text == nil) == (c.Bytes == nil) {
			t.Fatalf("%s: a case needs a name of its own, a class that exists, and text or bytes", place)
		}
		names[file+c.Name] = true
		t.Run(place+" "+c.Name, func(t *testing.T) {
			t.Parallel()
			checkCell(t, class, c)
		})
	})
	if count < leastCells {
		t.Errorf("%d cases, want at least %d", count, leastCells)
	}
}

func checkCell(t *testing.T, class Class, c cell) {
	t.Helper()
	s, err := New(Config{MaxCharacters: c.Limit})
	if err != nil {
		t.Fatal(err)
	}
	var text string
	if c.Text != nil {
		text = *c.Text
	} else {
		raw, err := hex.DecodeString(*c.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		text = string(raw)
	}
	text = expand(t, text, c.Seed+c.Name)
	want := text
	if c.Want != nil {
		want = expand(t, *c.Want, c.Seed+c.Name)
	}
	in := Input{Class: class, Column: c.Column, OriginalBytes: c.OriginalBytes, MaskedBy: c.MaskedBy}
	got, changes := s.Cell(text, in)
	if changes == nil {
		changes = &Changes{}
	}
	flags := slices.Sorted(slices.Values(changes.Kinds.Names()))
	if got != want || !slices.Equal(flags, slices.Sorted(slices.Values(c.Flags))) {
		t.Errorf("%+q\nbecame %+q %v\n want  %+q %v", text, got, flags, want, c.Flags)
	}
	if changes.Detector != c.Detector || changes.MediaType != c.MediaType {
		t.Errorf("detector %q, media type %q; want %q and %q", changes.Detector, changes.MediaType, c.Detector, c.MediaType)
	}
	if fault := broken(s, text, in); fault != "" {
		t.Error(fault)
	}
}
