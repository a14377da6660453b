package server

import (
	"context"
	"net/http"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server/wire"
)

const (
	// largeRequest is the size from which a request is large, in bytes; most
	// queries are a fiftieth of it.
	largeRequest = 64 << 10
	// largeRequests is how many large requests are read and answered at a time,
	// and largeWait how long one more waits. MaxInFlight callers could else send
	// half a MiB each, as slowly as they like, and all of it would be kept.
	largeRequests = 32
	largeWait     = 2 * time.Second
)

// claim is one request's to a place among the large ones.
type claim struct {
	places chan struct{}
	in     bool
}

// enter waits for a place; a second call does nothing.
func (c *claim) enter(ctx context.Context) error {
	if c.in {
		return nil
	}
	timer := time.NewTimer(largeWait)
	defer timer.Stop()
	select {
	case c.places <- struct{}{}:
		c.in = true
		return nil
	case <-ctx.Done():
	case <-timer.C:
	}
	return wire.Error(&preview.Error{
		Reason: reason.ConcurrencyLimit, Message: "too many large requests at a time",
		Hint: "wait as long as RetryInfo says, then send the request again",
	})
}

func (c *claim) leave() {
	if c.in {
		<-c.places
	}
}

// compressed tells whether a request may become large when it is unpacked.
func compressed(r *http.Request) bool {
	for _, name := range []string{"Content-Encoding", "Grpc-Encoding"} {
		if encoding := r.Header.Get(name); encoding != "" && encoding != "identity" {
			return true
		}
	}
	return false
}

// hold counts a large answer as one until it is written: what it takes to write
// one is more than what it takes to make it, and a caller may read slowly.
func hold(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, release := preview.Hold(r.Context())
		defer release()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
