package main

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestReadmeNamesEverything: every setting and every command has a place in the
// README, which names no setting that there is not.
func TestReadmeNamesEverything(t *testing.T) {
	content, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, settings, found := strings.Cut(string(content), "## Settings\n")
	settings, _, ended := strings.Cut(settings, "\n## ")
	if !found || !ended {
		t.Fatal("the README has no section of settings")
	}
	known := (&config{}).settings()
	told := map[string]bool{}
	for line := range strings.Lines(settings) {
		cell, isRow := strings.CutPrefix(line, "| ")
		cell, _, _ = strings.Cut(cell, " | ")
		// Every other part stands in backticks.
		for i, name := range strings.Split(cell, "`") {
			if isRow && i%2 == 1 {
				told[name] = true
			}
		}
	}
	for name := range known {
		if !told[name] {
			t.Errorf("the README lacks the setting %s", name)
		}
	}
	for name := range told {
		if _, ok := known[name]; !ok && name != "OP_PREVIEW_DSN" {
			t.Errorf("there is no setting %s", name)
		}
	}
	line := reflect.TypeFor[commandLine]()
	for i := range line.NumField() {
		field := line.Field(i)
		name := field.Tag.Get("name")
		if name == "" {
			name = strings.ToLower(field.Name)
		}
		if !strings.Contains(string(content), "\n| `"+name+" ") && !strings.Contains(string(content), "\n| `"+name+"` ") {
			t.Errorf("the README lacks the command %s", name)
		}
	}
}
