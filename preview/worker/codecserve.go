package worker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/connlimit"
	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

const (
	// codecConnections bounds the open connections to the codec endpoint.
	codecConnections = 64
	// codecDrain is how long requests that have begun may take when the endpoint stops.
	codecDrain = 2 * time.Second
)

// ServeCodec answers requests with a [CodecHandler] over HTTP/1.1 until ctx ends, and
// closes listener. What was begun has 2 s to end. At most 64 connections are open at a
// time, and a new one displaces the oldest that has shown no token, so that readers are
// answered whatever others leave open. config is the server's side of TLS, nil for none;
// ServeCodec does not look at who can reach listener.
func ServeCodec(ctx context.Context, listener net.Listener, config *tls.Config, handler http.Handler) error {
	limiter := connlimit.New(connlimit.Config{MaxConnections: codecConnections, MaxRequests: codecConnections, TLS: config})
	web := &http.Server{
		Handler:           limiter.Track(handler),
		ConnState:         limiter.ConnState,
		ConnContext:       limiter.ConnContext,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	drained := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(drained)
		limiter.CutUnused()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), codecDrain)
		defer cancel()
		_ = web.Shutdown(drain)
		_ = web.Close() // what is not answered by then is cut off
	})
	err := web.Serve(limiter.Listen(listener))
	if stop() { // nobody asked it to end
		_ = web.Close()
		return fmt.Errorf("worker: the codec endpoint stopped accepting connections: %w", syserr.Cause(err))
	}
	<-drained // Serve returns as soon as the shutdown begins
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("worker: the codec endpoint stopped accepting connections: %w", syserr.Cause(err))
	}
	return nil
}
