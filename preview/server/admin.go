package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/connlimit"
	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

const (
	adminTimeout     = 5 * time.Second
	adminConnections = 32
	adminHeaderBytes = 8 << 10
)

// ServeAdmin answers requests without bodies, such as probes and metrics, over
// HTTP/1.1 until ctx ends, and closes listener. It is made for callers that show
// no credentials: at most 32 connections are open at a time, and a new one
// displaces the oldest that waits for its request or its answer, so that a probe
// is answered whatever others leave open. ServeAdmin does not look at who can
// reach listener.
func ServeAdmin(ctx context.Context, listener net.Listener, handler http.Handler) error {
	limiter := connlimit.New(connlimit.Config{MaxConnections: adminConnections, MaxRequests: adminConnections})
	web := &http.Server{
		Handler:        limiter.Track(withoutBody(handler)),
		ConnState:      limiter.ConnState,
		ConnContext:    limiter.ConnContext,
		ReadTimeout:    adminTimeout,
		WriteTimeout:   adminTimeout,
		IdleTimeout:    time.Minute,
		MaxHeaderBytes: adminHeaderBytes,
	}
	stop := context.AfterFunc(ctx, func() { _ = web.Close() })
	defer stop()
	if err := web.Serve(limiter.Listen(listener)); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("server: the admin listener stopped: %w", syserr.Cause(err))
	}
	return nil
}

// withoutBody refuses requests with a body, which a client could send for ever.
func withoutBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			w.Header().Set("Connection", "close")
			http.Error(w, "the request must have no body", http.StatusRequestEntityTooLarge)
			return
		}
		next.ServeHTTP(w, r)
	})
}
