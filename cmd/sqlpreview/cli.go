package main

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"

	"github.com/op-data/sqlpreview/cmd/internal/diagnostic"
)

// The exit codes. Others script them.
const (
	exitOK      = 0 // accepted, rows, stopped in good order
	exitRefused = 1 // refused or failed
	exitMisuse  = 2 // the command line or the configuration is wrong
	// exitInterrupted is what shells give a program that Ctrl-C ended: 128 and the
	// number of SIGINT.
	exitInterrupted = 130
)

// errInterrupted ends a command that Ctrl-C interrupted.
var errInterrupted = errors.New("interrupted")

// environment is what a command may touch of the world around it.
type environment struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	// environ lists all variables as NAME=VALUE; nil for none.
	environ func() []string
	// brief keeps the log to warnings, in words for a person at a terminal.
	brief bool
}

// complain prints an error, which may quote a file's name or an argument. When
// that fails too, only the exit code is left.
func (e *environment) complain(err error) {
	_, _ = fmt.Fprintln(e.stderr, "sqlpreview:", diagnostic.Plain(operatorText(err)))
}

// commandLine is the command line: one field a subcommand.
type commandLine struct {
	Check    checkCommand      `cmd:"" help:"Say offline whether a query may be previewed, and if not, why and where."`
	Query    queryCommand      `cmd:"" help:"Preview one query as a table or as JSON."`
	Tables   tablesCommand     `cmd:"" help:"List the tables that a preview may name."`
	Describe describeCommand   `cmd:"" help:"Show the columns and keys of one table."`
	MCP      mcpCommand        `cmd:"" name:"mcp" help:"Serve one client of the Model Context Protocol over standard input and output."`
	Console  consoleCommand    `cmd:"" help:"Open a web page on which to write and preview queries."`
	Serve    serveCommand      `cmd:"" help:"Serve previews over gRPC, gRPC-Web and Connect."`
	Doctor   doctorCommand     `cmd:"" help:"Grade a connection: what its role could do, and what to run."`
	Health   healthCommand     `cmd:"" help:"Ask a running sidecar whether it serves."`
	Config   configCommand     `cmd:"" help:"Print the schema or an example of the settings file, or find a file's faults."`
	Verify   verifyLogCommand  `cmd:"" name:"verify-log" help:"Prove the chain of an audit log (egress record)."`
	Demo     demoCommand       `cmd:"" help:"Show sample previews on a throw-away PostgreSQL."`
	Complete completionCommand `cmd:"" name:"completion" help:"Print a completion script for bash, zsh or fish."`
	Man      manCommand        `cmd:"" help:"Print a manual page."`
	Version  versionCommand    `cmd:"" help:"Print the version."`

	ShowVersion bool `name:"version" help:"Print the version."`
}

// errRefused ends a command with exit code 1 after it has said why itself.
var errRefused = errors.New("refused")

// errSaid ends a command that was interrupted after it has said so itself.
type errSaid struct{ error }

func (e errSaid) Unwrap() error { return e.error }

// misuse is a fault of the command line or the configuration.
type misuse struct{ message string }

func (m misuse) Error() string { return m.message }

func misusef(format string, arguments ...any) error {
	return misuse{fmt.Sprintf(format, arguments...)}
}

func isMisuse(err error) bool {
	var wrong misuse
	return errors.As(err, &wrong)
}

// run carries out one command line and returns the exit code.
func run(arguments []string, env *environment) int {
	var line commandLine
	helped := false
	parser, err := kong.New(&line,
		kong.Name("sqlpreview"),
		kong.Description("Previews of SELECT queries on PostgreSQL: bounded, read-only, sanitized."),
		kong.Writers(env.stdout, env.stderr),
		kong.Exit(func(int) { helped = true }),
		kong.BindSingletonProvider(interruptible),
		kong.Vars(helpTexts()),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
	)
	if err != nil {
		return report(env, err)
	}
	if len(arguments) == 1 && arguments[0] == "--version" {
		return report(env, (&versionCommand{}).Run(env))
	}
	command, err := parser.Parse(queriesLast(helpFirst(arguments)))
	if helped {
		return exitOK
	}
	if err != nil {
		return report(env, misusef("%v; see sqlpreview %s--help", err, commandIn(arguments)))
	}
	return report(env, command.Run(env, parser))
}

// helpFirst reads "help" and "help COMMAND" as --help and COMMAND --help.
func helpFirst(arguments []string) []string {
	if len(arguments) == 0 || arguments[0] != "help" {
		return arguments
	}
	return append(slices.Clone(arguments[1:]), "--help")
}

// commandIn names the command of a command line with a fault, to point at its help.
func commandIn(arguments []string) string {
	if len(arguments) > 0 && slices.Contains(commandNames(), arguments[0]) {
		return arguments[0] + " "
	}
	return ""
}

// commandNames lists the commands.
func commandNames() (names []string) {
	line := reflect.TypeFor[commandLine]()
	for i := range line.NumField() {
		field := line.Field(i)
		if _, isCommand := field.Tag.Lookup("cmd"); !isCommand {
			continue
		}
		name := field.Tag.Get("name")
		if name == "" {
			name = strings.ToLower(field.Name)
		}
		names = append(names, name)
	}
	return names
}

// queriesLast moves a query that begins with a comment, which looks like a flag
// but for its white space, behind a "--".
func queriesLast(arguments []string) []string {
	var flags, queries []string
	for i, argument := range arguments {
		if argument == "--" {
			queries = append(queries, arguments[i+1:]...)
			break
		}
		name, _, _ := strings.Cut(argument, "=")
		if strings.HasPrefix(name, "--") && strings.ContainsFunc(name, unicode.IsSpace) {
			queries = append(queries, argument)
		} else {
			flags = append(flags, argument)
		}
	}
	if len(queries) == 0 {
		return flags
	}
	return append(append(flags, "--"), queries...)
}

// report prints an error that is not printed yet and returns the exit code.
func report(env *environment, err error) int {
	var wrong misuse
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errRefused):
		return exitRefused
	case errors.As(err, &errSaid{}):
		return exitInterrupted
	case errors.Is(err, errInterrupted):
		env.complain(err)
		return exitInterrupted
	case errors.As(err, &wrong):
		env.complain(wrong)
		return exitMisuse
	default:
		env.complain(err)
		return exitRefused
	}
}
