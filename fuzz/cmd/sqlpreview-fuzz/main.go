// Command sqlpreview-fuzz tries to break the promise of a preview gateway
// against a real PostgreSQL and says what it found.
//
//	sqlpreview-fuzz -time 2m                     the embedded package, a throw-away server
//	sqlpreview-fuzz -sidecar bin/sqlpreview      the sidecar, black-box, its log and memory watched
//	sqlpreview-fuzz -address unix:/run/p.sock    a sidecar that runs already, on OP_PREVIEW_FUZZ_DSN
//	sqlpreview-fuzz -mcp 'sqlpreview mcp' -tool preview_query   an MCP server over stdio, or over HTTP with -mcp-url
//	sqlpreview-fuzz -oracle-cases cases.jsonl    each case of a file, compared with the server's own tree
//	sqlpreview-fuzz -unguarded                   a gateway that checks nothing, to compare
//
// It exits 0 when nothing was found, 1 on any finding, 2 when it could not run.
// The seed is printed first; OP_PREVIEW_FUZZ_SEED or -seed gives one. The
// server of OP_PREVIEW_FUZZ_DSN is used up: name a throw-away one.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/op-data/sqlpreview/fuzz"
	"github.com/op-data/sqlpreview/fuzz/gateway"
	"github.com/op-data/sqlpreview/preview"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are what the command line says beside fuzz.Config.
type options struct {
	fuzz.Config
	address, tokenFile, report string
	cases                      string
	scoreboard                 bool
	compare                    int
}

// texts are options as they stand on the command line.
type texts struct {
	seed, policy, only string
	trace              bool
	peer               fuzz.MCPServer
}

func parse(args []string, getenv func(string) string, stdout, stderr io.Writer) (o options, err error) {
	given := texts{seed: getenv("OP_PREVIEW_FUZZ_SEED")}
	if err := read(args, &o, &given, stderr); err != nil {
		return o, err
	}
	if err := mcpServer(&o, given.peer); err != nil {
		return o, err
	}
	if given.trace {
		o.Trace = func(number int, technique, sql, became string) {
			_ = json.NewEncoder(stdout).Encode(map[string]any{"case": number, "technique": technique, "became": became, "sql": sql})
		}
	}
	if given.only != "" {
		o.Only = strings.Split(given.only, ",")
	}
	if given.policy != "" {
		text, err := os.ReadFile(given.policy)
		if err == nil {
			o.Policy, err = preview.ParsePolicy(text)
		}
		if err != nil {
			return o, err
		}
	}
	o.Seed = time.Now().UnixNano()
	if given.seed != "" {
		if o.Seed, err = strconv.ParseInt(given.seed, 10, 64); err != nil {
			return o, errors.New("the seed is not a number")
		}
	}
	// A connection string may hold a password: never an argument.
	o.DSN = getenv("OP_PREVIEW_FUZZ_DSN")
	if (o.address != "" || given.peer.URL != "") && o.DSN == "" {
		return o, errors.New("set OP_PREVIEW_FUZZ_DSN to a superuser's connection string to the throw-away database that the sidecar or the MCP server reads")
	}
	return o, nil
}

// read reads the command line.
func read(args []string, o *options, given *texts, stderr io.Writer) error {
	flags := flag.NewFlagSet("sqlpreview-fuzz", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.DurationVar(&o.Time, "time", 0, "how long to run; 0 means until -cases")
	flags.IntVar(&o.Cases, "cases", 0, "how many cases to run; 0 means until -time, or 1000")
	flags.StringVar(&given.seed, "seed", given.seed, "where the randomness starts; empty means anywhere")
	flags.StringVar(&o.address, "address", "", "a running sidecar to attack, unix:PATH or HOST:PORT; empty means the embedded package")
	flags.StringVar(&o.Sidecar, "sidecar", "", "a sqlpreview binary to run as a sidecar and to attack from outside")
	flags.StringVar(&o.tokenFile, "token-file", "", "a file with the sidecar's bearer token")
	flags.IntVar(&o.Pid, "pid", 0, "the sidecar's process, whose memory is watched")
	flags.DurationVar(&o.TimeLimit, "limit", 0, "how long a preview may take; 0 means 1s embedded, 10s for a sidecar")
	flags.StringVar(&o.report, "report", "", "a file to write the JSON report to")
	flags.BoolVar(&o.scoreboard, "scoreboard", false, "print what became of the cases, in Markdown tables, at the end")
	flags.IntVar(&o.compare, "compare", 0, "with -scoreboard, how many cases to send to a gateway that checks nothing, whose harm is shown beside; 0 means none")
	flags.BoolVar(&o.NoShrink, "no-shrink", false, "report findings as they were written")
	flags.StringVar(&given.policy, "policy", "", "a file with the embedded package's policy, in JSON; empty means the built-in one")
	flags.BoolVar(&o.Unguarded, "unguarded", false, "attack a gateway that checks nothing, to compare with")
	flags.IntVar(&o.StopAfter, "stop-after", 0, "end at that many findings; 0 means 20")
	flags.StringVar(&o.Corpus, "corpus", "", "the module's testdata folder, whose texts are tried first")
	flags.StringVar(&o.cases, "oracle-cases", "", "cases as a folder like fuzz/testdata/resolution, or as a file with a line of JSON each (cls, setup, sql, expect, policy, role): compare what the embedded package decides with what the server would run; prints the findings as such lines")
	flags.StringVar(&given.peer.Command, "mcp", "", "a shell command that runs an MCP server over stdio, to attack; the database is in its environment as OP_PREVIEW_DSN, FUZZ_URL, FUZZ_HOST, FUZZ_PORT, FUZZ_DATABASE, FUZZ_USER and FUZZ_PASSWORD")
	flags.StringVar(&given.peer.URL, "mcp-url", "", "a running MCP server of the Streamable HTTP transport, to attack, on OP_PREVIEW_FUZZ_DSN")
	flags.StringVar(&given.peer.Tool, "tool", "", "the MCP server's tool that takes SQL")
	flags.StringVar(&given.peer.Argument, "argument", "sql", "the tool's argument that takes SQL")
	flags.BoolVar(&o.LeastPrivilege, "least-privilege", false, "test with a role as SECURITY.md advises, not with a superuser")
	flags.BoolVar(&given.trace, "trace", false, "print every case as a line of JSON")
	flags.StringVar(&given.only, "only", "", "the techniques to try, separated by commas; empty means all")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("there is no argument %q; see -help", flags.Arg(0))
	}
	return nil
}

// mcpServer takes over what is said of an MCP server.
func mcpServer(o *options, peer fuzz.MCPServer) error {
	switch {
	case peer.Command == "" && peer.URL == "":
		return nil
	case peer.Command != "" && peer.URL != "":
		return errors.New("-mcp and -mcp-url are two servers; name one")
	case peer.Tool == "":
		return errors.New("-tool is missing: the name of the MCP server's tool that takes SQL")
	}
	o.MCP = &peer
	return nil
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	o, err := parse(args, getenv, stdout, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "sqlpreview-fuzz: %v\n", err)
		return 2
	}
	if o.cases != "" {
		return runCases(ctx, o, stdout, stderr)
	}
	if o.address != "" {
		token, err := readToken(o.tokenFile)
		if err != nil {
			fmt.Fprintf(stderr, "sqlpreview-fuzz: %v\n", err)
			return 2
		}
		sidecar := gateway.NewSidecar(o.address, token, o.TimeLimit)
		defer sidecar.Close()
		o.Gateway = sidecar
	}
	o.Progress = stderr
	fmt.Fprintf(stderr, "seed %d\n", o.Seed)
	report, err := fuzz.Run(ctx, o.Config)
	if err != nil {
		fmt.Fprintf(stderr, "sqlpreview-fuzz: the harness could not go on: %v\n", err)
		if report == nil || len(report.Findings) == 0 {
			return 2
		}
	}
	var unguarded *fuzz.Report
	if o.scoreboard && o.compare > 0 && ctx.Err() == nil {
		if unguarded, err = compare(ctx, o); err != nil {
			fmt.Fprintf(stderr, "sqlpreview-fuzz: the run to compare with: %v\n", err)
			return 2
		}
	}
	if err := write(o, report, unguarded, stdout); err != nil {
		fmt.Fprintf(stderr, "sqlpreview-fuzz: %v\n", err)
		return 2
	}
	if len(report.Findings) > 0 {
		return 1
	}
	return 0
}

// runCases tries the cases of a file and prints those that are findings.
func runCases(ctx context.Context, o options, stdout, stderr io.Writer) int {
	tried, skipped, found := 0, 0, 0
	lines := json.NewEncoder(stdout)
	lines.SetEscapeHTML(false)
	err := fuzz.RunCases(ctx, fuzz.CasesConfig{DSN: o.DSN}, fuzz.ReadCases(o.cases), func(r fuzz.CaseResult) error {
		switch {
		case len(r.Findings) > 0:
			found++
			return lines.Encode(r)
		case r.Skipped != "":
			skipped++
			fmt.Fprintf(stderr, "skipped: %.200q: %s\n", r.SQL, r.Skipped)
		}
		tried++
		return nil
	})
	if err != nil {
		fmt.Fprintf(stderr, "sqlpreview-fuzz: %v\n", err)
		return 2
	}
	fmt.Fprintf(stderr, "%d findings, %d cases without, of which %d were not compared\n", found, tried, skipped)
	if found > 0 {
		return 1
	}
	return 0
}

func readToken(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	return strings.TrimSpace(string(text)), err
}

// compare sends cases of the same seed to a gateway that checks nothing.
func compare(ctx context.Context, o options) (*fuzz.Report, error) {
	fmt.Fprintln(o.Progress, "the same without a guard, to compare with:")
	return fuzz.Run(ctx, fuzz.Config{
		DSN: o.DSN, Seed: o.Seed, Cases: o.compare, Only: o.Only, TimeLimit: o.TimeLimit,
		Unguarded: true, NoShrink: true, StopAfter: math.MaxInt, Progress: quiet{o.Progress},
	})
}

// quiet leaves out the findings of a run that is all findings.
type quiet struct{ io.Writer }

func (q quiet) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("FINDING")) {
		return len(line), nil
	}
	return q.Writer.Write(line)
}

// write prints the end of a run, and the report if one was asked for.
func write(o options, report, unguarded *fuzz.Report, stdout io.Writer) error {
	if o.report != "" {
		text, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.report, append(text, '\n'), 0o600); err != nil {
			return err
		}
	}
	if o.scoreboard {
		if err := report.WriteSummary(stdout); err != nil {
			return err
		}
		fmt.Fprintln(stdout)
		if err := report.WriteScoreboard(stdout, unguarded); err != nil {
			return err
		}
		fmt.Fprintln(stdout)
	}
	if err := report.WritePeer(stdout); err != nil {
		return err
	}
	for i, f := range report.Findings {
		if _, err := fmt.Fprintf(stdout, "\n%d. %s (%s) by %s, case %d, seen %d times\n   %s\n%s\n", i+1, f.Oracle, f.Kind, f.Technique, f.Case, f.Count, f.Detail, f.SQL); err != nil {
			return err
		}
	}
	for _, note := range report.Notes {
		if _, err := fmt.Fprintf(stdout, "note: %s\n", note); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(stdout, "PostgreSQL %s, seed %d: %d cases in %.0f s (%.0f/s), %d techniques, %d findings\n",
		report.Server, report.Seed, report.Cases, report.Seconds, report.PerSecond, len(report.Techniques), len(report.Findings))
	return err
}
