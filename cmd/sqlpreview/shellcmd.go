package main

import (
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/op-data/sqlpreview/cmd/internal/clidoc"
)

// completionCommand prints what a shell completes by.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: bash, zsh or fish."`
}

// Help says what the short lines cannot.
func (*completionCommand) Help() string {
	return `Where it belongs:
  bash   sqlpreview completion bash >/usr/share/bash-completion/completions/sqlpreview
  zsh    sqlpreview completion zsh >/usr/local/share/zsh/site-functions/_sqlpreview
  fish   sqlpreview completion fish >/usr/share/fish/vendor_completions.d/sqlpreview.fish
or, for one session of bash: source <(sqlpreview completion bash)`
}

// Run prints the completion.
func (c *completionCommand) Run(env *environment, app *kong.Kong) error {
	program := documented(app)
	text := map[string]func(clidoc.Command) string{"bash": clidoc.Bash, "zsh": clidoc.Zsh, "fish": clidoc.Fish}[c.Shell](program)
	_, err := io.WriteString(env.stdout, text)
	return err
}

// documented is the command line as completions and manual pages show it.
func documented(app *kong.Kong) clidoc.Command {
	keys := clidoc.Values{Suffix: "="}
	var grades []string
	for s := range defaults().each() {
		keys.Words = append(keys.Words, s.key)
		if s.key == "min_grade" {
			grades = s.oneOf
		}
	}
	return clidoc.Of(app.Model, map[string]clidoc.Values{"KEY=VALUE": keys, "GRADE": {Words: grades}})
}

// manCommand prints a manual page.
type manCommand struct {
	Section string `arg:"" optional:"" default:"1" enum:"1,5" help:"The page: 1 for the command, 5 for the settings file. Default: 1."`
}

// Help says what the short lines cannot.
func (*manCommand) Help() string {
	return `Read one by
  sqlpreview man | man -l -`
}

// Run prints the page.
func (c *manCommand) Run(env *environment, app *kong.Kong) error {
	page := clidoc.Page{Name: "sqlpreview", Section: c.Section, Source: "sqlpreview " + versionString(), Manual: "sqlpreview"}
	if c.Section == "5" {
		page.Name, page.Brief, page.Sections = "sqlpreview.jsonc", "the settings of sqlpreview", settingSections()
	} else {
		program := documented(app)
		page.Brief = strings.TrimSuffix(strings.ToLower(program.Help[:1])+program.Help[1:], ".")
		page.Sections = commandSections(program)
	}
	_, err := io.WriteString(env.stdout, page.Roff())
	return err
}

func commandSections(program clidoc.Command) []clidoc.Section {
	return []clidoc.Section{
		{Title: "SYNOPSIS", Body: clidoc.Paragraphs("sqlpreview COMMAND [ARGUMENT...]")},
		{Title: "DESCRIPTION", Body: clidoc.Paragraphs(`sqlpreview shows what a SELECT over a PostgreSQL database would return: at most 100 rows, 10 seconds and 1024
characters a value, in a read-only transaction that is rolled back, with every change to a value declared.`)},
		{Title: "COMMANDS", Body: clidoc.Commands(program)},
		{Title: "FLAGS OF EVERY COMMAND", Body: clidoc.Flags(program)},
		{Title: "EXIT STATUS", Body: clidoc.Item("0", "Accepted, rows, no faults, stopped in good order.") +
			clidoc.Item("1", "Refused or failed.") +
			clidoc.Item("2", "The command line or the configuration is wrong.") +
			clidoc.Item("130", "Interrupted by Ctrl-C; the query was cancelled in the database too.")},
		{Title: "ENVIRONMENT", Body: clidoc.Item(envPrefix+"DSN", "The connection string of the one connection, a secret.") +
			clidoc.Item(configVariable, "The settings file, as --config.") +
			clidoc.Item(envPrefix+"KEY", "The setting of that key, in capitals; see sqlpreview.jsonc(5).") +
			clidoc.Item(agentDSN, "The agent's own database, for the setting workspace_id.") +
			clidoc.Item("OTEL_EXPORTER_OTLP_ENDPOINT", "The collector that traces, metrics and logs go to.") +
			clidoc.Item("NO_COLOR", "No colours on a terminal.")},
		{Title: "SEE ALSO", Body: clidoc.Paragraphs("sqlpreview.jsonc(5)")},
	}
}

func settingSections() []clidoc.Section {
	sections := []clidoc.Section{{Title: "DESCRIPTION", Body: clidoc.Paragraphs(`The file that --config or ` + configVariable + ` names holds one JSON object; comments and a comma before a closing
bracket are let pass. Each key is also an environment variable, in capitals after ` + envPrefix + `, in which lists are parted by commas,
and the KEY of --set KEY=VALUE. A flag wins over the environment, that over the file, that over the default.`)}}
	for _, group := range defaults().groups() {
		var b strings.Builder
		for _, s := range group.settings {
			value := s.defaultText()
			if value == "" {
				value = plain(s.unsetText())
			}
			b.WriteString(clidoc.Item(s.key+" ("+s.typeName()+")", plain(strings.TrimSpace(s.about+" "+s.more))+" Default: "+value+"."))
		}
		sections = append(sections, clidoc.Section{Title: strings.ToUpper(group.title), Body: b.String()})
	}
	return append(sections, clidoc.Section{Title: "SEE ALSO", Body: clidoc.Paragraphs("sqlpreview(1)")})
}
