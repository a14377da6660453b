package server

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNamedBearerTokens(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokens")
	content := "agent-1:the-first-token-of-agent-1\nagent-1:the-next-token-of-agent-1\nreports:a-token-of-the-reports\na-token-without-a-name\n"
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	authenticate, err := BearerTokenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		"the-first-token-of-agent-1":         "bearer:agent-1",
		"the-next-token-of-agent-1":          "bearer:agent-1",
		"a-token-of-the-reports":             "bearer:reports",
		"a-token-without-a-name":             "bearer",
		"agent-1:the-first-token-of-agent-1": "",
		"agent-1":                            "",
	} {
		caller, err := authenticate(t.Context(), Credentials{Header: http.Header{"Authorization": {"Bearer " + given}}})
		if caller.Subject != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, want %q: %v", given, caller.Subject, want, err)
		}
	}
}

// TestFaultyTokenFile: the fault names the line, and nothing that is in it.
func TestFaultyTokenFile(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		":a-token-without-its-name", "Agent:a-token-of-somebody", "agent 1:a-token-of-somebody", "agent_1:a-token-of-somebody", "agent:short",
		"agent:a-token-that-has:a-colon", "A-token:that-has-a-colon-itself", "short", strings.Repeat("a", 65) + ":a-token-of-somebody",
	} {
		path := filepath.Join(t.TempDir(), "tokens")
		if err := os.WriteFile(path, []byte("a-token-without-a-name\n\n"+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := BearerTokenFile(path)
		if err == nil || !strings.Contains(err.Error(), "line 3 ") || strings.Contains(err.Error(), "somebody") || strings.Contains(err.Error(), "itself") {
			t.Errorf("%q: got %v", line, err)
		}
	}
}
