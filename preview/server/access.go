package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"connectrpc.com/connect"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server/wire"
)

// Caller is who a request comes from.
type Caller struct {
	// Subject names the caller in logs; it is no secret.
	Subject string
}

// Credentials is what a request shows of its caller.
type Credentials struct {
	// Header is the request's header. The Authenticator must not change it.
	Header http.Header
	// TLS is the connection's state; nil without TLS.
	TLS *tls.ConnectionState
}

// Authenticator says who calls, or returns an error: then the caller gets one
// uniform answer, whatever was wrong, and the error's text goes to Call.Denial
// alone. It runs before the body is read, for every request, at once by many.
type Authenticator func(ctx context.Context, credentials Credentials) (Caller, error)

// access keeps out who may not call.
type access struct {
	authenticator Authenticator
	hosts         map[string]bool
	origins       *http.CrossOriginProtection
	rates         *rates
}

func newAccess(config Config) (*access, error) {
	a := &access{
		authenticator: config.Authenticate,
		hosts:         map[string]bool{"localhost": true},
		origins:       http.NewCrossOriginProtection(),
		rates:         newRates(config.RequestsPerSecond),
	}
	for _, host := range config.AllowedHosts {
		a.hosts[strings.ToLower(host)] = true
	}
	var faults []error
	for _, origin := range config.AllowedOrigins {
		if err := a.origins.AddTrustedOrigin(origin); err != nil {
			faults = append(faults, fmt.Errorf("server: Config.AllowedOrigins: %w", err))
		}
	}
	return a, errors.Join(faults...)
}

// tlsKey is the context key of a request's *tls.ConnectionState.
type tlsKey struct{}

// browser refuses what a web page could send behind its user's back: a request
// of another origin, and one for a name that was rebound to this machine.
func (a *access) browser(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if why := a.denies(r); why != "" {
			note(r.Context()).deny(why)
			refuse(w, r, http.StatusForbidden, connect.NewError(connect.CodePermissionDenied, errors.New("this caller is not allowed")))
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), tlsKey{}, r.TLS)))
	})
}

func (a *access) denies(r *http.Request) string {
	if err := a.origins.Check(r); err != nil {
		return "the Origin header names a page that is not allowed"
	}
	// A browser reaches neither a unix socket nor, under a foreign name, a server
	// whose certificate does not have that name.
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && local.Network() != "tcp" || r.TLS != nil {
		return ""
	}
	if !a.knownHost(r.Host) {
		return "the Host header is not allowed"
	}
	return ""
}

// knownHost tells whether the Host header names this machine.
func (a *access) knownHost(header string) bool {
	host := header
	if name, _, err := net.SplitHostPort(header); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if a.hosts[host] {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// authenticate is the gate before every service but health.
func (a *access) authenticate(
	ctx context.Context, _ connect.Spec, peer connect.Peer, header http.Header,
) (context.Context, error) {
	// Without an Authenticator a caller has the name that its socket gives it.
	caller := Caller{Subject: localName(peer.Addr)}
	if a.authenticator != nil {
		state, _ := ctx.Value(tlsKey{}).(*tls.ConnectionState)
		var err error
		if caller, err = a.authenticator(ctx, Credentials{Header: header, TLS: state}); err != nil {
			note(ctx).deny(err.Error())
			return ctx, connect.NewError(connect.CodeUnauthenticated, errors.New("the caller is not authenticated"))
		}
	}
	note(ctx).Caller = caller
	if !a.rates.allow(caller.Subject) {
		note(ctx).fail(reason.ConcurrencyLimit)
		return ctx, wire.Error(&preview.Error{
			Reason:  reason.ConcurrencyLimit,
			Message: "too many requests of this caller in a second",
			Hint:    "wait as long as RetryInfo says, then send the request again",
		})
	}
	return ctx, nil
}

// refuse answers in the protocol of the request, before any handler saw it, and
// by the status alone where the request is of no protocol.
func refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	writer := connect.NewErrorWriter()
	if !writer.IsSupported(r) {
		http.Error(w, http.StatusText(status), status)
		return
	}
	// The answer cannot be written when the caller is gone; nobody is left to tell.
	_ = writer.Write(w, r, err)
}
