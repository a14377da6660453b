package server

import (
	"net/http"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server/wire"
)

// measure refuses a request that says it is larger than any may be; one that
// does not say so is stopped where the limit is passed. Of large ones only so
// many are read at a time.
func (s *Server) measure(next http.Handler) http.Handler {
	places := make(chan struct{}, largeRequests)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > int64(s.config.MaxMessageBytes)+envelopeBytes {
			note(r.Context()).reject(reason.SQLTooLarge)
			refuse(w, r, http.StatusRequestEntityTooLarge, tooLarge())
			return
		}
		body := newBody(r, s.config.MaxMessageBytes, claim{places: places})
		defer body.large.leave()
		if compressed(r) {
			if err := body.large.enter(r.Context()); err != nil {
				note(r.Context()).fail(reason.ConcurrencyLimit)
				refuse(w, r, http.StatusTooManyRequests, err)
				return
			}
		}
		r.Body = body
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
