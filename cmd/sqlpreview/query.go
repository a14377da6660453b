package main

import (
	"context"
	"os"
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/op-data/sqlpreview/cmd/internal/answerjson"
	"github.com/op-data/sqlpreview/cmd/internal/received"
	"github.com/op-data/sqlpreview/cmd/internal/table"
	"github.com/op-data/sqlpreview/cmd/sqlpreview/internal/csv"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server/wire"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// queryCommand runs one preview, here or in a running sidecar.
type queryCommand struct {
	JSON     bool           `name:"json" xor:"form" help:"Print the answer as the RPC's JSON."`
	CSV      bool           `name:"csv" xor:"form" help:"Print comma-separated values that are safe to open in a spreadsheet."`
	Expanded bool           `short:"x" xor:"form" help:"Print each row as a list of its columns. Default: where a table would not fit the terminal."`
	Verbose  bool           `short:"v" help:"Say how long each step took, and why values are masked and what shows them."`
	MaxRows  *int           `name:"max-rows" placeholder:"N" help:"${help_max_rows}"`
	Timeout  *time.Duration `placeholder:"TIME" help:"${help_timeout}"`
	sourceFlags
	connectionFlag
	Sidecar string `placeholder:"ADDRESS" help:"Ask the running sidecar at unix:PATH or HOST:PORT instead of the database."`
	clientFlags
	settingFlags
	SQL *string `arg:"" optional:"" name:"sql" help:"The query; - or nothing means standard input."`
}

// Help says what the short lines cannot.
func (*queryCommand) Help() string {
	return `Settings are those of serve (the environment, --config, --set), so that a query answers here as it would there:
limits, masking, policy and min_grade included. Nothing is written to the egress record.
With --sidecar a running sidecar answers by its own settings.
Exit code 0: rows. 1: refused or failed. 2: misuse. 130: interrupted; the query is cancelled in the database too.`
}

// answer is a preview in the two forms that are printed: as the core has it and
// as the RPC sends it.
type answer struct {
	result   *preview.Result
	response *previewv1.PreviewQueryResponse
}

// asker answers one request. Its error is always a *preview.Error.
type asker func(ctx context.Context, request preview.Request) (answer, error)

// Run previews the query and prints the answer.
func (c *queryCommand) Run(ctx context.Context, env *environment) error {
	config, err := c.load(env, append(append(c.sourceSettings(), c.clientSettings()...),
		assignment{key: "max_rows", text: textOf(c.MaxRows), flag: "--max-rows"},
		assignment{key: "timeout", text: durationOf(c.Timeout), flag: "--timeout"})...)
	if err != nil {
		return config.misconfigured(err)
	}
	ask, done, err := c.open(ctx, config)
	if err != nil {
		return err
	}
	defer done()
	var sql string
	if c.SQL != nil && *c.SQL != "-" { // an empty one is what a variable that is not set gives, and no wish to type
		sql = strings.TrimPrefix(*c.SQL, byteOrderMark)
	} else if sql, err = readSQL(ctx, env.typed()); err != nil {
		return err
	}
	answered, err := ask(ctx, preview.Request{SQL: sql, ConnectionID: c.Connection})
	if err != nil {
		failure := wire.Failure(err)
		if hint := fileHint(sql); hint != "" && (failure.Reason == reason.SQLSyntaxError || failure.Reason == reason.NotASelect) {
			failure.Hint = hint
			for i := range failure.Violations {
				failure.Violations[i].Hint = hint
			}
		}
		return printFailure(ctx, env, failedInput{name: "query", sql: sql, json: c.JSON}, failure)
	}
	return c.print(env, answered)
}

// open returns what answers the request: the core in this process, or a sidecar.
func (c *queryCommand) open(ctx context.Context, config *config) (asker, func(), error) {
	if c.Sidecar != "" {
		return c.openSidecar(config)
	}
	previewer, done, err := config.openPreviewer(ctx, c.Connection)
	if err != nil {
		return nil, nil, err
	}
	ask := func(ctx context.Context, request preview.Request) (answer, error) {
		result, err := previewer.Preview(ctx, request)
		if err != nil {
			return answer{}, err
		}
		return answer{result, wire.Preview(result)}, nil
	}
	return ask, done, nil
}

func (c *queryCommand) openSidecar(config *config) (asker, func(), error) {
	if c.DSNFile != "" || c.ConnectionsDir != "" {
		return nil, nil, misusef("--sidecar asks a sidecar, which has its own connections; leave --dsn-file and --connections-dir out")
	}
	sidecar, err := config.dial(c.Sidecar)
	if err != nil {
		return nil, nil, config.misconfigured(err)
	}
	ask := func(ctx context.Context, request preview.Request) (answer, error) {
		message := &previewv1.PreviewQueryRequest{Sql: request.SQL, ConnectionId: request.ConnectionID}
		if c.MaxRows != nil {
			message.MaxRows = uint32(max(0, *c.MaxRows))
		}
		if c.Timeout != nil {
			message.Timeout = durationpb.New(*c.Timeout)
		}
		response, err := sidecar.PreviewQuery(ctx, message)
		if err != nil {
			return answer{}, receivedFailure(err)
		}
		return answer{received.Preview(response), response}, nil
	}
	return ask, func() { _ = sidecar.Close() }, nil
}

func (c *queryCommand) print(env *environment, a answer) error {
	switch {
	case c.JSON:
		return answerjson.WriteMessage(env.stdout, a.response)
	case c.CSV:
		if err := csv.Write(env.stdout, a.result); err != nil {
			return err
		}
		// What was cut belongs to the person, not into the file.
		return table.WriteNotes(env.stderr, a.result, table.Options{Colour: colours(env, env.stderr), Verbose: c.Verbose})
	}
	form := table.Auto
	if c.Expanded {
		form = table.Expanded
	}
	return table.Write(env.stdout, a.result, table.Options{
		Colour: colours(env, env.stdout), Width: widthOf(env.stdout), Form: form, Verbose: c.Verbose,
	})
}

// fileHint is for a text that is the name of a file.
func fileHint(sql string) string {
	name := strings.TrimSpace(sql)
	if name == "" || len(name) > 4096 || strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == 0 }) {
		return ""
	}
	if info, err := os.Stat(name); (err != nil || !info.Mode().IsRegular()) && !strings.HasSuffix(name, ".sql") {
		return ""
	}
	return "this is the name of a file; to preview what it holds write: sqlpreview query < " + name
}
