package diagnostic_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/cmd/internal/diagnostic"
	"github.com/op-data/sqlpreview/cmd/internal/screen"
	"github.com/op-data/sqlpreview/preview"
)

// mark finds the fault: the part of text between « and ».
func mark(marked string) (text string, v preview.Violation) {
	before, rest, _ := strings.Cut(marked, "«")
	fault, after, _ := strings.Cut(rest, "»")
	line := strings.Count(before, "\n") + 1
	column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
	return before + fault + after, preview.Violation{
		Reason: "ROW_LOCK", Message: "no", Line: line, Column: column, Offset: len(before), End: len(before) + len(fault),
	}
}

func TestCaretsStandUnderTheFault(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("abcdefghi ", 30)
	for name, test := range map[string]struct{ marked, want string }{
		"plain":      {"select «now()» from t", "1 | select now() from t\n  |        ^^^^^"},
		"first":      {"«drop» table t", "1 | drop table t\n  | ^^^^"},
		"at the end": {"select 1 +«»", "1 | select 1 +\n  |           ^"},
		"empty text": {"«»", "1 | \n  | ^"},
		"third line": {"select 1,\n  2,\n  «f()»,\n  4", "3 |   f(),\n  |   ^^^"},
		"two bytes":  {"select 'grün', «f()»", "1 | select 'grün', f()\n  |                ^^^"},
		"combining":  {"select 'gru\u0308n', «f()»", "1 | select 'gru\u0308n', f()\n  |                ^^^"},
		"wide":       {"select '漢字' «for update»", "1 | select '漢字' for update\n  |               ^^^^^^^^^^"},
		"wide fault": {"select «漢字» from t", "1 | select 漢字 from t\n  |        ^^^^"},
		"emoji":      {"select '👨‍👩‍👧' «f()»", "1 | select '👨‍👩‍👧' f()\n  |             ^^^"},
		"tabs":       {"\tselect\t«f()»\tx", "1 |     select  f() x\n  |             ^^^"},
		"tab inside": {"select «a\tb» c", "1 | select a    b c\n  |        ^^^^^^"},
		"over lines": {"select «(1\n+2)» from t", "1 | select (1\n  |        ^^"},
		"CRLF":       {"select 1\r\n«for update»\r\nx", "2 | for update\n  | ^^^^^^^^^^"},
		"escape":     {"select '\x1b[2J' «f()»", "1 | select '\uFFFD[2J' f()\n  |               ^^^"},
		"bidi":       {"select '\u202e' «f()»", "1 | select '\uFFFD' f()\n  |            ^^^"},
		"not UTF-8":  {"select '\xff' «f()»", "1 | select '\uFFFD' f()\n  |            ^^^"},
		"long": {
			long + "«f()» " + long,
			"1 | ..." + long[len(long)-55:] + "f() " + long[:52] + "...\n  | " + strings.Repeat(" ", 58) + "^^^",
		},
		"long fault": {"select «" + long + "»", "1 | select " + long[:56] + "...\n  |        " + strings.Repeat("^", 59)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, v := mark(test.marked)
			var out strings.Builder
			if err := diagnostic.Violations(&out, diagnostic.Options{}, "q.sql", text, []preview.Violation{v}); err != nil {
				t.Fatal(err)
			}
			_, got, _ := strings.Cut(out.String(), "\n") // the message
			_, got, _ = strings.Cut(got, "\n")           // the place
			if got != test.want+"\n" {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestDiagnosticSaysReasonPlaceAndHint(t *testing.T) {
	t.Parallel()
	text := "select 1\nfor update"
	e := &preview.Error{
		Reason: "UNDEFINED_OBJECT", Message: "no such\ncolumn \x1b[31m", Hint: "look",
		Position: preview.Position{Line: 2, Column: 1, Offset: 9, End: 12},
	}
	var out strings.Builder
	if err := diagnostic.Error(&out, diagnostic.Options{}, "dir/q\x1b.sql", text, e); err != nil {
		t.Fatal(err)
	}
	want := "UNDEFINED_OBJECT: no such\uFFFDcolumn \uFFFD[31m\n" +
		"  --> dir/q\uFFFD.sql:2:1\n2 | for update\n  | ^^^\n  = hint: look\n"
	if out.String() != want {
		t.Errorf("got\n%q\nwant\n%q", out.String(), want)
	}

	out.Reset()
	if err := diagnostic.Error(&out, diagnostic.Options{}, "q", text, &preview.Error{Reason: "INTERNAL", Message: "m"}); err != nil {
		t.Fatal(err)
	}
	if out.String() != "INTERNAL: m\n" {
		t.Errorf("without a place: got %q", out.String())
	}

	out.Reset()
	if err := diagnostic.Error(&out, diagnostic.Options{Colour: true}, "q", text, e); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "\x1b[1;38;5;161mUNDEFINED_OBJECT\x1b[0m") {
		t.Errorf("no colour in %q", out.String())
	}
}

func TestManyViolationsAreSummedUp(t *testing.T) {
	t.Parallel()
	_, v := mark("«x»")
	violations := make([]preview.Violation, 25)
	for i := range violations {
		violations[i] = v
	}
	var out strings.Builder
	if err := diagnostic.Violations(&out, diagnostic.Options{}, "q", "x", violations); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "ROW_LOCK"); n != 20 || !strings.HasSuffix(out.String(), "\n\nand 5 more\n") {
		t.Errorf("%d violations are shown, then %q", n, out.String()[out.Len()-20:])
	}
}

// TestDiagnosticFitsTheTerminal: at every width the carets stand under the fault,
// and no line is wider than the terminal.
func TestDiagnosticFitsTheTerminal(t *testing.T) {
	t.Parallel()
	head, tail := strings.Repeat("a, ", 90), strings.Repeat(", b", 90)
	for _, width := range []int{40, 60, 80, 130, 200} {
		for _, prefix := range []string{"", "select ", "select '漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字', ", head} {
			for _, body := range []string{"f()", "pg_sleep", "漢字", strings.Repeat("x", 150)} {
				text, v := mark(prefix + "«" + body + "»" + tail)
				v.Message, v.Hint = "the function pg_sleep is not allowed in a preview, "+strings.Repeat("word ", 20), strings.Repeat("do this ", 20)
				var out strings.Builder
				if err := diagnostic.Violations(&out, diagnostic.Options{Width: width}, "q.sql", text, []preview.Violation{v}); err != nil {
					t.Fatal(err)
				}
				lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
				for i, line := range lines {
					if screen.Width(line) > width {
						t.Errorf("width %d: %q is wider", width, line)
					}
					if !strings.Contains(line, "^") {
						continue
					}
					before, _, _ := strings.Cut(line, "^")
					at := screen.Width(before)
					rest := lines[i-1]
					for screen.Width(rest) > 0 && screen.Width(lines[i-1])-screen.Width(rest) < at {
						_, size := utf8.DecodeRuneInString(rest)
						rest = rest[size:]
					}
					if beginning, _ := utf8.DecodeRuneInString(body); !strings.HasPrefix(rest, string(beginning)) {
						t.Errorf("width %d: the carets are not under the fault:\n%s", width, out.String())
					}
				}
			}
		}
	}
}

// TestViolationsStandApart: a blank line between two, the hints below each other.
func TestViolationsStandApart(t *testing.T) {
	t.Parallel()
	_, v := mark("«x»")
	v.Hint = "do"
	late := v
	late.Line = 100
	none := v
	none.Line, none.Column = 0, 0
	var out strings.Builder
	if err := diagnostic.Violations(&out, diagnostic.Options{Width: 80}, "q", "x", []preview.Violation{v, late, none}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n    = hint: do\n"); n != 3 || strings.Count(out.String(), "\n\n") != 2 {
		t.Errorf("got\n%s", out.String())
	}
}

// FuzzExcerpt: whatever the text and the place, nothing that a terminal acts on
// comes out, and the answer stays short.
func FuzzExcerpt(f *testing.F) {
	f.Add("select '漢字'\t\x1b[2J\u202e for update", 3, 20)
	f.Add("\xff\xfe\n\n", -1, 99)
	f.Fuzz(func(t *testing.T, text string, offset, end int) {
		var out strings.Builder
		v := preview.Violation{Reason: "X", Line: 1, Column: 1, Offset: offset, End: end}
		if err := diagnostic.Violations(&out, diagnostic.Options{}, "q", text, []preview.Violation{v}); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(out.String(), "\n"); n != 4 {
			t.Errorf("%d lines", n)
		}
		for _, r := range out.String() {
			if r < ' ' && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e {
				t.Errorf("%q came through", r)
			}
		}
	})
}
