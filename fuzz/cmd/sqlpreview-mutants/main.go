// Command sqlpreview-mutants switches the product's defences off one at a time
// and shows which oracle of the harness notices, after how many cases. Where
// none does within a minute, the tests of the package that holds the defence
// are the last oracle, and the first of them that fails is named. Run it in the
// module; it needs the Go toolchain, and some minutes for a mutant that the
// harness does not notice.
//
// It exits 0 when every mutant was noticed, by the harness unless its file says
// why that cannot be; 1 when one was not, 2 when it could not run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/op-data/sqlpreview/fuzz"
	"github.com/op-data/sqlpreview/fuzz/internal/mutation"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	survivors, err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintf(os.Stderr, "sqlpreview-mutants: %v\n", err)
		os.Exit(2)
	case survivors > 0:
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (survivors int, err error) {
	flags := flag.NewFlagSet("sqlpreview-mutants", flag.ContinueOnError)
	flags.SetOutput(stderr)
	limit := flags.Duration("time", time.Minute, "how long the harness may run in each mutant")
	testLimit := flags.Duration("test-time", 0, "how long the tests of one package may run; 0 means 10m")
	seed := flags.Int64("seed", 1, "where the randomness of each starts")
	only := flags.String("only", "", "the mutants to run, separated by commas; empty means all")
	if err := flags.Parse(args); err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return 0, errors.New("run it inside the module: go list -m fails here")
	}
	runner := mutation.Runner{Root: strings.TrimSpace(string(out)), Time: *limit, TestTime: *testLimit, Seed: *seed}
	mutants, err := mutation.All()
	if err != nil {
		return 0, err
	}
	known, err := baseline(ctx, runner, stderr)
	if err != nil {
		return 0, err
	}
	fmt.Fprintln(stdout, "| defence switched off | noticed by | technique | cases | seconds |\n| --- | --- | --- | --- | --- |")
	for _, m := range mutants {
		if *only != "" && !strings.Contains(","+*only+",", ","+m.Name+",") {
			continue
		}
		v, err := runner.Run(ctx, m)
		if ctx.Err() != nil {
			return survivors, ctx.Err()
		}
		if err != nil { // one mutant's trouble is not the others'
			survivors++
			fmt.Fprintf(stdout, "| %s | **it could not be tried** | | | |\n", m.Defence)
			fmt.Fprintf(stderr, "%v\n", err)
			continue
		}
		v.Findings = fresh(v.Findings, known)
		if !v.ByHarness() {
			start := time.Now()
			v.Tests, err = runner.Tests(ctx, m)
			v.Seconds += time.Since(start).Seconds()
			if ctx.Err() != nil {
				return survivors, ctx.Err()
			}
			if err != nil {
				fmt.Fprintf(stderr, "%v\n", err)
			}
			fmt.Fprintf(stderr, "%s: the harness noticed nothing in %d cases; tests that fail: %v\n", m.Name, v.Cases, v.Tests)
		}
		if !v.Noticed() || !v.ByHarness() && m.Spare == "" {
			survivors++
		}
		fmt.Fprintln(stdout, row(v))
		for _, f := range v.Findings {
			fmt.Fprintf(stderr, "%s: %s (%s): %s\n  %.300q\n", m.Name, f.Oracle, f.Kind, f.Detail, f.SQL)
		}
	}
	return survivors, nil
}

// baseline runs the product as it is; what it finds says nothing about mutants.
func baseline(ctx context.Context, runner mutation.Runner, stderr io.Writer) ([]fuzz.Finding, error) {
	v, err := runner.Run(ctx, mutation.Mutant{Name: "none"})
	if err != nil {
		return nil, err
	}
	if v.Died != "" {
		return nil, fmt.Errorf("the product as it is does not survive: %s", v.Died)
	}
	fmt.Fprintf(stderr, "nothing switched off: %d cases in %.0f s, %d findings\n", v.Cases, v.Seconds, len(v.Findings))
	for _, f := range v.Findings {
		fmt.Fprintf(stderr, "  %s (%s): %s\n  %.300q\n", f.Oracle, f.Kind, f.Detail, f.SQL)
	}
	return v.Findings, nil
}

func fresh(findings, known []fuzz.Finding) []fuzz.Finding {
	var out []fuzz.Finding
	for _, f := range findings {
		old := false
		for _, k := range known {
			old = old || k.Oracle == f.Oracle && k.Kind == f.Kind
		}
		if !old {
			out = append(out, f)
		}
	}
	return out
}

func row(v mutation.Verdict) string {
	switch {
	case len(v.Findings) > 0:
		f := v.Findings[0]
		return fmt.Sprintf("| %s | %s: %s | %s | %d | %.0f |", v.Defence, f.Oracle, f.Kind, f.Technique, f.Case, v.Seconds)
	case v.Died != "":
		return fmt.Sprintf("| %s | the process died (%s) | | | %.0f |", v.Defence, v.Died, v.Seconds)
	case len(v.Tests) > 0:
		harness := "**the harness: nothing**"
		if v.Spare != "" {
			harness = "not from outside: " + v.Spare
		}
		return fmt.Sprintf("| %s | %s | %s | %d | %.0f |", v.Defence, v.Tests[0], harness, v.Cases, v.Seconds)
	}
	return fmt.Sprintf("| %s | **nothing** | | %d | %.0f |", v.Defence, v.Cases, v.Seconds)
}
