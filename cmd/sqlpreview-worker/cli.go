package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/op-data/sqlpreview/cmd/internal/diagnostic"
)

// The exit codes. Others script them.
const (
	exitOK      = 0 // stopped in good order, rows
	exitRefused = 1 // failed
	exitMisuse  = 2 // the command line or the settings are wrong
	// exitInterrupted is what shells give a program that Ctrl-C ended.
	exitInterrupted = 130
)

var (
	// errRefused ends a command with exit code 1 after it has said why itself.
	errRefused = errors.New("refused")
	// errInterrupted ends a command that a signal interrupted.
	errInterrupted = errors.New("interrupted")
)

// commandLine is the command line: one field a subcommand.
type commandLine struct {
	Run     runCommand     `cmd:"" default:"withargs" help:"Answer the previews of an organization. This is the default command."`
	Preview previewCommand `cmd:"" help:"Preview one query through Temporal, as a control plane does."`
	Codec   codecCommand   `cmd:"" help:"Decrypt for Temporal's own page and command line, behind a token."`
	Health  healthCommand  `cmd:"" help:"Ask a running worker whether it is ready."`
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
	if err := checkEnvironment(env.environ(), variables(parser.Model.Node)); err != nil {
		return report(env, misconfigured(err))
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

// variables lists the environment variables of a command and its subcommands.
func variables(node *kong.Node) (names []string) {
	for _, flag := range node.Flags {
		names = append(names, flag.Envs...)
	}
	for _, positional := range node.Positional {
		names = append(names, positional.Tag.Envs...)
	}
	for _, child := range node.Children {
		names = append(names, variables(child)...)
	}
	return names
}

// report prints an error and returns the exit code.
func report(env *environment, err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errRefused):
		return exitRefused
	}
	fmt.Fprintln(env.stderr, "sqlpreview-worker:", diagnostic.Plain(operatorText(err)))
	wrong := misuse{}
	switch {
	case errors.As(err, &wrong):
		return exitMisuse
	case errors.Is(err, errInterrupted):
		return exitInterrupted
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
	"TLSFiles.CertFile", "OP_TEMPORAL_TLS_CERT", "TLSFiles.KeyFile", "OP_TEMPORAL_TLS_KEY", "TLSFiles.CAFile", "OP_TEMPORAL_TLS_CA",
	"ClientCredentials.TokenURL", "OP_TEMPORAL_TOKEN_URL", "ClientCredentials.ClientID", "OP_TEMPORAL_CLIENT_ID",
	"ClientCredentials.SecretFile", "OP_TEMPORAL_CLIENT_SECRET_FILE",
	"Config.Address", "OP_TEMPORAL_ADDRESS", "Config.OrgID", "OP_TEMPORAL_ORG_ID",
	"Config.Keys", "OP_TEMPORAL_KEYS_FILE", "Config.AllowPlaintext", "OP_TEMPORAL_ALLOW_PLAINTEXT=true",
	"Options.Sessions", "OP_TEMPORAL_SESSIONS", "Options.MaxResultBytes", "OP_TEMPORAL_MAX_RESULT_BYTES",
	"Options.Deployment", "OP_TEMPORAL_DEPLOYMENT", "Options.BuildID", "OP_TEMPORAL_BUILD_ID",
	"token_file", "OP_PREVIEW_TOKEN_FILE", "ca_file", "OP_PREVIEW_CA_FILE", "cert_file", "OP_PREVIEW_CERT_FILE", "key_file", "OP_PREVIEW_KEY_FILE",
)
