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
