package fuzz_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/op-data/sqlpreview/fuzz"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// unguardedMCP is the variable that makes this test's binary an MCP server that
// checks nothing.
const unguardedMCP = "SQLPREVIEW_FUZZ_TEST_MCP"

// serveUnguardedMCP runs whatever it is sent, and stops nothing.
func serveUnguardedMCP() {
	server := sdk.NewServer(&sdk.Implementation{Name: "unguarded", Version: "1"}, nil)
	schema := json.RawMessage(`{"type":"object","properties":{"q":{"type":"string"}}}`)
	server.AddTool(&sdk.Tool{Name: "run", InputSchema: schema}, func(_ context.Context, r *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		var arguments struct{ Q string }
		if err := json.Unmarshal(r.Params.Arguments, &arguments); err != nil {
			return nil, err
		}
		said := func(text string, failed bool) (*sdk.CallToolResult, error) {
			return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: text}}, IsError: failed}, nil
		}
		ctx := context.Background()
		conn, err := pgconn.Connect(ctx, os.Getenv("FUZZ_URL"))
		if err != nil {
			return said("no database", true)
		}
		defer conn.Close(ctx)
		results, err := conn.Exec(ctx, arguments.Q).ReadAll()
		if err != nil {
			return said(err.Error(), true)
		}
		rows := []map[string]string{}
		for _, result := range results {
			for _, row := range result.Rows {
				object := map[string]string{}
				for i, cell := range row {
					object[fmt.Sprint(i)] = string(cell)
				}
				rows = append(rows, object)
			}
		}
		text, err := json.Marshal(rows)
		if err != nil {
			return nil, err
		}
		return said(string(text), false)
	})
	if err := server.Run(context.Background(), &sdk.StdioTransport{}); err != nil {
		os.Exit(1)
	}
}

// runMCP runs on a server of the harness's own, which speaks over TCP.
func runMCP(t *testing.T, config fuzz.Config) *fuzz.Report {
	t.Helper()
	pgtest.Shared(t) // skips, or fails in CI, where PostgreSQL is missing
	config.Seed = seed(t)
	var progress bytes.Buffer
	config.Progress = &progress
	report, err := fuzz.Run(t.Context(), config)
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", config.Seed, err, progress.String())
	}
	return report
}

// TestOurMCPServerHolds attacks the program itself over the Model Context Protocol,
// with both roles.
func TestOurMCPServerHolds(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "sqlpreview")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/sqlpreview").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	for _, least := range []bool{false, true} {
		report := runMCP(t, fuzz.Config{
			Cases: 60, Probes: 1, LeastPrivilege: least, NoShrink: true,
			MCP: &fuzz.MCPServer{Command: "exec " + binary + " mcp", Tool: "preview_query", Argument: "sql"},
		})
		for _, f := range report.Findings {
			t.Errorf("seed %d, case %d: %s (%s) by %s: %s\n%s", report.Seed, f.Case, f.Oracle, f.Kind, f.Technique, f.Detail, f.SQL)
		}
		p := report.Peer
		if p.Lost+p.AfterCancel+p.AfterClose != 0 || !strings.HasPrefix(p.Name, "sqlpreview ") {
			t.Errorf("got %+v", p)
		}
		if report.Techniques["honest"].Ran == 0 {
			t.Errorf("no honest query was answered: %+v", report.Techniques["honest"])
		}
		var table bytes.Buffer
		if err := report.WritePeer(&table); err != nil || strings.Count(table.String(), "\n") != 3 {
			t.Errorf("%v\n%s", err, table.String())
		}
	}
}

// TestAnUnguardedMCPServerIsFound: the harness sees what a server does and what it
// leaves running.
func TestAnUnguardedMCPServerIsFound(t *testing.T) {
	report := runMCP(t, fuzz.Config{
		Cases: 30, Probes: 1, NoShrink: true, StopAfter: 1000, Only: []string{"row-lock", "function-sequence", "stacking", "function-lock"}, TimeLimit: time.Second,
		MCP: &fuzz.MCPServer{Command: unguardedMCP + "=1 exec " + os.Args[0], Tool: "run", Argument: "q"},
	})
	effects := 0
	for _, tally := range report.Techniques {
		effects += tally.Effects
	}
	if p := report.Peer; effects < 3 || p.AfterCancel != p.Probes || p.AfterClose != p.Probes || p.Name != "unguarded 1" {
		t.Errorf("%d effects, %+v", effects, p)
	}
}

func TestAnMCPServerThatDoesNotStartIsNoFinding(t *testing.T) {
	pgtest.Shared(t)
	_, err := fuzz.Run(t.Context(), fuzz.Config{Cases: 1, MCP: &fuzz.MCPServer{Command: "echo so not >&2; exit 1", Tool: "x", Argument: "y"}})
	if err == nil || !strings.Contains(err.Error(), "so not") {
		t.Errorf("got %v", err)
	}
}
