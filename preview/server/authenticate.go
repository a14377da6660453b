package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"

	"connectrpc.com/connect"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/internal/connlimit"
)

// Caller is who a request comes from.
type Caller struct {
	// Subject names the caller in logs, records and limits; it is no secret.
	Subject string
	// Session is what the caller's proof lets its previews set; nil for nothing.
	Session *preview.RequestSession
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

// requireCaller lets in the callers that the Authenticator knows. Without one, a
// caller has the name that its socket gives it.
func requireCaller(authenticate Authenticator, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := callFrom(r.Context())
		caller := Caller{Subject: localName(r.RemoteAddr)}
		if authenticate != nil {
			var err error
			if caller, err = authenticate(r.Context(), Credentials{Header: r.Header, TLS: r.TLS}); err != nil {
				call.deny(err.Error())
				refuse(w, r, http.StatusUnauthorized, connect.NewError(connect.CodeUnauthenticated, errors.New("the caller is not authenticated")))
				return
			}
		}
		call.Caller = caller
		connlimit.LetIn(w, r, caller.Subject)
		if caller.Session != nil {
			r = r.WithContext(preview.WithRequestSession(r.Context(), *caller.Session))
		}
		next.ServeHTTP(w, r)
	})
}

// refuse answers in the protocol of the request, before any handler saw it, and
// by the status alone where the request is of no protocol.
func refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	writer := connect.NewErrorWriter()
	if !writer.IsSupported(r) {
		http.Error(w, http.StatusText(status), status)
		return
	}
	// The write fails when the caller is gone; then there is no one to answer.
	_ = writer.Write(w, r, err)
}
