package connections

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// FuzzStored: whatever is stored for a connection, reading it gives a connection
// or an error that holds no value of it, and printing a connection shows none.
func FuzzStored(f *testing.F) {
	for _, stored := range []string{
		"postgres://u:HIDDEN@h/d", "host=h user=u password=HIDDEN dbname=d", "host=h user=u password='HIDDEN' dbname='d'", `{"url":"postgres://u:HIDDEN@h:5432/d?sslmode=require"}`,
		`{"host":"h","port":5432,"database":"d","user":"u","password":"HIDDEN"}`, `{"host":"h","database":"d","user":"u","password":"HIDDEN\\' host=x"}`, `"postgres://u:HIDDEN@h/d"`,
		`{"dsn":"HIDDEN","host":"h"}`, `{"host":{"secret":"vault://HIDDEN"}}`, `{"password":["HIDDEN"]}`, `{"password":"HIDDEN","password":"HIDDEN"}`, `{"HIDDEN":1}`, `{"HIDDEN":1,"HIDDEN":2}`, `{"url":{"secret":"HIDDEN:x"}}`, `{"url":{"HIDDEN":"x"}}`, "postgres://u:HIDDEN@h:port/d", "postgres://u:HIDDEN@[::1/d", "password=HIDDEN host", "", "{", "null", "\x00HIDDEN",
	} {
		f.Add([]byte(stored))
	}
	for _, text := range secretTexts(f, "../../testdata/cells/secrets.jsonl") {
		object, err := json.Marshal(map[string]string{"url": text, "password": text})
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(text))
		f.Add(object)
	}
	const hidden = "h1dd3nV4lu3"
	f.Fuzz(func(t *testing.T, stored []byte) {
		if bytes.Contains(stored, []byte(hidden)) {
			return
		}
		stored = bytes.ReplaceAll(stored, []byte("HIDDEN"), []byte(hidden))
		connection, err := Policy{}.read(t.Context(), stored)
		if err != nil {
			if text := fmt.Sprintf("%s %+v %#v", err, err, err); strings.Contains(text, hidden) {
				t.Fatalf("the error of %q shows the secret: %s", stored, text)
			}
			return
		}
		if text := fmt.Sprintf("%v %+v %#v %s", connection, connection, connection, connection.DSN); strings.Contains(text, hidden) {
			t.Fatalf("printing the connection of %q shows the secret: %s", stored, text)
		}
	})
}

// secretTexts returns the texts with secrets that sanitize is tested with. Where
// they say how a secret is made, it is HIDDEN.
func secretTexts(f *testing.F, file string) (texts []string) {
	f.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	made := regexp.MustCompile(`\{[a-z0-9]+:[0-9]+\}`)
	for line := range strings.Lines(string(content)) {
		var cell struct{ Text string }
		if err := json.Unmarshal([]byte(line), &cell); err != nil {
			f.Fatal(err)
		}
		texts = append(texts, made.ReplaceAllString(cell.Text, "HIDDEN"))
	}
	return texts
}
