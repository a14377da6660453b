package server

import (
	"net/http"
	"time"

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
		body := newBody(w, r, s.config.MaxMessageBytes, claim{places: places})
		defer body.large.leave()
		if compressed(r) {
			if err := body.large.enter(r.Context()); err != nil {
				note(r.Context()).fail(reason.ConcurrencyLimit)
				refuse(w, r, http.StatusTooManyRequests, err)
				return
			}
		}
		r.Body = body
		growStack(false)
		next.ServeHTTP(w, r)
	})
}

// admit bounds the requests inside, so that callers without number cannot grow
// the process: whoever finds no place is told so before a byte of the body is
// read.
func admit(most int, next http.Handler) http.Handler {
	places := make(chan struct{}, most)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
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

// unproven is how long a body may take to come before its sender has been let in.
const unproven = 2 * time.Second

// hurry gives a body little time until somebody wants to read it, which happens
// when its sender has been let in (see [body]). Over HTTP/1.1 a refusal is sent
// after the body has come, so that half a request, for which no proof is needed,
// would keep its connection for as long as reading may take.
func hurry(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 1 && r.ContentLength != 0 {
			// Without it the server's own time limit remains.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(unproven))
		}
		next.ServeHTTP(w, r)
	})
}
