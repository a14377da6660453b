package worker

import (
	"errors"

	"go.temporal.io/api/serviceerror"
	"google.golang.org/grpc/codes"
)

// ErrUnavailable is the error of a Temporal that does not answer. It may answer
// later.
var ErrUnavailable = errors.New("worker: Temporal does not answer; check that it runs, its address, and for TLS the certificates")

// connectError words an error of Temporal's frontend. The library's own text holds
// addresses.
func connectError(err error) error {
	var missing *serviceerror.NamespaceNotFound
	switch code := codeOf(err); {
	case errors.As(err, &missing):
		return errors.New("worker: Temporal has no such namespace; create it, or name another")
	case code == codes.Unavailable || code == codes.DeadlineExceeded || code == codes.Canceled || code == codes.ResourceExhausted:
		return ErrUnavailable
	case code == codes.Unauthenticated:
		return errors.New("worker: Temporal does not know who calls; check the client certificate, the API key or the access token")
	case code == codes.PermissionDenied:
		return errors.New("worker: Temporal does not let this caller into the namespace; check its rights there")
	case code == codes.NotFound:
		return errors.New("worker: Temporal does not find what was asked for; check the namespace")
	default:
		return errors.New("worker: Temporal refuses the call with the code " + code.String())
	}
}

// codeOf is the gRPC code of an error of the SDK's.
func codeOf(err error) codes.Code {
	var unavailable *serviceerror.Unavailable
	var deadline *serviceerror.DeadlineExceeded
	var canceled *serviceerror.Canceled
	var denied *serviceerror.PermissionDenied
	var missing *serviceerror.NotFound
	var exhausted *serviceerror.ResourceExhausted
	switch {
	case errors.As(err, &unavailable):
		return codes.Unavailable
	case errors.As(err, &deadline):
		return codes.DeadlineExceeded
	case errors.As(err, &canceled):
		return codes.Canceled
	case errors.As(err, &denied):
		return codes.PermissionDenied
	case errors.As(err, &missing):
		return codes.NotFound
	case errors.As(err, &exhausted):
		return codes.ResourceExhausted
	}
	return serviceerror.ToStatus(err).Code()
}
