package main

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDeployNamesSettingsThatAre: the worker itself refuses a variable of its prefix
// that is no setting, and knows those that unit and manifest give it.
func TestDeployNamesSettingsThatAre(t *testing.T) {
	names := regexp.MustCompile(`\bOP_TEMPORAL_[A-Z_]+`)
	for file, atLeast := range map[string]int{"deploy/sqlpreview-worker.service": 5, "deploy/kubernetes.yaml": 8} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var environ []string
		for _, name := range names.FindAllString(string(content), -1) {
			environ = append(environ, name+"=x")
		}
		if len(environ) < atLeast {
			t.Errorf("%s names %d settings", file, len(environ))
		}
		for _, with := range []string{"", "OP_TEMPORAL_ADRESS=x"} {
			var stderr strings.Builder
			status := run([]string{"version"}, &environment{
				stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr,
				getenv: func(string) string { return "" }, environ: func() []string { return append(environ, with) },
			})
			if want := with == ""; (status == exitOK) != want {
				t.Errorf("%s with %q: status %d: %s", file, with, status, stderr.String())
			}
		}
	}
}
