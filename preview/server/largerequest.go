package server

import (
	"context"
	"net/http"
	"time"

	"github.com/op-data/sqlpreview/preview"
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

// largePermit is one request's permit to be large, taken when it turns out to be.
type largePermit struct {
	limiter *callerLimiter
	caller  string
	release func() // nil without a permit
}

// acquire waits for a permit; a second call does nothing.
func (p *largePermit) acquire(ctx context.Context) error {
	if p.release != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, largeWait)
	defer cancel()
	var err error
	if p.release, err = p.limiter.acquire(ctx, p.caller); err != nil {
		return busy("too many large requests at a time")
	}
	return nil
}

func (p *largePermit) free() {
	if p.release != nil {
		p.release()
	}
}

// compressed reports whether a request may become large when it is unpacked.
func compressed(r *http.Request) bool {
	for _, name := range []string{"Content-Encoding", "Grpc-Encoding"} {
		if encoding := r.Header.Get(name); encoding != "" && encoding != "identity" {
			return true
		}
	}
	return false
}

// holdLarge counts a large answer as one until it is written: writing one takes
// more memory than making it, and a caller may read slowly.
func holdLarge(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, release := preview.HoldLargeAnswers(r.Context())
		defer release()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
