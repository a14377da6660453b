package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/op-data/sqlpreview/cmd/internal/answerjson"
	"github.com/op-data/sqlpreview/cmd/internal/diagnostic"
	"github.com/op-data/sqlpreview/cmd/internal/received"
	"github.com/op-data/sqlpreview/cmd/internal/screen"
	"github.com/op-data/sqlpreview/cmd/internal/table"
	"github.com/op-data/sqlpreview/preview/worker"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// previewCommand is the other side: what a control plane does.
type previewCommand struct {
	temporalFlags
	Connection string         `placeholder:"ID" help:"The connection to use. Default: \"default\"."`
	MaxRows    uint32         `name:"max-rows" placeholder:"N" help:"The most rows to return, 1 to 100. Default: 100."`
	Timeout    *time.Duration `placeholder:"TIME" help:"The longest time to wait for, for instance 3s. Default and most: 10s."`
	Model      string         `placeholder:"ID" help:"The id of the model that is written, for the agent's log."`
	RequestID  string         `name:"request-id" placeholder:"ID" help:"The id of the request; the workflow's id is that with preview- before it. Default: a random one."`
	JSON       bool           `name:"json" xor:"form" help:"Print the answer as the RPC's JSON."`
	Expanded   bool           `short:"x" xor:"form" help:"Print each row as a list of its columns. Default: where a table would not fit the terminal."`
	Verbose    bool           `short:"v" help:"Say which workflow it is, and how long each step took."`
	SQL        *string        `arg:"" optional:"" name:"sql" help:"The query; - or nothing means standard input."`
}

// Help says what the short lines cannot.
func (*previewCommand) Help() string {
	return `It starts previewQueryWorkflow on the queue of --org, waits for its end and prints the rows.
Exit code 0: rows. 1: refused or failed. 2: misuse. 130: interrupted; the workflow and its query are cancelled too.`
}

// maxSQL bounds what is read of standard input; the sidecar refuses less.
const maxSQL = 1 << 20

// Run previews the query and prints the answer.
func (c *previewCommand) Run(ctx context.Context, env *environment) error {
	config, err := c.config(slog.New(slog.DiscardHandler))
	if err != nil {
		return misconfigured(err)
	}
	sql, err := c.sql(env)
	if err != nil {
		return err
	}
	connection, err := worker.Connect(ctx, config)
	if err != nil {
		return err
	}
	defer connection.Close()
	input := &previewv1.PreviewQueryWorkflowInput{
		OrgId: c.Org, ConnectionId: c.Connection, Sql: sql, RequestId: c.RequestID, MaxRows: c.MaxRows, ModelId: c.Model,
	}
	if c.Timeout != nil {
		input.Timeout = durationpb.New(*c.Timeout)
	}
	response, err := connection.Preview(ctx, input, func(run worker.Run) {
		if c.Verbose {
			fmt.Fprintf(env.stderr, "workflow %s on %s: %s\n", run.WorkflowType, run.Queue, run.WorkflowID)
		}
	})
	var failure *worker.Failure
	switch {
	case err == nil:
		return c.print(env, response)
	case ctx.Err() != nil:
		return errInterrupted
	case errors.As(err, &failure):
		return c.printFailure(env, sql, failure)
	}
	return err
}

// sql is the query: the argument, or what standard input holds.
func (c *previewCommand) sql(env *environment) (string, error) {
	if c.SQL != nil && *c.SQL != "-" {
		return *c.SQL, nil
	}
	text, err := io.ReadAll(io.LimitReader(env.stdin, maxSQL+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("standard input cannot be read: %w", err)
	case len(text) > maxSQL:
		return "", misuse{"the query is longer than 1 MiB"}
	}
	return string(text), nil
}

func (c *previewCommand) print(env *environment, response *previewv1.PreviewQueryResponse) error {
	if c.JSON {
		return answerjson.WriteMessage(env.stdout, response)
	}
	form := table.Auto
	if c.Expanded {
		form = table.Expanded
	}
	return table.Write(env.stdout, received.Preview(response), table.Options{
		Colour: screen.Colours(env.getenv, env.stdout), Width: screen.TerminalWidth(env.stdout), Form: form, Verbose: c.Verbose,
	})
}

func (c *previewCommand) printFailure(env *environment, sql string, failure *worker.Failure) error {
	shown := received.Failure(failure.Message, failure.Detail)
	var err error
	if c.JSON {
		err = answerjson.WriteFailure(env.stdout, shown)
	} else {
		err = diagnostic.Error(env.stderr, diagnostic.Options{
			Colour: screen.Colours(env.getenv, env.stderr), Width: screen.TerminalWidth(env.stderr),
		}, "query", sql, shown)
	}
	if err != nil {
		return err
	}
	return errRefused
}
