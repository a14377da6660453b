package server

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"connectrpc.com/connect"
)

// The headers of CORS (https://fetch.spec.whatwg.org/#http-cors-protocol): what a
// page may send, what it may read of an answer, and for how long, in seconds, a
// browser may remember that. They are those of gRPC-Web and Connect.
const (
	corsAllowMethods = "POST"
	corsAllowHeaders = "Authorization, Content-Type, Content-Encoding, Connect-Accept-Encoding, Connect-Content-Encoding, " +
		"Connect-Protocol-Version, Connect-Timeout-Ms, Grpc-Accept-Encoding, Grpc-Encoding, Grpc-Timeout, Traceparent, " +
		"Tracestate, X-Grpc-Web, X-User-Agent"
	corsExposeHeaders = "Connect-Content-Encoding, Grpc-Encoding, Grpc-Message, Grpc-Status, Grpc-Status-Details-Bin"
	corsMaxAge        = "7200"
)

// origins are the web pages, and the names of this machine, that may be used.
type origins struct {
	allowed []string
	checker *http.CrossOriginProtection
	hosts   map[string]bool
}

func newOrigins(config Config) (*origins, error) {
	o := &origins{
		allowed: config.AllowedOrigins,
		checker: http.NewCrossOriginProtection(),
		hosts:   map[string]bool{"localhost": true},
	}
	for _, host := range config.AllowedHosts {
		o.hosts[strings.ToLower(host)] = true
	}
	var faults []error
	for _, origin := range config.AllowedOrigins {
		if err := o.checker.AddTrustedOrigin(origin); err != nil {
			faults = append(faults, fmt.Errorf("server: Config.AllowedOrigins: %w", err))
		}
	}
	return o, errors.Join(faults...)
}

// checkOrigin refuses what a web page could send without its user's knowledge: a request
// from another origin, and one for a name that was rebound to this machine. The headers
// of the answer say what the pages of the allowed origins may do.
func (o *origins) checkOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if denial := o.denial(r); denial != "" {
			callFrom(r.Context()).deny(denial)
			refuse(w, r, http.StatusForbidden, connect.NewError(connect.CodePermissionDenied, errors.New("this caller is not allowed")))
			return
		}
		if o.allow(w, r) {
			callFrom(r.Context()).Outcome = OutcomeOK
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// allow sets the headers of CORS for a page of an allowed origin, and reports
// whether the request was a preflight, which asks for nothing else.
func (o *origins) allow(w http.ResponseWriter, r *http.Request) (preflight bool) {
	if len(o.allowed) == 0 {
		return false
	}
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !slices.Contains(o.allowed, origin) {
		return false
	}
	header.Set("Access-Control-Allow-Origin", origin)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		header.Set("Access-Control-Expose-Headers", corsExposeHeaders)
		return false
	}
	header.Set("Access-Control-Allow-Methods", corsAllowMethods)
	header.Set("Access-Control-Allow-Headers", corsAllowHeaders)
	header.Set("Access-Control-Max-Age", corsMaxAge)
	return true
}

// denial says why the request is refused; "" when it is not.
func (o *origins) denial(r *http.Request) string {
	if err := o.checker.Check(r); err != nil {
		return "the Origin header names a page that is not allowed"
	}
	// A browser reaches neither a unix socket nor, under a foreign name, a server
	// whose certificate does not have that name.
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && local.Network() != "tcp" || r.TLS != nil {
		return ""
	}
	if !o.knownHost(r.Host) {
		return "the Host header is not allowed"
	}
	return ""
}

// knownHost reports whether the Host header names this machine.
func (o *origins) knownHost(header string) bool {
	host := header
	if name, _, err := net.SplitHostPort(header); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if o.hosts[host] {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
