package corpus_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/pgtest/corpus"
)

func TestParse(t *testing.T) {
	t.Parallel()
	text := `# a comment
@technique one
@why because
@why of this
R r | select «1»;
  «drop» table t

@escape go
R r | a\x00"b
@escape none
@repeat on
R r | ⟨(⟩3x⟨)⟩2
@technique two
R r + S s | «a» «b»
`
	cases, err := corpus.Attacks.Parse("x.txt", text)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"select 1;\n  drop table t", "a\x00\"b", "(((x))", "a b"}
	for i, c := range cases {
		if i >= len(want) || c.SQL != want[i] {
			t.Errorf("case %d: got %q", i, c.SQL)
		}
	}
	if len(cases) != len(want) {
		t.Fatalf("%d cases", len(cases))
	}
	if got := cases[0].Marks; !slices.Equal(got, [][2]int{{7, 8}, {12, 16}}) {
		t.Errorf("marks %v", got)
	}
	if got := cases[0]; got.Line != 5 || got.Where() != "x.txt:5" || !maps.Equal(got.Keys, map[string]string{"technique": "one", "why": "of this"}) {
		t.Errorf("got %+v", got)
	}
	if _, why := cases[3].Keys["why"]; why || cases[3].Keys["technique"] != "two" {
		t.Errorf("the keys of a new technique: %v", cases[3].Keys)
	}
	violations, err := cases[3].Violations()
	if err != nil || !slices.Equal(violations, []corpus.Violation{{Reason: "R", Rule: "r"}, {Reason: "S", Rule: "s"}}) {
		t.Errorf("violations %v, %v", violations, err)
	}
	if _, err := cases[0].Violations(); err == nil {
		t.Error("one expectation and two marks are taken")
	}
}

func TestFaultsAreNamedWithTheirLine(t *testing.T) {
	t.Parallel()
	for text, line := range map[string]string{
		"R r | a\n@colour red\n":        "x.txt:2",
		"@escape yes\n":                 "x.txt:1",
		"@technique\n":                  "x.txt:1",
		"\nno reason\n":                 "x.txt:2",
		"@repeat on\nR r | ⟨(⟩x\n":      "x.txt:2",
		"@repeat on\nR r | ⟨(\n":        "x.txt:2",
		"@escape go\nR r | \\q\n":       "x.txt:2",
		"R r | «open\n":                 "x.txt:1",
		"  begins with space\n":         "x.txt:1",
		"R r | a\n\n  behind a break\n": "x.txt:3",
		"@technique x\n  behind a key":  "x.txt:2",
	} {
		if _, err := corpus.Attacks.Parse("dir/x.txt", text); err == nil || !strings.HasPrefix(err.Error(), line+": ") {
			t.Errorf("%q: %v, want %s", text, err, line)
		}
	}
}

func TestATextWithoutAHeadStandsAsItIs(t *testing.T) {
	t.Parallel()
	cases, err := corpus.Allowed.Parse("x.txt", "@area a\nselect 1 | 2 «\n")
	if err != nil || len(cases) != 1 || cases[0].SQL != "select 1 | 2 «" || cases[0].Head != "" {
		t.Errorf("got %+v, %v", cases, err)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if _, err := corpus.Read(folder, corpus.Allowed); err == nil {
		t.Error("an empty folder is read")
	}
	for name, text := range map[string]string{"b.txt": "select 2\n", "a.txt": "select 1\n", "README.md": "no case\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cases, err := corpus.Read(folder, corpus.Allowed)
	if err != nil || len(cases) != 2 || cases[0].SQL != "select 1" || cases[1].SQL != "select 2" {
		t.Errorf("got %+v, %v", cases, err)
	}
}
