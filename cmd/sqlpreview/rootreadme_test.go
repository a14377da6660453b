package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview"
)

// readmeLines is how long the README at the root may become: what does not fit
// belongs to a package's own page.
const readmeLines = 150

func rootReadme(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestRootReadmeIsShort(t *testing.T) {
	t.Parallel()
	if n := strings.Count(rootReadme(t), "\n"); n > readmeLines {
		t.Errorf("README.md has %d lines, at most %d are allowed", n, readmeLines)
	}
}

// TestRootReadmeLinks checks that what the README links to exists, down to the
// heading.
func TestRootReadmeLinks(t *testing.T) {
	t.Parallel()
	links := regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(rootReadme(t), -1)
	if len(links) == 0 {
		t.Fatal("README.md has no links")
	}
	for _, link := range links {
		if strings.HasPrefix(link[1], "https:") {
			continue
		}
		file, heading, _ := strings.Cut(link[1], "#")
		content, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil {
			t.Errorf("%s: %v", link[1], err)
			continue
		}
		found := heading == ""
		for line := range strings.Lines(string(content)) {
			title, isHeading := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
			found = found || isHeading && line[0] == '#' &&
				strings.ReplaceAll(strings.ToLower(strings.TrimSpace(title)), " ", "-") == heading
		}
		if !found {
			t.Errorf("%s: there is no such heading", link[1])
		}
	}
}

// TestRootReadmeRefusal checks that check prints what the README shows, up to the
// dots.
func TestRootReadmeRefusal(t *testing.T) {
	t.Parallel()
	shown := regexp.MustCompile(`(?s)\$ printf '([^']+)' \| sqlpreview check\n(.*?)\n\.\.\.\n`).FindStringSubmatch(rootReadme(t))
	if shown == nil {
		t.Fatal("README.md shows no check")
	}
	var stdout, stderr bytes.Buffer
	code := run([]string{"check"}, &environment{
		stdin:  strings.NewReader(strings.ReplaceAll(shown[1], `\n`, "\n")),
		stdout: &stdout, stderr: &stderr,
		getenv: func(string) string { return "" }, environ: func() []string { return nil },
	})
	if code != exitRefused {
		t.Errorf("check exits with %d, want %d: %s", code, exitRefused, &stderr)
	}
	if got := stdout.String() + stderr.String(); !strings.HasPrefix(got, shown[2]) {
		t.Errorf("check prints\n%s\nREADME.md shows\n%s", got, shown[2])
	}
}

// TestRootReadmePromise checks the figures of the promise against the limits that
// a configuration cannot raise.
func TestRootReadmePromise(t *testing.T) {
	t.Parallel()
	readme := rootReadme(t)
	for _, row := range []string{
		fmt.Sprintf("| rows | %d |", preview.HardMaxRows),
		fmt.Sprintf("| time | %d s |", int(preview.HardTimeout.Seconds())),
		fmt.Sprintf("| cell | %d characters |", preview.HardMaxCellCharacters),
		fmt.Sprintf("as preview_query limit %d`", preview.HardMaxRows),
	} {
		if !strings.Contains(readme, row) {
			t.Errorf("README.md lacks %q", row)
		}
	}
}

// TestContributingNamesTheDecidingCode holds the table of rules to the code: each file
// or folder in it exists, and each file has the words that the table names after it.
func TestContributingNamesTheDecidingCode(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rows, found := strings.Cut(string(content), "| rule | decided in | also |\n")
	rows, _, ended := strings.Cut(rows, "\n\n")
	if !found || !ended {
		t.Fatal("CONTRIBUTING.md has no table of rules")
	}
	for row := range strings.Lines(rows) {
		folder, name, text := "", "", ""
		for _, quoted := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row, -1) {
			word := quoted[1]
			switch {
			case strings.Contains(word, "/"):
				folder, name = filepath.Dir(word), word
			case strings.HasSuffix(word, ".go"), strings.HasSuffix(word, ".txt"):
				name = filepath.Join(folder, word)
			default:
				if !regexp.MustCompile(`\b` + regexp.QuoteMeta(word) + `\b`).MatchString(text) {
					t.Errorf("%s does not have %q", name, word)
				}
				continue
			}
			info, err := os.Stat(filepath.Join("../..", name))
			if err != nil {
				t.Error(err)
				continue
			}
			if info.IsDir() {
				continue
			}
			file, err := os.ReadFile(filepath.Join("../..", name))
			if err != nil {
				t.Error(err)
			}
			text = string(file)
		}
	}
}
