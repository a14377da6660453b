package server_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// turnedAway are the reasons with which a busy or stopping sidecar answers; the
// second comes on a machine that is too busy to answer within 10 s.
var turnedAway = map[reason.Reason]bool{reason.ConcurrencyLimit: true, reason.StatementTimeout: true, reason.AdminCanceled: true}

// TestDrainUnderLoadLosesNoAnswer stops a sidecar in the middle of the traffic of
// 24 callers on a real database. Whatever the server says it answered has
// arrived, whatever was recorded as having left has left, and every other call
// was turned away in good order.
func TestDrainUnderLoadLosesNoAnswer(t *testing.T) {
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			var mu sync.Mutex
			recorded := map[string]server.Outcome{}
			d := serveDatabase(t, network, server.Config{Audit: func(_ context.Context, call server.Call) (string, error) {
				mu.Lock()
				defer mu.Unlock()
				recorded[call.RequestID] = call.Outcome
				return "", nil
			}})
			const callers = 24
			arrived := make([]map[string]error, callers)
			answered := make(chan struct{}, 1<<16)
			var group sync.WaitGroup
			for caller := range callers {
				arrived[caller] = map[string]error{}
				client := previewv1.NewPreviewServiceClient(grpcConn(t, d.running))
				group.Go(func() {
					for i := 0; ; i++ {
						id := fmt.Sprintf("%d-%d", caller, i)
						_, err := client.PreviewQuery(context.Background(), &previewv1.PreviewQueryRequest{Sql: "select count(*) from people", RequestId: id})
						arrived[caller][id] = err
						if status.Code(err) == codes.Unavailable {
							return // the sidecar is gone
						}
						answered <- struct{}{}
					}
				})
			}
			for range 200 {
				<-answered
			}
			d.stop()
			if err := d.wait(); err != nil {
				t.Errorf("Serve: %v", err)
			}
			group.Wait()

			outcomes := map[string]server.Call{}
			for _, call := range d.seen() {
				outcomes[call.RequestID] = call
			}
			counts := map[string]int{}
			for caller := range callers {
				for id, err := range arrived[caller] {
					call, handled := outcomes[id]
					counts[fmt.Sprint(status.Code(err), " ", call.Outcome, call.Reason)]++
					switch {
					case err == nil && (!handled || call.Outcome != server.OutcomeOK || recorded[id] != server.OutcomeOK):
						t.Errorf("%s arrived, and the server says %+v, the record %q", id, call, recorded[id])
					case err != nil && handled && call.Outcome == server.OutcomeOK:
						t.Errorf("the answer of %s is lost: %v", id, err)
					case err != nil && !handled && status.Code(err) != codes.Unavailable:
						t.Errorf("%s was not turned away in good order: %v", id, err)
					case err != nil && handled && !turnedAway[call.Reason]:
						t.Errorf("%s failed: %v", id, err)
					}
				}
			}
			t.Log(counts)
			for deadline := time.Now().Add(10 * time.Second); d.active() != "0"; {
				if time.Now().After(deadline) {
					t.Fatalf("%s queries of ours still run", d.active())
				}
			}
		})
	}
}

// TestStopWithUnusedConnections: connections on which no request has come are no
// requests that did not end.
func TestStopWithUnusedConnections(t *testing.T) {
	t.Parallel()
	r := start(t, "tcp", server.Config{Previewer: echo, DrainTimeout: time.Millisecond})
	for _, begun := range []string{"", "POST / HTTP/1.1\r\nHost: loc"} {
		conn, err := dialer(r)(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte(begun)); err != nil {
			t.Fatal(err)
		}
	}
	// Connections are accepted in their order.
	if status, body := post(t, r, "", nil, `{"sql":"1"}`); status != 200 {
		t.Fatal(status, body)
	}
	r.stop()
	if err := r.wait(); err != nil {
		t.Errorf("Serve: %v", err)
	}
}
