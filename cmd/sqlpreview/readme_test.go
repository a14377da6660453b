package main

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestReadmeNamesEverything: every command has a place in the README. That every
// setting has is TestGeneratedReadme's.
func TestReadmeNamesEverything(t *testing.T) {
	content, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
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
