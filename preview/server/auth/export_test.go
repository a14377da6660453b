package auth

import "github.com/op-data/sqlpreview/preview/server"

// AccessTokenSettled is AccessToken with a function that waits until no fetch of
// the issuer's keys is under way: a test that moves the clock needs to know that
// the answer it caused has been taken in, not only that it has been given.
func AccessTokenSettled(config TokenConfig) (authenticate server.Authenticator, settle func(), err error) {
	verifier, err := newVerifier(config)
	if err != nil {
		return nil, nil, err
	}
	return verifier.authenticate, verifier.keys.background.Wait, nil
}
