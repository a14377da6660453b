package main

import (
	"context"
	"encoding/json"
	"io"

	"github.com/op-data/sqlpreview/cmd/sqlpreview/internal/diagnostic"
	"github.com/op-data/sqlpreview/cmd/sqlpreview/internal/table"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server/wire"
)

// queryCommand runs one preview.
type queryCommand struct {
	JSON    bool    `name:"json" help:"Print the answer as the RPC's JSON."`
	DSNFile string  `name:"dsn-file" help:"The file with the connection string. Default: the environment variable OP_PREVIEW_DSN."`
	SQL     *string `arg:"" optional:"" name:"sql" help:"The query; - or nothing means standard input."`
}

// failureJSON is a failure as others script it.
type failureJSON struct {
	Error struct {
		Reason     string          `json:"reason"`
		Message    string          `json:"message"`
		Hint       string          `json:"hint,omitempty"`
		SQLSTATE   string          `json:"sqlstate,omitempty"`
		Position   *positionJSON   `json:"position,omitempty"`
		Violations []violationJSON `json:"violations"`
	} `json:"error"`
}

type positionJSON struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Offset int `json:"offset"`
	End    int `json:"end"`
}

// Run previews the query and prints the answer.
func (c *queryCommand) Run(ctx context.Context, env *environment) error {
	opened, err := oneConnection(ctx, c.DSNFile, env)
	if err != nil {
		return misuse{err.Error()}
	}
	var sql string
	if c.SQL != nil && *c.SQL != "-" { // an empty one is what a variable that is not set gives, and no wish to type
		sql = *c.SQL
	} else if sql, err = readSQL(ctx, env.typed()); err != nil {
		return err
	}
	previewer, err := preview.New(preview.Config{Resolver: opened})
	if err != nil {
		return misuse{err.Error()}
	}
	defer previewer.Close()

	result, err := previewer.Preview(ctx, preview.Request{SQL: sql})
	switch {
	case err != nil && c.JSON:
		err = printFailure(env.stdout, wire.Failure(err))
	case err != nil:
		err = diagnostic.Error(env.stderr, colours(env, env.stderr), "query", sql, wire.Failure(err))
	case c.JSON:
		return printMessage(env.stdout, wire.Preview(result))
	default:
		return table.Write(env.stdout, result, table.Options{Colour: colours(env, env.stdout)})
	}
	if err == nil {
		err = errRefused
	}
	return err
}

func printFailure(w io.Writer, e *preview.Error) error {
	var out failureJSON
	out.Error.Reason, out.Error.Message = string(e.Reason), e.Message
	out.Error.Hint, out.Error.SQLSTATE = e.Hint, e.SQLSTATE
	out.Error.Violations = violationsOf(e.Violations)
	if p := e.Position; !p.IsZero() {
		out.Error.Position = &positionJSON{Line: p.Line, Column: p.Column, Offset: p.Offset, End: p.End}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}
