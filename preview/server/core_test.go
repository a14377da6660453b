package server_test

import (
	"context"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// core is a Previewer that does what a test says. It stands for the real one
// where the real one cannot be made to do it: to panic, to wait for the test.
// The real one is tested in integration_test.go.
type core struct {
	preview func(ctx context.Context, request preview.Request) (*preview.Result, error)
}

func (c core) Preview(ctx context.Context, request preview.Request) (*preview.Result, error) {
	return c.preview(ctx, request)
}

func (core) Validate(context.Context, string) (*preview.Verdict, error) {
	return &preview.Verdict{Allowed: true, Tables: []string{"t"}}, nil
}

func (core) Describe(_ context.Context, request preview.Request) (*preview.Description, error) {
	return &preview.Description{RequestID: request.RequestID}, nil
}

func (core) ListTables(_ context.Context, request preview.TablesRequest) (*preview.TablePage, error) {
	return &preview.TablePage{RequestID: request.RequestID}, nil
}

func (core) DescribeTable(_ context.Context, request preview.TableRequest) (*preview.TableDescription, error) {
	return &preview.TableDescription{RequestID: request.RequestID}, nil
}

func (core) ListConnections(_ context.Context, request preview.ConnectionsRequest) (*preview.ConnectionPage, error) {
	return &preview.ConnectionPage{RequestID: request.RequestID}, nil
}

// echo answers every preview with its own SQL.
var echo = core{preview: func(_ context.Context, request preview.Request) (*preview.Result, error) {
	return &preview.Result{
		RequestID: request.RequestID,
		Columns:   []preview.Column{{Name: "sql"}},
		Rows:      [][]preview.Cell{{{Text: request.SQL}}},
	}, nil
}}

// running is a server that serves.
type running struct {
	address net.Addr
	// stop begins the stop; done gets Serve's answer.
	stop context.CancelFunc
	done chan error

	mu    sync.Mutex
	calls []server.Call
}

// start serves config on network ("unix" or "tcp") until the test ends.
func start(t *testing.T, network string, config server.Config) *running {
	t.Helper()
	r := &running{done: make(chan error, 1)}
	config.Observe = func(_ context.Context, call server.Call) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.calls = append(r.calls, call)
	}
	s, err := server.New(config)
	if err != nil {
		t.Fatal(err)
	}
	address := "127.0.0.1:0"
	if network == "unix" {
		address = "unix:" + filepath.Join(t.TempDir(), "s")
	}
	listener, err := server.Listen(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	r.address = listener.Addr()
	// t.Context ends before the cleanups run; the server must not end with it.
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() { r.done <- s.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-r.done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return r
}

// wait returns Serve's answer, and leaves it for the cleanup.
func (r *running) wait() error {
	err := <-r.done
	r.done <- nil
	return err
}

// seen returns the calls observed so far.
func (r *running) seen() []server.Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]server.Call(nil), r.calls...)
}

// await returns the calls when there are n of them: a call is observed after its
// answer.
func (r *running) await(t *testing.T, n int) []server.Call {
	t.Helper()
	eventually(t, func() bool { return len(r.seen()) >= n })
	return r.seen()
}
