package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"connectrpc.com/grpchealth"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/internal/connlimit"
	"github.com/op-data/sqlpreview/preview/internal/syserr"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

const (
	readHeaderTimeout = 5 * time.Second
	// readTimeout bounds the time for a request's body.
	readTimeout = 15 * time.Second
	// writeTimeout bounds a request from its header to the end of its answer,
	// so it must be longer than the longest preview.
	writeTimeout = preview.HardTimeout + 20*time.Second
	idleTimeout  = 2 * time.Minute
	// stalledTimeout ends a connection of HTTP/2 whose peer reads nothing.
	stalledTimeout = 10 * time.Second
	// maxHeaderBytes bounds the header of a request. The longest part of an honest
	// one is a JWT, of which auth takes 8 KiB.
	maxHeaderBytes = 16 << 10
	// maxStreams bounds the open requests of one connection of HTTP/2.
	maxStreams = 128
	// maxFrameBytes is HTTP/2's least: a connection keeps a buffer for one frame.
	maxFrameBytes = 16 << 10
	// bufferPerConnection and bufferPerStream bound what the server holds of bodies that
	// no handler reads yet; the library's own bound for a connection is 1 MiB.
	bufferPerConnection = 256 << 10
	bufferPerStream     = 64 << 10
	cancelingPeriod     = 3 * time.Second
)

// errStopping is the cause with which the contexts of requests end when the drain is
// over.
var errStopping = errors.New("server: stopping")

// Serve answers requests on listener until ctx ends. Then it drains: health
// turns NOT_SERVING, no new connection is accepted, running previews have
// Config.DrainTimeout to finish, and what is left is cancelled in the database
// and answered ADMIN_CANCELED. It closes listener, and returns nil when all of
// this went well. A Server serves once.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	if address, ok := listener.Addr().(*net.TCPAddr); ok && s.config.TLS == nil && !address.IP.IsLoopback() {
		_ = listener.Close()
		return errors.New("server: other machines can reach this address, and without Config.TLS they could read the rows on the way")
	}
	// Requests go on after ctx has ended, for the drain.
	requests, cancelRequests := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancelRequests(nil)

	limiter := connlimit.New(connlimit.Config{
		MaxConnections: s.config.MaxConnections, MaxRequests: max(openPerInFlight*s.config.MaxInFlight, minOpen),
		TLS: s.config.TLS, Identify: identify,
	})
	httpServer := s.httpServer(requests, limiter)
	failed := make(chan error, 1)
	go func() { failed <- httpServer.Serve(limiter.Listen(listener)) }()

	select {
	case err := <-failed:
		_ = httpServer.Close()
		return fmt.Errorf("server: cannot go on accepting connections: %w", syserr.Cause(err))
	case <-ctx.Done():
	}

	s.health.SetStatus(previewv1connect.PreviewServiceName, grpchealth.StatusNotServing)
	s.health.SetStatus("", grpchealth.StatusNotServing)
	if shutdown(httpServer, s.config.DrainTimeout) == nil {
		return nil
	}
	cancelRequests(errStopping)
	limiter.CutUnused()
	err := shutdown(httpServer, cancelingPeriod)
	_ = httpServer.Close()
	if err != nil {
		return errors.New("server: some requests did not end after they were cancelled; their connections were cut")
	}
	return nil
}

// shutdown waits for the running requests, at most for timeout.
func shutdown(server *http.Server, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return server.Shutdown(ctx)
}

func (s *Server) httpServer(requests context.Context, limiter *connlimit.Limiter) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	// gRPC clients speak HTTP/2 from the first byte on.
	protocols.SetUnencryptedHTTP2(true)

	errorLog := s.config.ErrorLog
	if errorLog == nil {
		errorLog = log.New(io.Discard, "", 0)
	}
	return &http.Server{
		Handler:   limiter.Track(s.handler),
		Protocols: &protocols,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:          maxStreams,
			MaxReadFrameSize:              maxFrameBytes,
			WriteByteTimeout:              stalledTimeout,
			MaxReceiveBufferPerConnection: bufferPerConnection,
			MaxReceiveBufferPerStream:     bufferPerStream,
		},
		BaseContext:       func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         limiter.ConnState,
		ConnContext:       limiter.ConnContext,
		ErrorLog:          errorLog,
	}
}

// stopping is the failure of a preview that the end of the drain cancelled.
func stopping(failure *preview.Error) *preview.Error {
	return &preview.Error{
		Reason:     reason.AdminCanceled,
		Message:    "the sidecar stopped before the preview was done",
		Hint:       "send the request again when the sidecar is back",
		StoppedBy:  "admin",
		RequestID:  failure.RequestID,
		RetryAfter: time.Second,
		Receipt:    failure.Receipt,
	}
}
