package dial

import (
	"os"
	"path/filepath"
	"testing"
)

// TestTokenFileKeepsTheLastToken: what cannot be read, or is being written, leaves the
// last token in force and is reported once.
func TestTokenFileKeepsTheLastToken(t *testing.T) {
	t.Parallel()
	var reported []string
	path := filepath.Join(t.TempDir(), "token")
	file := &tokenFile{path: path, last: "first", onError: func(err error) { reported = append(reported, err.Error()) }}
	for _, step := range []struct{ content, want string }{
		{"first\n", "first"},
		{"", "first"},
		{" \n", "first"},
		{"second\nold\n", "second"},
	} {
		if err := os.WriteFile(path, []byte(step.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := file.token(); got != step.want {
			t.Errorf("%q: got %q", step.content, got)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got := file.token(); got != "second" {
			t.Errorf("without the file: got %q", got)
		}
	}
	if len(reported) != 2 {
		t.Errorf("reported %q", reported)
	}
}
