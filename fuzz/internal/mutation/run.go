package mutation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/fuzz"
)

// Verdict is what became of a mutant.
type Verdict struct {
	Mutant
	// Findings are what the harness found within the time.
	Findings []fuzz.Finding
	// Died tells that the process ended by itself: its last words.
	Died string
	// Tests are what failed of the tests of the package that holds the defence;
	// they are run when the harness noticed nothing.
	Tests []Failure
	// Cases and Seconds are how much it took.
	Cases   int
	Seconds float64
}

// ByHarness reports whether the harness noticed.
func (v Verdict) ByHarness() bool { return len(v.Findings) > 0 || v.Died != "" }

// Noticed reports whether anything did.
func (v Verdict) Noticed() bool { return v.ByHarness() || len(v.Tests) > 0 }

// Runner builds and runs mutants.
type Runner struct {
	// Root is the module's folder.
	Root string
	// Time is how long the harness may run in each.
	Time time.Duration
	// TestTime is how long the tests of one package may run. 0: 10 minutes.
	TestTime time.Duration
	// Seed is where the randomness of each starts.
	Seed int64
}

// stopped is what the harness says when it could not go on for a reason of its
// own; a process that dies says nothing of the kind.
const stopped = "the harness could not go on"

// Run builds a mutant and runs the harness in it. A Mutant without edits is the
// product as it is.
func (r Runner) Run(ctx context.Context, m Mutant) (Verdict, error) {
	v := Verdict{Mutant: m}
	scratch, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return v, err
	}
	defer os.RemoveAll(scratch) //nolint:errcheck // a temporary folder
	binary := filepath.Join(scratch, "harness")
	if err := r.build(ctx, m, scratch, binary); err != nil {
		return v, fmt.Errorf("%s: %w", m.Name, err)
	}
	report := filepath.Join(scratch, "report.json")
	start := time.Now()
	// A small stack, as threads have it in some containers: what bounds the
	// parser's depth must do so there too.
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", `ulimit -S -s 1024; exec "$0" "$@"`, binary, "-time", r.Time.String(), "-stop-after", "1", "-no-shrink",
		"-seed", strconv.FormatInt(r.Seed, 10), "-report", report)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	out, err := cmd.CombinedOutput()
	v.Seconds = time.Since(start).Seconds()
	if ctx.Err() != nil {
		return v, ctx.Err()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return v, err
	}
	text, readErr := os.ReadFile(report)
	if readErr != nil {
		if strings.Contains(string(out), stopped) {
			return v, fmt.Errorf("%s: %s", m.Name, lastWords(string(out)))
		}
		v.Died = lastWords(string(out))
		return v, nil
	}
	var result fuzz.Report
	if err := json.Unmarshal(text, &result); err != nil {
		return v, fmt.Errorf("%s: its report: %w", m.Name, err)
	}
	v.Findings, v.Cases = result.Findings, result.Cases
	return v, nil
}

func (r Runner) build(ctx context.Context, m Mutant, scratch, binary string) error {
	overlay, err := r.overlay(m, scratch)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-o", binary, "./fuzz/cmd/sqlpreview-fuzz")
	cmd.Dir = r.Root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("it does not build: %w: %s", err, out)
	}
	return nil
}

// overlay writes the mutated files to scratch and returns the name of the file
// that tells the Go toolchain of them.
func (r Runner) overlay(m Mutant, scratch string) (string, error) {
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for name, edits := range m.Edits {
		path := filepath.Join(r.Root, filepath.FromSlash(name))
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		mutated, err := Apply(string(text), edits)
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		copied := filepath.Join(scratch, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(copied, []byte(mutated), 0o600); err != nil {
			return "", err
		}
		overlay.Replace[path] = copied
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	file := filepath.Join(scratch, "overlay.json")
	return file, os.WriteFile(file, text, 0o600)
}

// lastWords are what a process said when it died: its signal or panic.
func lastWords(out string) string {
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "SIG") || strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") || strings.HasPrefix(line, "runtime:") {
			return strings.TrimSpace(line)
		}
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return "ended: " + lines[len(lines)-1]
}
