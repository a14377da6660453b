package server

import (
	"net/http"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server/wire"
)

// measure refuses a request that says it is larger than any may be; one that
// does not say so is stopped where the limit is passed.
func (s *Server) measure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > int64(s.config.MaxMessageBytes)+envelopeBytes {
			note(r.Context()).reject(reason.SQLTooLarge)
			refuse(w, r, http.StatusRequestEntityTooLarge, tooLarge())
			return
		}
		r.Body = newBody(r, s.config.MaxMessageBytes)
		next.ServeHTTP(w, r)
	})
}

// admit bounds the requests inside the server, so that callers without number
// cannot grow the process: whoever finds no place is told so before a byte of
// the body is read.
func (s *Server) admit(next http.Handler) http.Handler {
	places := make(chan struct{}, s.config.MaxInFlight)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			growStack(false)
			next.ServeHTTP(w, r)
		default:
			note(r.Context()).fail(reason.ConcurrencyLimit)
			refuse(w, r, http.StatusTooManyRequests, wire.Error(&preview.Error{
				Reason:  reason.ConcurrencyLimit,
				Message: "too many requests at a time",
				Hint:    "wait as long as RetryInfo says, then send the request again",
			}))
		}
	})
}
