package server_test

import (
	"context"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

// waiting is a core whose previews wait until they may leave or are cancelled.
func waiting() (c core, inside, leave chan struct{}) {
	inside, leave = make(chan struct{}, 100), make(chan struct{})
	return core{preview: func(ctx context.Context, request preview.Request) (*preview.Result, error) {
		inside <- struct{}{}
		select {
		case <-leave:
			return echo.preview(ctx, request)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}, inside, leave
}

// askAll sends one request with every client and returns where answers come.
func askAll(t *testing.T, r *running, inside chan struct{}) map[string]chan answer {
	t.Helper()
	answers := map[string]chan answer{}
	for protocol, ask := range clients(t, r.address) {
		answers[protocol] = make(chan answer, 1)
		go func() {
			answers[protocol] <- ask(context.Background(), &previewv1.PreviewQueryRequest{Sql: protocol}, nil)
		}()
		<-inside
	}
	return answers
}

// A stop waits for what runs, and lets nothing new in.
func TestStopFinishesWhatRuns(t *testing.T) {
	t.Parallel()
	c, inside, leave := waiting()
	r := start(t, "unix", server.Config{Previewer: c})
	answers := askAll(t, r, inside)

	r.stop()
	eventually(t, func() bool {
		conn, err := net.Dial(r.address.Network(), r.address.String())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	select {
	case err := <-r.done:
		t.Fatalf("Serve returned %v while previews ran", err)
	default:
	}
	close(leave)
	for protocol, got := range answers {
		if a := <-got; a.response == nil || a.response.GetRows()[0].GetCells()[0].GetText() != protocol {
			t.Errorf("%s: got %+v", protocol, a)
		}
	}
	if err := r.wait(); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// Health says NOT_SERVING on the connections that are still open.
func TestStopTurnsHealth(t *testing.T) {
	t.Parallel()
	c, inside, leave := waiting()
	s, err := server.New(server.Config{Previewer: c})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{address: listener.Addr(), stop: stop, done: make(chan error, 1)}
	go func() { r.done <- s.Serve(ctx, listener) }()
	if got := health(t, r, ""); got != "SERVING" {
		t.Errorf("before: %s", got)
	}
	answers := askAll(t, r, inside)
	stop()
	// The listener is closed by now, so the handler itself is asked, as on a
	// connection that a probe had kept open.
	eventually(t, func() bool {
		for _, service := range []string{"", "opdata.preview.v1.PreviewService"} {
			if healthOf(t, s.Handler(), service) != healthv1.HealthCheckResponse_NOT_SERVING {
				return false
			}
		}
		return true
	})
	close(leave)
	for _, got := range answers {
		<-got
	}
	if err := r.wait(); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// What does not finish in time is cancelled, and its caller told the reason.
func TestStopCancelsWhatDoesNotFinish(t *testing.T) {
	t.Parallel()
	c, inside, _ := waiting()
	r := start(t, "unix", server.Config{Previewer: c, DrainTimeout: 10 * time.Millisecond})
	answers := askAll(t, r, inside)
	r.stop()
	for protocol, got := range answers {
		a := <-got
		if a.code != "aborted" || a.info.GetReason() != "ADMIN_CANCELED" || a.retry == nil {
			t.Errorf("%s: got %+v", protocol, a)
		}
	}
	if err := r.wait(); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// The core learns at once that its caller went away.
func TestDisconnectingCallerCancels(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"grpc-go", "connect-go", "connect-go gRPC", "connect-go gRPC-Web", "curl"} {
		c, inside, _ := waiting()
		r := start(t, "unix", server.Config{Previewer: c})
		ctx, leave := context.WithCancel(t.Context())
		gone := make(chan answer, 1)
		ask := clients(t, r.address)[protocol]
		go func() { gone <- ask(ctx, &previewv1.PreviewQueryRequest{Sql: "1"}, nil) }()
		<-inside
		leave()
		<-gone
		eventually(t, func() bool { return len(r.seen()) == 1 })
		if call := r.seen()[0]; call.Reason != "CLIENT_CANCELED" {
			t.Errorf("%s: observed %+v", protocol, call)
		}
	}
}

// The deadline of a call reaches the core.
func TestDeadlineOfTheCall(t *testing.T) {
	t.Parallel()
	deadlines := make(chan bool, 1)
	r := start(t, "unix", server.Config{Previewer: core{
		preview: func(ctx context.Context, request preview.Request) (*preview.Result, error) {
			deadline, ok := ctx.Deadline()
			deadlines <- ok && time.Until(deadline) <= time.Hour
			return echo.preview(ctx, request)
		},
	}})
	for protocol, ask := range clients(t, r.address) {
		if protocol == "curl" {
			continue // it names no deadline
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		ask(ctx, &previewv1.PreviewQueryRequest{Sql: "1"}, nil)
		cancel()
		if !<-deadlines {
			t.Errorf("%s: the core has no deadline", protocol)
		}
	}
}

// TestConnectionBound: with one connection allowed, two clients are never served at
// the same time; with two, they are.
func TestConnectionBound(t *testing.T) {
	t.Parallel()
	const clients, requests = 2, 10
	for _, allowed := range []int{1, 2} {
		var running, most, dialled atomic.Int32
		together := make(chan struct{})
		var once sync.Once
		r := start(t, "unix", server.Config{MaxConnections: allowed, Previewer: core{
			preview: func(ctx context.Context, request preview.Request) (*preview.Result, error) {
				now := running.Add(1)
				defer running.Add(-1)
				if now > most.Load() {
					most.Store(now)
				}
				if now == clients {
					once.Do(func() { close(together) })
				}
				// The other client waits for its connection, or for its answer.
				for dialled.Load() < clients {
					runtime.Gosched()
				}
				if allowed == clients {
					<-together
				}
				// Without the bound the other request comes in while this one gives way.
				for range 10_000 {
					runtime.Gosched()
				}
				if now := running.Load(); now > most.Load() {
					most.Store(now)
				}
				return echo.preview(ctx, request)
			},
		}})
		var group sync.WaitGroup
		for range clients {
			transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				conn, err := dialer(r)(ctx, "", "")
				dialled.Add(1)
				return conn, err
			}}
			client := previewv1connect.NewPreviewServiceClient(&http.Client{Transport: transport}, "http://localhost")
			group.Go(func() {
				for range requests {
					if _, err := client.PreviewQuery(context.Background(), connect.NewRequest(&previewv1.PreviewQueryRequest{Sql: "1"})); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		if got := int(most.Load()); got != allowed {
			t.Errorf("of %d connections, %d were served at a time", allowed, got)
		}
	}
}
