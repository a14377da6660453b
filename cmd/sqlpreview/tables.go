package main

import (
	"context"

	"github.com/op-data/sqlpreview/cmd/internal/answerjson"
	"github.com/op-data/sqlpreview/cmd/internal/table"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server/wire"
)

// catalogFlags are what the commands that look at tables have in common.
type catalogFlags struct {
	JSON bool `name:"json" help:"Print the answer as the RPC's JSON."`
	sourceFlags
	connectionFlag
	settingFlags
}

// open returns a Previewer of the connection, and what closes it.
func (f *catalogFlags) open(ctx context.Context, env *environment) (*preview.Previewer, func(), error) {
	config, err := f.load(env, f.sourceSettings()...)
	if err != nil {
		return nil, nil, config.misconfigured(err)
	}
	return config.openPreviewer(ctx, f.Connection)
}

// failed prints a failure as query does.
func (f *catalogFlags) failed(ctx context.Context, env *environment, err error) error {
	return printFailure(ctx, env, failedInput{name: "table", json: f.JSON}, wire.Failure(err))
}

// tablesCommand lists tables.
type tablesCommand struct {
	catalogFlags
	Schema  string `help:"Only tables of this schema."`
	System  bool   `help:"Also list pg_catalog and information_schema."`
	Pattern string `arg:"" optional:"" name:"pattern" help:"A part of the tables' names, in any letter case."`
}

// Run lists every page.
func (c *tablesCommand) Run(ctx context.Context, env *environment) error {
	previewer, done, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer done()
	all := &preview.TablePage{}
	request := preview.TablesRequest{ConnectionID: c.Connection, Schema: c.Schema, Pattern: c.Pattern, System: c.System}
	for {
		page, err := previewer.ListTables(ctx, request)
		if err != nil {
			return c.failed(ctx, env, err)
		}
		all.RequestID, all.Tables = page.RequestID, append(all.Tables, page.Tables...)
		request.RequestID, request.PageToken = page.RequestID, page.NextPageToken
		if page.NextPageToken == "" {
			break
		}
	}
	if c.JSON {
		return answerjson.WriteMessage(env.stdout, wire.Tables(all))
	}
	return table.WriteTables(env.stdout, all.Tables, table.Options{Colour: colours(env, env.stdout), Width: widthOf(env.stdout)})
}

// describeCommand shows one table.
type describeCommand struct {
	catalogFlags
	Table string `arg:"" name:"table" help:"The table as a query names it: orders, sales.orders or '\"Odd Name\"'."`
}

// Run describes the table.
func (c *describeCommand) Run(ctx context.Context, env *environment) error {
	previewer, done, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer done()
	description, err := previewer.DescribeTable(ctx, preview.TableRequest{ConnectionID: c.Connection, Table: c.Table})
	if err != nil {
		return c.failed(ctx, env, err)
	}
	if c.JSON {
		return answerjson.WriteMessage(env.stdout, wire.Table(description))
	}
	return table.WriteTable(env.stdout, &description.Table, table.Options{Colour: colours(env, env.stdout), Width: widthOf(env.stdout)})
}
