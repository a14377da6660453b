package mutation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Failure is a test that fails with a mutant and passes without.
type Failure struct {
	// Package is the package's folder in the module, Test the test's name, which
	// is empty when the test process died without naming one.
	Package, Test string
}

// String returns the package's folder and the test.
func (f Failure) String() string {
	if f.Test == "" {
		return f.Package + ": the test process dies"
	}
	return f.Package + " " + f.Test
}

// defaultTestTime is [Runner.TestTime] when that is 0.
const defaultTestTime = 10 * time.Minute

// Tests is the last oracle: it runs the tests of the packages that the mutant
// edits. A test counts when it fails with the mutant twice, the second time
// without the other tests beside it, and passes without the mutant; what a busy
// machine, a missing server or a standing fault breaks counts for nothing.
//
// An error means that the tests could not be built or run.
func (r Runner) Tests(ctx context.Context, m Mutant) ([]Failure, error) {
	var failures []Failure
	for _, pkg := range packages(m) {
		failed, err := r.testPackage(ctx, m, pkg)
		if err != nil {
			return nil, fmt.Errorf("%s: the tests of %s: %w", m.Name, pkg, err)
		}
		failures = append(failures, failed...)
	}
	return failures, nil
}

// packages returns the folders that a mutant edits files of.
func packages(m Mutant) []string {
	var folders []string
	for name := range m.Edits {
		folders = append(folders, path.Dir(name))
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

func (r Runner) testPackage(ctx context.Context, m Mutant, pkg string) ([]Failure, error) {
	scratch, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch) //nolint:errcheck // a temporary folder
	overlay, err := r.overlay(m, scratch)
	if err != nil {
		return nil, err
	}
	mutant, product := filepath.Join(scratch, "mutant.test"), filepath.Join(scratch, "product.test")
	if err := r.buildTests(ctx, pkg, mutant, "-overlay", overlay); err != nil {
		return nil, err
	}
	first, err := r.runTests(ctx, pkg, mutant, nil)
	if err != nil || first.passed {
		return nil, err
	}
	again, err := r.runTests(ctx, pkg, mutant, first.failed)
	if err != nil || again.passed {
		return nil, err
	}
	if err := r.buildTests(ctx, pkg, product); err != nil {
		return nil, err
	}
	without, err := r.runTests(ctx, pkg, product, first.failed)
	if err != nil {
		return nil, err
	}
	return blamed(pkg, again, without), nil
}

// blamed returns what fails with the mutant and passes without.
func blamed(pkg string, with, without tested) []Failure {
	var failures []Failure
	for _, name := range with.failed {
		if !slices.Contains(without.failed, name) && (without.passed || len(without.failed) > 0) {
			failures = append(failures, Failure{pkg, name})
		}
	}
	if len(with.failed) == 0 && without.passed {
		failures = append(failures, Failure{Package: pkg})
	}
	return failures
}

func (r Runner) buildTests(ctx context.Context, pkg, binary string, flags ...string) error {
	args := append([]string{"test", "-c", "-vet=off", "-o", binary}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "./"+pkg)...)
	cmd.Dir = r.Root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("they do not build: %w: %s", err, out)
	}
	return nil
}

// tested is what became of a run of tests.
type tested struct {
	passed bool
	failed []string // the tests that failed, without their parts
}

// runTests runs a test binary in its package's folder: the tests called only,
// or all.
func (r Runner) runTests(ctx context.Context, pkg, binary string, only []string) (tested, error) {
	limit := r.TestTime
	if limit == 0 {
		limit = defaultTestTime
	}
	args := []string{"-test.timeout", limit.String()}
	if len(only) > 0 {
		args = append(args, "-test.run", "^("+strings.Join(only, "|")+")$")
	}
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir = filepath.Join(r.Root, filepath.FromSlash(pkg))
	// A test that skips itself for want of a server would notice nothing.
	cmd.Env = append(os.Environ(), "CI=true")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return tested{}, ctx.Err()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return tested{}, err
	}
	return readTests(out, err == nil, limit)
}

// failedTest is the line that the testing package prints for a failed test; the
// lines of its parts are indented.
var failedTest = regexp.MustCompile(`(?m)^--- FAIL: (\S+) \(`)

// readTests reads what a test binary printed.
func readTests(out []byte, passed bool, limit time.Duration) (tested, error) {
	t := tested{passed: passed}
	if passed {
		return t, nil
	}
	for _, match := range failedTest.FindAllSubmatch(out, -1) {
		if name := string(match[1]); !slices.Contains(t.failed, name) {
			t.failed = append(t.failed, name)
		}
	}
	if len(t.failed) == 0 && bytes.Contains(out, []byte("panic: test timed out")) {
		return t, fmt.Errorf("they were not done in %v", limit)
	}
	return t, nil
}
