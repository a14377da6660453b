package server

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
)

// Outcome is how a request ended.
type Outcome string

// How a request ends.
const (
	// OutcomeOK: it was answered with what it asked for.
	OutcomeOK Outcome = "OK"
	// OutcomeFailed: the core refused or failed; Call.Reason says why.
	OutcomeFailed Outcome = "FAILED"
	// OutcomeDenied: the caller was not let in; Call.Denial says why.
	OutcomeDenied Outcome = "DENIED"
	// OutcomePanicked: a panic was caught.
	OutcomePanicked Outcome = "PANICKED"
	// OutcomeRejected: the request did not reach the core, for instance because
	// it was too large, malformed or of no known path.
	OutcomeRejected Outcome = "REJECTED"
)

// Call describes one request. It holds no SQL, no value and no credential.
type Call struct {
	// Path is the request's path, which names the procedure.
	Path string
	// Caller is who called, as far as the Authenticator says.
	Caller Caller
	// RequestID is the request's own, or the one made for it. ConnectionID is what
	// it asked for: preview.DefaultConnectionID for an empty one.
	RequestID, ConnectionID string
	// Outcome is how the request ended; Reason is set when the core failed it, and
	// where there is one for rejecting it.
	Outcome Outcome
	Reason  reason.Reason
	// Message is the caller's message where the database or the connection to it failed;
	// it holds no SQL and no value. Else empty.
	Message string
	// Denial says why a caller was not let in. It is not sent to the caller.
	Denial string
	// Stats and Sanitization are the core's account of a preview that succeeded,
	// else nil.
	Stats        *preview.Stats
	Sanitization *preview.Sanitization
	// Receipt identifies the statement and what left. It is nil where the guard
	// accepted no statement.
	Receipt *preview.Receipt
	// AuditLine is what Config.Audit returned.
	AuditLine string
	// Span identifies the request's trace, where an interceptor noted one.
	Span trace.SpanContext
	// Duration is the time from the request's header to the end of the answer.
	Duration time.Duration
}

// callKey is the context key of a request's *Call.
type callKey struct{}

// observe makes the Call that the inner handlers fill in, and hands it to
// Config.Observe when the request has ended.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		call := &Call{Path: r.URL.Path, Outcome: OutcomeRejected}
		ctx := context.WithValue(r.Context(), callKey{}, call)
		defer func() {
			call.Duration = time.Since(start)
			s.config.Observe(ctx, *call)
		}()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// CallOf returns what is known of the request that ctx belongs to so far, for
// interceptors: after the handler has returned, all but Duration. ok is false
// outside of a request.
func CallOf(ctx context.Context) (call Call, ok bool) {
	noted, ok := ctx.Value(callKey{}).(*Call)
	if !ok {
		return Call{}, false
	}
	return *noted, true
}

// NoteSpan sets Call.Span of the request that ctx belongs to.
func NoteSpan(ctx context.Context, span trace.SpanContext) { callFrom(ctx).Span = span }

// callFrom returns the Call of the request that ctx belongs to, for the handlers
// to fill in; outside of a request, one that is thrown away.
func callFrom(ctx context.Context) *Call {
	if call, ok := ctx.Value(callKey{}).(*Call); ok {
		return call
	}
	return &Call{}
}

// observed marks the requests of a service without reasons, such as reflection.
func observed(path string, next http.Handler) (string, http.Handler) {
	return path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		callFrom(r.Context()).Outcome = OutcomeOK
		next.ServeHTTP(w, r)
	})
}

func (c *Call) succeed(requestID string, receipt *preview.Receipt) {
	c.Outcome, c.RequestID, c.Receipt = OutcomeOK, requestID, receipt
}

// account keeps what the core says of a preview that succeeded.
func (c *Call) account(result *preview.Result) {
	c.Stats, c.Sanitization = &result.Stats, &result.Sanitization
}

func (c *Call) fail(r reason.Reason) { c.Outcome, c.Reason = OutcomeFailed, r }

// withhold takes back the account of an answer that does not leave; the
// statement stays known.
func (c *Call) withhold() {
	c.Stats, c.Sanitization = nil, nil
	if r := c.Receipt; r != nil {
		c.Receipt = &preview.Receipt{SQLFingerprint: r.SQLFingerprint, Tables: r.Tables}
	}
}

func (c *Call) reject(r reason.Reason) { c.Outcome, c.Reason = OutcomeRejected, r }

func (c *Call) deny(why string) { c.Outcome, c.Denial = OutcomeDenied, why }

func (c *Call) panicked() {
	c.withhold()
	c.Outcome, c.Reason = OutcomePanicked, reason.Internal
}
