package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// goName matches what an operator never reads: a Go selector, or the name of a
// package before a message.
var goName = regexp.MustCompile(`\b[A-Z][a-z]+[A-Za-z]*\.[A-Z][A-Za-z]+\b|(^|: )(server|preview|connections|doctor|auth|sanitize|egress|client|dsn): `)

// TestMistakes holds each message of testdata/mistakes.txt to what it must say: what
// is wrong, where and what to do, without a secret and without Go's names.
func TestMistakes(t *testing.T) {
	content, err := os.ReadFile("testdata/mistakes.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cases++
		t.Run(line, func(t *testing.T) {
			dir, err := os.MkdirTemp("/tmp", "mistakes") // a socket's path must be short
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			parts := strings.SplitN(strings.ReplaceAll(line, "{DIR}", dir), " | ", 3)
			if len(parts) != 3 {
				t.Fatal("the line has not three parts")
			}
			environ := strings.Split(strings.ReplaceAll(parts[1], " OP_", "\nOP_"), "\n")
			getenv := func(name string) string {
				for _, entry := range environ {
					if value, ok := strings.CutPrefix(entry, name+"="); ok {
						return value
					}
				}
				return ""
			}
			var out bytes.Buffer
			done := make(chan int, 1)
			go func() {
				done <- run(words(parts[0]), &environment{
					stdin: strings.NewReader(""), stdout: &out, stderr: &out, getenv: getenv, environ: func() []string { return environ },
				})
			}()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			select {
			case code := <-done:
				if code == exitOK {
					t.Errorf("exit code 0")
				}
			case <-ctx.Done():
				t.Fatal("it does not end")
			}
			said := out.String()
			if !strings.Contains(said, parts[2]) {
				t.Errorf("it says\n%s\nwant %q", said, parts[2])
			}
			if strings.Contains(said, "hunter2") {
				t.Errorf("it shows a secret:\n%s", said)
			}
			if name := goName.FindString(said); name != "" {
				t.Errorf("it has Go's name %q:\n%s", name, said)
			}
			for line := range strings.Lines(said) {
				if strings.Count(said, "\n") < 4 && len(line) > 330 {
					t.Errorf("a line is %d bytes long:\n%s", len(line), said)
				}
			}
		})
	}
	if cases < 40 {
		t.Errorf("only %d mistakes", cases)
	}
}

// words cuts a command line at spaces outside of single quotes.
func words(line string) (words []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}
