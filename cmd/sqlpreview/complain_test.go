package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestComplaintsMoveNoTerminal: a hostile file name comes with a checkout.
func TestComplaintsMoveNoTerminal(t *testing.T) {
	const hostile = "x\x1b[31m\u202e\u009b"
	for _, arguments := range [][]string{
		{"check", "/nonexistent/" + hostile}, {"check", "--" + hostile}, {hostile},
		{"query", "--dsn-file", "/nonexistent/" + hostile, "select 1"}, {"serve", "--config", "/nonexistent/" + hostile},
		{"verify-log", "/nonexistent/" + hostile},
	} {
		var out bytes.Buffer
		code := run(arguments, &environment{
			stdin: strings.NewReader(""), stdout: &out, stderr: &out, getenv: func(string) string { return "" }, environ: os.Environ,
		})
		if code == exitOK || out.Len() == 0 {
			t.Errorf("%q: exit code %d, said %q", arguments, code, out.String())
		}
		if strings.ContainsAny(out.String(), "\x1b\u202e\u009b") {
			t.Errorf("%q: said %q", arguments, out.String())
		}
	}
}
