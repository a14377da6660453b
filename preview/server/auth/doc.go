// Package auth has the server.Authenticators for callers over a network: a client
// certificate ([ClientCertificate], with [TLS]), or an access token of an M2M issuer
// ([AccessToken]). Shared secrets in a file are server.BearerTokenFile. [All] asks
// for several credentials together.
//
// Each error says what was wrong with the credentials, for the operator's log, and
// holds no token. The server gives the caller the same answer for every error.
//
// Rotation needs no restart: the server's certificate, the clients' certificate
// authority (also for connections that are open already) and the issuer's keys are
// read again when they change.
package auth

import (
	"context"
	"errors"

	"github.com/op-data/sqlpreview/preview/server"
)

// maxSubject bounds a caller's name in logs and records, in bytes.
const maxSubject = 256

// All returns an Authenticator that asks for the credentials of every one of
// authenticators. The caller is the one that the last of them returns.
func All(authenticators ...server.Authenticator) server.Authenticator {
	return func(ctx context.Context, credentials server.Credentials) (server.Caller, error) {
		if len(authenticators) == 0 {
			return server.Caller{}, errors.New("no way to authenticate is configured")
		}
		var caller server.Caller
		for _, authenticate := range authenticators {
			session := caller.Session
			var err error
			if caller, err = authenticate(ctx, credentials); err != nil {
				return server.Caller{}, err
			}
			if caller.Session == nil {
				caller.Session = session
			}
		}
		return caller, nil
	}
}

// subject bounds a name, part of which the caller may have chosen.
func subject(name string) string { return name[:min(len(name), maxSubject)] }
