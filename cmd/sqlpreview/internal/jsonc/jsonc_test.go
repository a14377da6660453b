package jsonc

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestStandardize(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", `{"a": [1, 2]}`, `{"a": [1, 2]}`},
		{"line comment", "{ // why\n\"a\": 1}", "{       \n\"a\": 1}"},
		{"line comment at the end", "{} // why", "{}       "},
		{"carriage return", "{// why\r\n}", "{      \r\n}"},
		{"block comment", "{/* a\n b */\"a\": 1}", "{    \n     \"a\": 1}"},
		{"block comments are not nested", `/*/* */{}`, `       {}`},
		{"slash after star star", `/***/{}`, `     {}`},
		{"no end is left alone", `{} /* a`, `{} /* a`},
		{"slash star slash has no end", `/*/ {}`, `/*/ {}`},
		{"lone slash is left alone", `{/}`, `{/}`},
		{"slash at the end", `{}/`, `{}/`},
		{"comment in a string", `{"a": "// b /* c */"}`, `{"a": "// b /* c */"}`},
		{"quote in a string", `{"a": "\"// b"}`, `{"a": "\"// b"}`},
		{"backslash before the end of a string", `{"a": "b\\"} // c`, `{"a": "b\\"}     `},
		{"comma before a bracket", `{"a": [1,2,],}`, `{"a": [1,2 ] }`},
		{"comma, comment, bracket", "[1, // one\n]", "[1        \n]"},
		{"two commas are a fault", `[1,,]`, `[1,,]`},
		{"a comma alone is a fault", `[,] {,}`, `[,] {,}`},
		{"comma in a string", `[",]"]`, `[",]"]`},
		{"nothing", ``, ``},
	} {
		if got := string(Standardize([]byte(test.text))); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// FuzzStandardize: what is JSON stays as it is, byte for byte; nothing moves; and
// twice is once.
func FuzzStandardize(f *testing.F) {
	for _, seed := range []string{`{"a": "//"} // b`, "[1,/* */]", `"\`, `{"a":"\\"}`, "/**/", "/", "\"\n//"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		got := Standardize(text)
		switch {
		case !bytes.Equal(text, before):
			t.Error("the argument was written to")
		case len(got) != len(text) || bytes.Count(got, []byte("\n")) != bytes.Count(text, []byte("\n")):
			t.Errorf("%q became %q", text, got)
		case json.Valid(text) && !bytes.Equal(got, text):
			t.Errorf("the JSON %q became %q", text, got)
		}
	})
}
