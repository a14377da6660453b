package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/op-data/sqlpreview/cmd/sqlpreview-worker/internal/stack"
	"github.com/op-data/sqlpreview/preview/worker"
	"github.com/op-data/sqlpreview/preview/worker/temporaltest"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// The tests of files engine_*_test.go run the whole way with real parts, each a
// process: PostgreSQL, the sidecar, Temporal's server, workers. make test-worker
// builds the server and runs them.

// canary stands in every value and every query that must not be readable in
// Temporal's history.
const canary = "Kanarienvogel"

const engineSchema = `
create table birds (id int primary key, name text not null);
insert into birds select n, '` + canary + `-' || n from generate_series(1, 300) n;
create table locked (id int primary key);
`

// slowQuery takes longer than any preview may.
const slowQuery = "select count(*) as " + canary + " from generate_series(1, 1000000000) a, generate_series(1, 1000) b"

// programs builds the sidecar and the worker once a test binary.
var programs = sync.OnceValues(func() (built struct{ sidecar, worker string }, err error) {
	folder, err := os.MkdirTemp("", "engine")
	if err != nil {
		return built, err
	}
	cleanups = append(cleanups, func() { _ = os.RemoveAll(folder) })
	built.sidecar, built.worker = filepath.Join(folder, "sqlpreview"), filepath.Join(folder, "sqlpreview-worker")
	for output, of := range map[string]string{built.sidecar: "../sqlpreview", built.worker: "."} {
		command := exec.Command("go", "build", "-o", output, of)
		command.Stderr = os.Stderr
		if err := command.Run(); err != nil {
			return built, err
		}
	}
	return built, nil
})

// cleanups run when the test binary ends.
var cleanups []func()

// startStack starts the parts with these options and a number of workers.
func startStack(t testing.TB, o stack.Options, workers int) *stack.Stack {
	t.Helper()
	temporaltest.Require(t)
	built, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	o.Sidecar, o.Worker = built.sidecar, built.worker
	if o.Schema == "" {
		o.Schema = engineSchema
	}
	s, err := stack.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for range workers {
		if _, err := s.StartWorker(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// asker is the control plane's side.
type asker struct {
	*worker.Connection
	raw client.Client // sees what rests in Temporal, decrypted by nobody
}

// connectTo connects as the control plane does.
func connectTo(t testing.TB, s *stack.Stack) asker {
	t.Helper()
	config, err := s.Config()
	if err != nil {
		t.Fatal(err)
	}
	connection, err := worker.Connect(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connection.Close)
	raw, err := client.DialContext(t.Context(), client.Options{
		HostPort: config.Address, Namespace: config.Namespace, ConnectionOptions: client.ConnectionOptions{TLS: config.TLS},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(raw.Close)
	return asker{connection, raw}
}

func ask(sql string) *previewv1.PreviewQueryWorkflowInput {
	return &previewv1.PreviewQueryWorkflowInput{ConnectionId: "default", Sql: sql}
}

// reasonOf is why a preview failed: empty where it did not, and the error's text
// where it does not say.
func reasonOf(err error) string {
	if err == nil {
		return ""
	}
	var failure *worker.Failure
	if asFailure(err, &failure) {
		return failure.Detail.GetReason()
	}
	return err.Error()
}

func asFailure(err error, failure **worker.Failure) bool { return errors.As(err, failure) }

// background starts a preview and returns its names and what waits for its end.
func (a asker) background(ctx context.Context, t testing.TB, input *previewv1.PreviewQueryWorkflowInput) (worker.Run, func() (*previewv1.PreviewQueryResponse, error)) {
	t.Helper()
	started, done := make(chan worker.Run, 1), make(chan struct{})
	var response *previewv1.PreviewQueryResponse
	var err error
	go func() {
		defer close(done)
		response, err = a.Preview(ctx, input, func(run worker.Run) { started <- run })
	}()
	t.Cleanup(func() { <-done })
	select {
	case run := <-started:
		return run, func() (*previewv1.PreviewQueryResponse, error) {
			<-done
			return response, err
		}
	case <-done:
		t.Fatalf("it was not started: %v", err)
		return worker.Run{}, nil
	}
}

// awaitBackends waits until so many previews run in the database.
func awaitBackends(t testing.TB, s *stack.Stack, want int) {
	t.Helper()
	var last int
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		var err error
		if last, err = s.Backends(t.Context()); err != nil {
			t.Fatal(err)
		}
		if last == want {
			return
		}
	}
	t.Fatalf("%d previews run in the database, not %d", last, want)
}

// count counts a text in what a process wrote.
func count(p *stack.Process, text string) int { return strings.Count(p.Output(), text) }
