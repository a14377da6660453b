package jsonline_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/server/jsonline"
)

func TestEscape(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"plain", `{"a":"b"}` + "\n", `{"a":"b"}` + "\n"},
		{"letters of any script", `"Grüße 漢字 é"`, `"Grüße 漢字 é"`},
		{"an override", "\"a\u202eb\"", `"a\u202eb"`},
		{"isolates and marks", "\"\u2066\u2069\u200f\u061c\"", `"\u2066\u2069\u200f\u061c"`},
		{"hidden", "\"\u200b\ufeff\u00ad\"", `"\u200b\ufeff\u00ad"`},
		{"controls that JSON lets through", "\"\x7f\u0085\u009b\"", `"\u007f\u0085\u009b"`},
		{"above the basic plane", "\"\U000e0041😀\"", `"\udb40\udc41😀"`},
		{"no UTF-8", "\"\xff\ufffd\"", `"\ufffd` + "\ufffd\""},
	} {
		if got := string(jsonline.Escape([]byte(c.text))); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 127)
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", ""},
		{"plain", "shop-1 (east)", "shop-1 (east)"},
		{"letters of any script", "Grüße 漢字", "Grüße 漢字"},
		{"as long as may be", long + "b", long + "b"},
		{"one byte more", long + "bc", long + "b"},
		{"cut before a character, not in it", long + "é", long},
		{"cut before a long character", long[:125] + "😀", long[:125]},
		{"controls", "a\n\x1b[2J\u009bb\x7f", "a\ufffd\ufffd[2J\ufffdb\ufffd"},
		{"overrides and hidden characters", "a\u202e\u2066\u200b\ufeffb", "a\ufffd\ufffd\ufffd\ufffdb"},
		{"no UTF-8", "a\xff\xc3", "a\ufffd\ufffd"},
		{"continuation bytes alone", strings.Repeat("\x80", 500), strings.Repeat("\ufffd", 42)},
		{"controls alone", strings.Repeat("\x00", 500), strings.Repeat("\ufffd", 42)},
	} {
		got := jsonline.Bounded(c.text)
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if again := jsonline.Bounded(got); again != got {
			t.Errorf("%s: again it is %q", c.name, again)
		}
	}
}

// A line of a log has the values that were written, and nothing that acts.
func TestLogLine(t *testing.T) {
	var out bytes.Buffer
	const id = "shop\u202e\x1b[2J\u009b\nnext"
	slog.New(slog.NewJSONHandler(jsonline.Writer(&out), nil)).Info("request", "connection_id", id)
	line, more, _ := strings.Cut(out.String(), "\n")
	if more != "" || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("got %q", out.String())
	}
	var read map[string]any
	if err := json.Unmarshal([]byte(line), &read); err != nil || read["connection_id"] != id {
		t.Errorf("read %v: %v", read, err)
	}
}

// FuzzEscape: the escaped text reads as the same value and has only printable
// characters.
func FuzzEscape(f *testing.F) {
	for _, text := range []string{"", "a", "\u202e", "\x7f", "\xff", "😀\U000e0041", `\u202e"`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		encoded, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		escaped := jsonline.Escape(encoded)
		var before, after string
		if json.Unmarshal(encoded, &before) != nil || json.Unmarshal(escaped, &after) != nil || before != after {
			t.Errorf("%s reads as %q, not %q", escaped, after, before)
		}
		if !utf8.Valid(escaped) || bytes.ContainsFunc(escaped, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("got %q", escaped)
		}
	})
}
