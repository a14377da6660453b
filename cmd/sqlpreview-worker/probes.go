package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/op-data/sqlpreview/preview/client"
	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/preview/server/readiness"
	"github.com/op-data/sqlpreview/preview/worker"
)

const (
	// readyAge is how long an answer is remembered, yes or no, so that probes, however
	// many, cost Temporal and the sidecar next to nothing.
	readyAge = 2 * time.Second
	// metricsInFlight bounds how many callers may read the metrics at a time.
	metricsInFlight = 4
)

// newReadiness asks Temporal, by way of the worker once there is one, and the sidecar.
func newReadiness(sidecar *client.Client, running *atomic.Pointer[worker.Worker]) *readiness.Readiness {
	return readiness.New(readiness.Options{ReadyAge: readyAge, UnreadyAge: readyAge, Probe: func(ctx context.Context) error {
		w := running.Load()
		if w == nil {
			return &readiness.Error{Message: "Temporal does not answer yet"}
		}
		if err := w.Polled(ctx); err != nil {
			return &readiness.Error{Message: operatorText(err)}
		}
		serving, err := sidecar.Serving(ctx)
		switch {
		case err != nil:
			return &readiness.Error{Message: "the sidecar does not answer"}
		case !serving:
			return &readiness.Error{Message: "the sidecar is up and not ready; its log says why"}
		}
		return nil
	}})
}

// serveProbes answers probes and metrics until the function that it returns is
// called. They tell nothing of a preview but numbers, so they ask for no
// credentials.
func serveProbes(ctx context.Context, health, metrics string, ready *readiness.Readiness, registry *prometheus.Registry) (stop func(), _ error) {
	muxes := map[string]*http.ServeMux{}
	at := func(address string) *http.ServeMux {
		if muxes[address] == nil {
			muxes[address] = http.NewServeMux()
		}
		return muxes[address]
	}
	if health != "" {
		at(health).HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
		at(health).HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
			if err := ready.Check(r.Context()); err != nil {
				say(w, http.StatusServiceUnavailable, err.Error())
				return
			}
			say(w, http.StatusOK, "ready")
		})
	}
	if metrics != "" {
		at(metrics).Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: metricsInFlight}))
	}
	var stops []func()
	stop = func() {
		for _, f := range stops {
			f()
		}
	}
	for address, mux := range muxes {
		f, err := serveHTTP(ctx, address, mux)
		if err != nil {
			stop()
			return nil, err
		}
		stops = append(stops, f)
	}
	return stop, nil
}

// serveHTTP serves on an address, with a bound on the open connections, until the
// function that it returns is called.
func serveHTTP(ctx context.Context, address string, handler http.Handler) (stop func(), _ error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, misuse{"the address to listen on cannot be used: " + err.Error()}
	}
	// Probes are answered while the worker drains.
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.ServeAdmin(serving, listener, handler) // until it is closed
	}()
	return func() {
		cancel()
		<-done
	}, nil
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}
