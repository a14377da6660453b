// Package auth holds the ways in which a caller of the sidecar can prove who it
// is over a network: a client certificate ([ClientCertificate], with [TLS]), or an
// access token of an M2M issuer ([AccessToken]). The shared secret in a file is
// server.BearerTokenFile. [All] asks for several proofs together.
//
// What a caller did wrong is for the operator's log: each error says it, and
// holds no token. The server answers every one of them alike.
//
// Everything that can be rotated is picked up without a restart: the server's
// certificate, the certificate authority of the clients (also on connections
// that are open already), and the issuer's keys.
package auth

import (
	"context"
	"errors"

	"github.com/op-data/sqlpreview/preview/server"
)

// maxSubject bounds a caller's name in logs and records, in bytes.
const maxSubject = 256

// All returns an Authenticator that asks for every proof. The caller is whom the
// last one names.
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

// subject bounds a name that a stranger chose in part.
func subject(name string) string { return name[:min(len(name), maxSubject)] }
