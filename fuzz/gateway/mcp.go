package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/op-data/sqlpreview/preview/reason"
)

// MCP is a tool of a Model Context Protocol server as a gateway. Of Command and
// URL one must be set, and Tool and Argument.
type MCP struct {
	// Command is run by /bin/sh and speaks the protocol over its standard input and
	// output. It is started again when it ends, and when a text got no answer.
	Command string
	// Environment has further variables for Command, as NAME=VALUE.
	Environment []string
	// URL is a running server's, of the Streamable HTTP transport.
	URL string
	// Tool is the tool that takes SQL, Argument the name of its argument.
	Tool, Argument string
	// Timeout is how long to wait for an answer. 0 means 15 s.
	Timeout time.Duration

	session *sdk.ClientSession
	process *process
	// Lost counts the texts without any answer: none came in time, or the server
	// ended.
	Lost int
}

const (
	defaultMCPTimeout = 15 * time.Second
	// starting is how long a server may take until it has answered the first message.
	starting = 30 * time.Second
	// ending is how long one may take to end by itself, and then after SIGTERM, as the
	// protocol asks of clients.
	ending = 2 * time.Second
)

// Query calls the tool with one text.
func (g *MCP) Query(ctx context.Context, sql string) (*Answer, error) {
	if err := g.open(ctx); err != nil {
		return nil, err
	}
	timeout := g.Timeout
	if timeout == 0 {
		timeout = defaultMCPTimeout
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	result, err := g.session.CallTool(limited, g.call(sql))
	var answered *jsonrpc.Error
	switch {
	case err == nil:
		return answerOfTool(result)
	case errors.As(err, &answered):
		return nil, &Refusal{Reason: fmt.Sprintf("error %d", answered.Code), Stage: Database, Words: answered.Message + string(answered.Data)}
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	g.Lost++
	g.Close()
	return nil, &Refusal{Reason: "no answer", Stage: Other, Words: err.Error()}
}

func (g *MCP) call(sql string) *sdk.CallToolParams {
	return &sdk.CallToolParams{Name: g.Tool, Arguments: map[string]any{g.Argument: sql}}
}

// Version is what the server calls itself, with its version.
func (g *MCP) Version(ctx context.Context) (string, error) {
	if err := g.open(ctx); err != nil {
		return "", err
	}
	about := g.session.InitializeResult().ServerInfo
	return about.Name + " " + about.Version, nil
}

// Cancel asks for a text, which must take long, and cancels the call after a while.
func (g *MCP) Cancel(ctx context.Context, sql string, after time.Duration) error {
	if err := g.open(ctx); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, after)
	defer cancel()
	_, _ = g.session.CallTool(limited, g.call(sql)) // nothing is to come
	return nil
}

// Abandon asks for a text, which must take long, and goes away after a while: it
// ends the process as the protocol says, or the connection.
func (g *MCP) Abandon(ctx context.Context, sql string, after time.Duration) error {
	if err := g.open(ctx); err != nil {
		return err
	}
	asked, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = g.session.CallTool(asked, g.call(sql)) // nothing is to come
	}()
	select {
	case <-time.After(after):
	case <-done:
	}
	if g.process != nil {
		g.process.end()
	}
	hangUp()
	g.Close()
	<-done
	return nil
}

func (g *MCP) open(ctx context.Context) error {
	if g.session != nil {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, starting)
	defer cancel()
	var transport sdk.Transport
	if g.URL != "" {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		transport = &sdk.StreamableClientTransport{Endpoint: g.URL, HTTPClient: client, DisableStandaloneSSE: true, MaxRetries: -1}
	} else {
		started, err := startProcess(g.Command, g.Environment)
		if err != nil {
			return err
		}
		g.process = started
		transport = &sdk.IOTransport{Reader: started.out, Writer: started.in}
	}
	session, err := sdk.NewClient(&sdk.Implementation{Name: "sqlpreview-fuzz", Version: "1"}, nil).Connect(limited, transport, nil)
	if err != nil {
		said := ""
		if g.process != nil {
			g.process.end()
			said = g.process.said()
			g.process = nil
		}
		return fmt.Errorf("the MCP server does not answer: %w: %.1000s", err, said)
	}
	g.session = session
	return nil
}

// Close ends the session, and the process if there is one.
func (g *MCP) Close() {
	if g.process != nil {
		g.process.end()
		g.process = nil
	}
	if g.session != nil {
		_ = g.session.Close() // it is over either way
		g.session = nil
	}
}

// process is a server that was started.
type process struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  io.ReadCloser
	done chan struct{}

	mu    sync.Mutex
	words strings.Builder
}

// Write keeps the beginning of what the server says on standard error.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.words.Len() < 64<<10 {
		p.words.Write(b)
	}
	return len(b), nil
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.words.String()
}

func startProcess(command string, environment []string) (*process, error) {
	p := &process{cmd: exec.Command("/bin/sh", "-c", command), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), environment...)
	p.cmd.Stderr = p
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the shell's children are ended with it
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if p.out, err = p.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the MCP server: %w", err)
	}
	go func() {
		defer close(p.done)
		_, _ = p.cmd.Process.Wait() // how it ended is of no matter
	}()
	return p, nil
}

// end ends the process: its input is closed, then it gets SIGTERM, then SIGKILL.
func (p *process) end() {
	_ = p.in.Close()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		select {
		case <-p.done:
		case <-time.After(ending):
		}
		_ = syscall.Kill(-p.cmd.Process.Pid, signal) // what is left of the group
	}
	<-p.done
	_ = p.out.Close()
}

// stageOfTool says how far a text came by the reason that our own server names;
// of others it is not known, so the database is taken to have said no.
func stageOfTool(name string) Stage {
	if name == "" {
		return Database
	}
	return stageOf(reason.Reason(name))
}
