package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"

	"github.com/op-data/sqlpreview/preview/server"
)

const (
	adminTimeout     = 5 * time.Second
	adminConnections = 32
)

// admin answers probes and metrics. It tells nothing of a request, a database
// or a caller but numbers, and the ids of the connections that are in use.
type admin struct{ handler http.Handler }

func newAdmin(ready *readiness, metrics *prometheus.Registry) *admin {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := ready.check(r.Context()); err != nil {
			say(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		say(w, http.StatusOK, "ready")
	})
	if metrics != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{MaxRequestsInFlight: adminConnections}))
	}
	return &admin{handler: mux}
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}

// listenAdmin listens on unix:PATH or any HOST:PORT.
func listenAdmin(ctx context.Context, address string) (net.Listener, error) {
	if strings.HasPrefix(address, "unix:") {
		return server.Listen(ctx, address)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the admin side cannot listen: %w", err)
	}
	return listener, nil
}

// serve answers until ctx ends; without a listener it does nothing.
func (a *admin) serve(ctx context.Context, listener net.Listener) error {
	if listener == nil {
		return nil
	}
	web := &http.Server{
		Handler: a.handler, ReadTimeout: adminTimeout, WriteTimeout: adminTimeout, IdleTimeout: time.Minute, MaxHeaderBytes: 8 << 10,
	}
	stop := context.AfterFunc(ctx, func() { _ = web.Close() })
	defer stop()
	err := web.Serve(netutil.LimitListener(listener, adminConnections))
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("the admin side stopped: %w", err)
	}
	return nil
}
