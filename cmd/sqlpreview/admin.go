package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/preview/server/readiness"
)

// metricsInFlight bounds how many callers may read the metrics at a time.
const metricsInFlight = 4

// admin answers probes and metrics. It tells nothing of a request, a database
// or a caller but numbers, and the ids of the connections that are in use.
type admin struct{ handler http.Handler }

func newAdmin(ready *readiness.Readiness, metrics *prometheus.Registry) *admin {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := ready.Check(r.Context()); err != nil {
			say(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		say(w, http.StatusOK, "ready")
	})
	if metrics != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{MaxRequestsInFlight: metricsInFlight}))
	}
	return &admin{handler: mux}
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}

// listenAdmin listens on unix:PATH or HOST:PORT: of a loopback address, or of any
// where remote callers are allowed.
func listenAdmin(ctx context.Context, address string, allowRemote bool) (net.Listener, error) {
	if strings.HasPrefix(address, "unix:") {
		return server.Listen(ctx, address)
	}
	if !allowRemote {
		if err := adminIsLocal(ctx, address); err != nil {
			return nil, err
		}
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the admin side cannot listen: %w", err)
	}
	return listener, nil
}

// adminIsLocal refuses an address that other machines can reach.
func adminIsLocal(ctx context.Context, address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("admin_listen: %w", err)
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if host == "" || err != nil || slices.ContainsFunc(addresses, func(ip netip.Addr) bool { return !ip.Unmap().IsLoopback() }) {
		return errors.New("admin_listen: other machines could reach this address, and the admin side asks for no credentials; " +
			"use unix:PATH or a loopback address, or set admin_allow_remote to true")
	}
	return nil
}

// serve answers until ctx ends; without a listener it does nothing.
func (a *admin) serve(ctx context.Context, listener net.Listener) error {
	if listener == nil {
		return nil
	}
	return server.ServeAdmin(ctx, listener, a.handler)
}
