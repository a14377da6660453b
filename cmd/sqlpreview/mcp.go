package main

import (
	"context"
	"io"
	"net/http"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/mcp"
	"github.com/op-data/sqlpreview/preview/server"
)

// mcpPath is where serve mounts the Model Context Protocol.
const mcpPath = "/mcp"

// mcpCommand serves one client of the Model Context Protocol.
type mcpCommand struct {
	sourceFlags
	settingFlags
}

// Help says how a client is set up.
func (*mcpCommand) Help() string {
	return `A client such as Claude Desktop, Cursor or VS Code starts this command and speaks with it over its standard input and
output. Name the file with the connection string in OP_PREVIEW_DSN_FILE, so that no password stands in the client's
configuration. The settings are those of serve (the environment, --config, --set), as far as they concern previews: limits,
masking, policy and min_grade included. Nothing is written to the egress record.`
}

// Run serves until the client closes standard input or the context ends.
func (c *mcpCommand) Run(ctx context.Context, env *environment) error {
	config, err := c.load(env, c.sourceSettings()...)
	if err != nil {
		return config.misconfigured(err)
	}
	opened, err := config.openCore(ctx)
	if err != nil {
		return config.misconfigured(err)
	}
	defer opened.source.close()
	if opened.source.single {
		if _, err := opened.connection(ctx, config, preview.DefaultConnectionID); isMisuse(err) {
			return err
		}
	}
	previewer, err := opened.previewer(ctx, config, nil)
	if err != nil {
		return err
	}
	defer previewer.Close()
	serving, err := mcp.New(mcp.Config{Core: previewer, Version: versionString()})
	if err != nil {
		return err
	}
	return serving.Serve(ctx, io.NopCloser(env.stdin), kept{env.stdout})
}

// kept is standard output, which the process closes at its end.
type kept struct{ io.Writer }

func (kept) Close() error { return nil }

// mountMCP mounts the Model Context Protocol beside the RPCs.
func (s *sidecar) mountMCP(maxBytes int) func(core server.Previewer) map[string]http.Handler {
	return func(core server.Previewer) map[string]http.Handler {
		serving, err := mcp.New(mcp.Config{Core: core, Version: versionString()})
		if err != nil {
			return nil // there is always a core
		}
		handler := serving.Handler(mcp.HTTPOptions{
			MaxBodyBytes: maxBytes,
			Subject: func(ctx context.Context) string {
				call, _ := server.CallOf(ctx)
				return call.Caller.Subject
			},
		})
		s.closers = append(s.closers, func() error { handler.Close(); return nil })
		return map[string]http.Handler{mcpPath: handler}
	}
}
