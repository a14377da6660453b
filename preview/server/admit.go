package server

import (
	"net/http"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server/wire"
)

// admit bounds the requests inside the server, so that callers without number
// cannot grow the process: whoever finds no place is told so before a byte of
// the body is read.
func (s *Server) admit(next http.Handler) http.Handler {
	places := make(chan struct{}, s.config.MaxInFlight)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			next.ServeHTTP(w, r)
		default:
			note(r.Context()).fail("", "", reason.ConcurrencyLimit)
			refuse(w, r, wire.Error(&preview.Error{
				Reason:  reason.ConcurrencyLimit,
				Message: "too many requests at a time",
				Hint:    "wait as long as RetryInfo says, then send the request again",
			}))
		}
	})
}
