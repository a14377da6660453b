package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCompletionsNameNoPath: what is installed on other machines must not hold where
// this binary lies, and each shell takes it.
func TestCompletionsNameNoPath(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		text := printed(t, "completion", shell)
		if strings.Contains(text, "/"+filepath.Base(t.TempDir())) || strings.Contains(text, ".test") {
			t.Errorf("%s: the completion holds this binary's path", shell)
		}
		for _, want := range []string{"verify-log", "max-rows", "print-config", "max_in_flight"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the completion lacks %s", shell, want)
			}
		}
	}
	check := exec.CommandContext(t.Context(), "bash", "-n")
	check.Stdin = strings.NewReader(printed(t, "completion", "bash"))
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("bash: %v: %s", err, out)
	}
}

// TestManualNamesEverything: every command has a place on one page, every setting on
// the other.
func TestManualNamesEverything(t *testing.T) {
	page := printed(t, "man")
	for _, name := range commandNames() {
		if !strings.Contains(page, `.SS "sqlpreview `+strings.ReplaceAll(name, "-", `\-`)) {
			t.Errorf("sqlpreview(1) lacks %s", name)
		}
	}
	settings := printed(t, "man", "5")
	for key := range defaults().settings() {
		if !strings.Contains(settings, "\n.B "+key+" (") {
			t.Errorf("sqlpreview.jsonc(5) lacks %s", key)
		}
	}
	// mandoc or man look at it in deploy/verify; here is only what any reader needs.
	if !strings.HasPrefix(page, ".TH ") || !strings.Contains(page, "\n.SH NAME\nsqlpreview \\- ") {
		t.Errorf("the page begins %.80q", page)
	}
}
