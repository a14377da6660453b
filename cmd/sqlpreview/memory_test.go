package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/client"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// mostMemory is the most that the sidecar may take in KiB, whatever the callers do: its
// soft memory limit, and what the parser holds outside of Go's heap.
const mostMemory = 256 << 10

// TestCallersDoNotGrowTheSidecar has many callers ask for the largest answers,
// and send the largest requests, that there are, all at the same time.
func TestCallersDoNotGrowTheSidecar(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the peak of resident memory is read from /proc")
	}
	binary := sidecarBinary(t)
	socket := filepath.Join(t.TempDir(), "s")
	serve := exec.Command(binary, "serve")
	serve.Env = []string{"OP_PREVIEW_DSN=" + pgtest.Shared(t).Database(t, ""), "OP_PREVIEW_LISTEN=unix:" + socket}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		serve.Process.Kill()
		serve.Wait()
	})
	waitFor(t, socket)
	idle := peak(t, serve.Process.Pid)

	const row = " from generate_series(1, 100)"
	for _, c := range []struct {
		name string
		flow func(*testing.T, string) (answered int64)
	}{
		{"requests that never end", heldBodies},
		{"questions for health that never end", heldHealth},
		{"changed cells", asked("select " + strings.Repeat(`E'\u200b',`, 1599) + "1" + row)},
		{"short cells", asked("select " + strings.Repeat(`1,`, 1599) + "1" + row)},
		{"costly texts", asked("select " + strings.Repeat("a(),", 8200) + "a()")},
		{"long cells", asked("select repeat('x', 9000), repeat(chr(128512), 1000), repeat(chr(8203), 9000), repeat('ab ', 900)" + row)},
		{"long texts", asked("select '" + strings.Repeat("x", 250_000) + "'")},
	} {
		answered := c.flow(t, socket)
		most := peak(t, serve.Process.Pid)
		t.Logf("%s: %d answered; %d MiB idle, %d MiB at the most so far", c.name, answered, idle>>10, most>>10)
		if answered == 0 && c.name != "costly texts" {
			t.Errorf("%s: nobody was answered", c.name)
		}
		if most > mostMemory {
			t.Errorf("%s: the sidecar took %d MiB", c.name, most>>10)
		}
	}
}

// heldBodies sends requests that lack their last bytes, and waits until all but
// those that are still waited for have been turned away.
func heldBodies(t *testing.T, socket string) int64 {
	const callers, held = 200, 32
	var turned atomic.Int64
	var wait, done sync.WaitGroup
	wait.Add(callers - held)
	for range callers {
		conn, err := net.Dial("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		done.Go(func() {
			head := "POST /opdata.preview.v1.PreviewService/PreviewQuery HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 580000\r\n\r\n"
			io.WriteString(conn, head+`{"sql":"`+strings.Repeat("x", 570_000)) // fails where the answer comes first
			if response, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
				response.Body.Close()
			} // else the server hung up while we still wrote
			if turned.Add(1) <= callers-held {
				wait.Done()
			}
		})
	}
	wait.Wait()
	return turned.Load()
}

// heldHealth does the same over many streams to the health service, which asks
// for no proof, and waits for those that are answered.
func heldHealth(t *testing.T, socket string) int64 {
	const connections, streams = 8, 100
	var answered atomic.Int64
	var wait sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for range connections {
		var protocols http.Protocols
		protocols.SetUnencryptedHTTP2(true)
		transport := &http.Transport{Protocols: &protocols, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		}}
		defer transport.CloseIdleConnections()
		for range streams {
			wait.Go(func() {
				body := io.MultiReader(strings.NewReader(`{"service":"`+strings.Repeat("a", 500_000)), endless{ctx})
				request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/grpc.health.v1.Health/Check", body)
				if err != nil {
					t.Error(err)
					return
				}
				request.Header.Set("Content-Type", "application/json")
				if response, err := transport.RoundTrip(request); err == nil {
					response.Body.Close()
					answered.Add(1)
				}
			})
		}
	}
	wait.Wait()
	return answered.Load()
}

// endless is a reader that has nothing to say until its context is over.
type endless struct{ ctx context.Context }

func (e endless) Read([]byte) (int, error) {
	<-e.ctx.Done()
	return 0, e.ctx.Err()
}

// asked has sixty callers ask twice, by gRPC or with JSON.
func asked(sql string) func(*testing.T, string) int64 {
	return func(t *testing.T, socket string) int64 {
		var answered atomic.Int64
		rpc := caller(t, "unix:"+socket, "")
		transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		}}
		defer transport.CloseIdleConnections()
		byRPC := func() reason.Reason {
			_, err := rpc.PreviewQuery(t.Context(), &previewv1.PreviewQueryRequest{Sql: sql})
			return client.ReasonOf(err)
		}
		byJSON := func() reason.Reason {
			response, err := (&http.Client{Transport: transport}).Post("http://localhost/opdata.preview.v1.PreviewService/PreviewQuery",
				"application/json", strings.NewReader(fmt.Sprintf(`{"sql":%q}`, sql)))
			if err != nil {
				t.Error(err)
				return reason.Internal
			}
			defer response.Body.Close()
			io.Copy(io.Discard, response.Body)
			switch response.StatusCode {
			case http.StatusOK:
				return ""
			case http.StatusTooManyRequests:
				return reason.ConcurrencyLimit
			case http.StatusBadRequest:
				return reason.UndefinedObject
			case http.StatusGatewayTimeout:
				return reason.StatementTimeout
			default:
				t.Errorf("status %d", response.StatusCode)
				return reason.Internal
			}
		}
		var wait sync.WaitGroup
		for i := range 60 {
			ask := byRPC
			if i%2 == 0 {
				ask = byJSON
			}
			wait.Go(func() {
				for range 2 {
					switch r := ask(); r {
					case "":
						answered.Add(1)
					case reason.ConcurrencyLimit, reason.StatementTimeout, reason.UndefinedObject, reason.SQLTooComplex: // as it must be where so many ask
					default:
						t.Errorf("a caller was answered %s", r)
					}
				}
			})
		}
		wait.Wait()
		return answered.Load()
	}
}

// peak returns the most resident memory of a process in KiB.
func peak(t *testing.T, pid int) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib
		}
	}
	t.Fatal("no VmHWM")
	return 0
}
