package server

import (
	"net/http"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server/wire"
)

// preAuthTimeout is how long a body may take to arrive before its sender has been
// let in.
const preAuthTimeout = 2 * time.Second

// preAuthDeadline gives a body little time until a handler reads it, which happens
// only after its sender has been let in (see [extendDeadline]). net/http sends a
// refusal over HTTP/1.1 after the body, so half a request, for which no
// credentials are needed, would else keep its connection for readTimeout.
func preAuthDeadline(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 1 && r.ContentLength != 0 {
			// Without it the server's own time limit remains.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(preAuthTimeout))
		}
		next.ServeHTTP(w, r)
	})
}

// extendDeadline gives the rest of a body the server's full time.
func extendDeadline(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readTimeout))
}

// limitRate bounds the requests of one caller in a second.
func limitRate(rates *rates, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !rates.allow(callFrom(r.Context()).Caller.Subject) {
			refuseBusy(w, r, "too many requests of this caller in a second")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// limitInFlight bounds the requests of one caller, and of all, before a byte of
// the body is read.
func limitInFlight(limiter *callerLimiter, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		release, ok := limiter.tryAcquire(callFrom(r.Context()).Caller.Subject)
		if !ok {
			refuseBusy(w, r, "too many requests at a time")
			return
		}
		defer release()
		next.ServeHTTP(w, r)
	})
}

// refuseBusy answers CONCURRENCY_LIMIT.
func refuseBusy(w http.ResponseWriter, r *http.Request, message string) {
	callFrom(r.Context()).fail(reason.ConcurrencyLimit)
	refuse(w, r, http.StatusTooManyRequests, busy(message))
}

func busy(message string) error {
	return wire.Error(&preview.Error{
		Reason: reason.ConcurrencyLimit, Message: message,
		Hint: "wait as long as RetryInfo says, then send the request again",
	})
}

// limitBody refuses a request whose Content-Length is over the limit; one that
// does not say its length is stopped where it passes the limit. Only so many large
// ones are read at a time.
func (s *Server) limitBody(next http.Handler) http.Handler {
	large := newCallerLimiter(largeRequests)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > int64(s.config.MaxMessageBytes)+envelopeBytes {
			callFrom(r.Context()).reject(reason.SQLTooLarge)
			refuse(w, r, http.StatusRequestEntityTooLarge, tooLarge())
			return
		}
		permit := &largePermit{limiter: large, caller: callFrom(r.Context()).Caller.Subject}
		defer permit.free()
		if compressed(r) {
			if err := permit.acquire(r.Context()); err != nil {
				callFrom(r.Context()).fail(reason.ConcurrencyLimit)
				refuse(w, r, http.StatusTooManyRequests, err)
				return
			}
		}
		r.Body = newBody(w, r, s.config.MaxMessageBytes, permit)
		growStack(false)
		next.ServeHTTP(w, r)
	})
}
