package main

import (
	"context"
	"io"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/op-data/sqlpreview/cmd/internal/answerjson"
	"github.com/op-data/sqlpreview/cmd/internal/diagnostic"
	"github.com/op-data/sqlpreview/cmd/internal/received"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/client"
	"github.com/op-data/sqlpreview/preview/reason"
)

// failedInput is the text that a failure is about, and the form to print the failure in.
type failedInput struct {
	name, sql string
	json      bool
}

// diagnosticOptions returns the options of what is printed to a stream.
func diagnosticOptions(env *environment, w io.Writer) diagnostic.Options {
	return diagnostic.Options{Colour: colours(env, w), Width: widthOf(w)}
}

// printFailure prints a failure in the form that was asked for, and returns the error
// that ends the command.
func printFailure(ctx context.Context, env *environment, input failedInput, failure *preview.Error) error {
	var err error
	if input.json {
		err = answerjson.WriteFailure(env.stdout, failure)
	} else {
		err = diagnostic.Error(env.stderr, diagnosticOptions(env, env.stderr), input.name, input.sql, failure)
	}
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return errSaid{ctx.Err()}
	}
	return errRefused
}

// unauthenticated is the reason shown for a caller that the sidecar does not let
// in; the sidecar itself gives none.
const unauthenticated reason.Reason = "UNAUTHENTICATED"

// receivedFailure is a sidecar's failure, or why there is none: the sidecar could
// not be reached, or did not let the caller in.
func receivedFailure(err error) *preview.Error {
	failure := received.Error(err)
	if failure.Reason != reason.Internal {
		return failure
	}
	switch status.Code(err) {
	case codes.Unavailable:
		return &preview.Error{
			Reason: client.Unavailable, Message: "the sidecar cannot be reached",
			Hint: "check that it runs (sqlpreview health ADDRESS), its address, and for TLS its certificate",
		}
	case codes.Unauthenticated, codes.PermissionDenied:
		return &preview.Error{
			Reason: unauthenticated, Message: "the sidecar does not let this caller in",
			Hint: "give the proof that it asks for: --token-file, or --cert-file and --key-file",
		}
	case codes.Canceled:
		return &preview.Error{Reason: reason.ClientCanceled, Message: "the caller cancelled the preview"}
	}
	return failure
}
