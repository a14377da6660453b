package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server/readiness"
)

// newReadiness asks the source of the connections, and the database where there is
// one. Where there are many, none of them decides about all.
func newReadiness(from *source, previewer *preview.Previewer, log *slog.Logger) *readiness.Readiness {
	return readiness.New(readiness.Options{Log: log, Probe: func(ctx context.Context) error {
		if from.ping != nil && from.ping(ctx) != nil {
			return &readiness.Error{Message: "the place where connections are kept does not answer"}
		}
		if !from.single {
			return nil
		}
		_, err := previewer.Describe(ctx, preview.Request{SQL: "select 1", Timeout: readiness.ProbeTimeout})
		// A busy sidecar can answer.
		if r := preview.ReasonOf(err); err != nil && r != reason.ConcurrencyLimit {
			failure := &readiness.Error{Message: string(r)}
			var said *preview.Error
			if errors.As(err, &said) {
				failure.Detail = said.Message
			}
			return failure
		}
		return nil
	}})
}
