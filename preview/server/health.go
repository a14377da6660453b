package server

import (
	"container/list"
	"context"
	"net/http"
	"sync"
	"time"

	"connectrpc.com/grpchealth"

	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

const (
	// healthBytes bounds the body of a request that needs no credentials.
	healthBytes = 1 << 10
	// healthTimeout is how long that body may take to arrive.
	healthTimeout = time.Second
	// healthWaiting is how many such requests may wait for their body.
	healthWaiting = 64
)

// limitHealth bounds requests that need no credentials, health checks and those of
// Config.Public: the size of the body, its time, and how many wait for one. When
// there is one more, the request that has waited for the longest gives way, so that
// a probe is answered whatever others leave open.
func limitHealth(next http.Handler) http.Handler {
	waiting := newestFirst{max: healthWaiting}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, healthBytes+envelopeBytes)
		if r.ContentLength != 0 {
			control := http.NewResponseController(w)
			// Without a deadline the server's own time limit remains.
			_ = control.SetReadDeadline(time.Now().Add(healthTimeout))
			release := waiting.acquire(func() { _ = control.SetReadDeadline(time.Unix(1, 0)) })
			defer release()
		}
		next.ServeHTTP(w, r)
	})
}

// newestFirst bounds what waits: one more makes the oldest give way.
type newestFirst struct {
	max int

	mu      sync.Mutex
	waiting list.List // of func(), the oldest first
}

// acquire adds one that waits; giveWay is called when it has to end. release must be
// called when it has ended: from then on giveWay is not called.
func (n *newestFirst) acquire(giveWay func()) (release func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	element := n.waiting.PushBack(giveWay)
	if n.waiting.Len() > n.max {
		n.waiting.Remove(n.waiting.Front()).(func())() //nolint:forcetypeassert // what acquire pushed
	}
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.waiting.Remove(element) // nothing, if it gave way
	}
}

// checker answers the health service: about the process by whether it serves,
// about the PreviewService by whether previews can be answered.
type checker struct {
	static *grpchealth.StaticChecker
	ready  func(context.Context) error
}

func (c *checker) Check(ctx context.Context, request *grpchealth.CheckRequest) (*grpchealth.CheckResponse, error) {
	response, err := c.static.Check(ctx, request)
	if err != nil || c.ready == nil || request.Service != previewv1connect.PreviewServiceName || response.Status != grpchealth.StatusServing {
		return response, err
	}
	if unready := c.ready(ctx); unready != nil {
		response.Status = grpchealth.StatusNotServing
	}
	return response, nil
}
