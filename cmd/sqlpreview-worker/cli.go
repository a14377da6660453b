package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// The exit codes. Others script them.
const (
	exitOK      = 0 // stopped in good order, rows
	exitRefused = 1 // failed
	exitMisuse  = 2 // the command line or the settings are wrong
)

// commandLine is the command line: one field a subcommand.
type commandLine struct {
	Run     runCommand     `cmd:"" default:"withargs" help:"Answer the previews of an organization. It is what happens without a command."`
	Version versionCommand `cmd:"" help:"Print the version."`

	ShowVersion bool `name:"version" help:"Print the version."`
}

// misuse is a fault of the command line or the settings.
type misuse struct{ message string }

func (m misuse) Error() string { return m.message }

// run carries out one command line and returns the exit code.
func run(arguments []string, env *environment) int {
	var line commandLine
	helped := false
	parser, err := kong.New(&line,
		kong.Name("sqlpreview-worker"),
		kong.Description("Answers previewQueryWorkflow on Temporal by asking the sidecar. Every setting is a variable or a flag."),
		kong.Writers(env.stdout, env.stderr),
		kong.Exit(func(int) { helped = true }),
		kong.BindSingletonProvider(interruptible),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
	)
	if err != nil {
		return report(env, err)
	}
	if len(arguments) == 1 && arguments[0] == "--version" {
		return report(env, (&versionCommand{}).Run(env))
	}
	command, err := parser.Parse(arguments)
	if helped {
		return exitOK
	}
	if err != nil {
		return report(env, misuse{err.Error() + "; see sqlpreview-worker --help"})
	}
	return report(env, command.Run(env))
}

// report prints an error and returns the exit code.
func report(env *environment, err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(env.stderr, "sqlpreview-worker:", operatorText(err))
	if wrong := (misuse{}); errors.As(err, &wrong) {
		return exitMisuse
	}
	return exitRefused
}

// operatorText is an error's text in an operator's words: without the names of
// packages, and with the names of settings.
func operatorText(err error) string {
	return settingNames.Replace(err.Error())
}

var settingNames = strings.NewReplacer(
	"worker: ", "", "client: ", "",
	"Config.Address", "OP_TEMPORAL_ADDRESS", "Config.OrgID", "OP_TEMPORAL_ORG_ID",
	"Config.Keys", "OP_TEMPORAL_KEYS_FILE", "Config.AllowPlaintext", "OP_TEMPORAL_ALLOW_PLAINTEXT=true",
	"Options.Sessions", "OP_TEMPORAL_SESSIONS", "Options.MaxResultBytes", "OP_TEMPORAL_MAX_RESULT_BYTES",
	"Options.Deployment", "OP_TEMPORAL_DEPLOYMENT", "Options.BuildID", "OP_TEMPORAL_BUILD_ID",
	"token_file", "OP_PREVIEW_TOKEN_FILE", "ca_file", "OP_PREVIEW_CA_FILE", "cert_file", "OP_PREVIEW_CERT_FILE", "key_file", "OP_PREVIEW_KEY_FILE",
)
