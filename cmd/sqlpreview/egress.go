package main

import (
	"context"
	"fmt"
	"log/slog"
	"path"

	"go.opentelemetry.io/otel/metric"

	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/preview/server/egress"
	"github.com/op-data/sqlpreview/preview/server/readiness"
)

// auditWith writes the line of a request into the audit log, and returns its place and
// hash. They go into the request's log line, so that the log stream, which is kept
// elsewhere, witnesses the chain.
func auditWith(audit *egress.Log, ready *readiness.Readiness, log *slog.Logger, failures metric.Int64Counter) func(context.Context, server.Call) (string, error) {
	return func(ctx context.Context, call server.Call) (string, error) {
		head, err := audit.Append(entryOf(call))
		ready.SetAuditWritten(err == nil)
		if err != nil {
			failures.Add(ctx, 1)
			log.Error("the egress record cannot be written, so nothing is answered", "why", err.Error())
			return "", err
		}
		return fmt.Sprintf("%d:%s", head.Sequence, head.Hash), nil
	}
}

func entryOf(call server.Call) egress.Entry {
	entry := egress.Entry{
		Caller:       call.Caller.Subject,
		RequestID:    call.RequestID,
		ConnectionID: call.ConnectionID,
		Procedure:    path.Base(call.Path),
		Outcome:      string(call.Outcome),
		Reason:       string(call.Reason),
	}
	if r := call.Receipt; r != nil {
		entry.SQLFingerprint, entry.Tables = r.SQLFingerprint, r.Tables
		entry.PayloadSHA256, entry.SchemaFingerprint = r.PayloadSHA256, r.SchemaFingerprint
	}
	if s := call.Stats; s != nil {
		entry.Rows, entry.Bytes = s.Rows, s.Bytes
	}
	if s := call.Sanitization; s != nil && len(s.Counts) > 0 {
		entry.Changes = make(map[string]int, len(s.Counts))
		for kinds, cells := range s.Counts {
			for _, name := range kinds.Names() {
				entry.Changes[name] += cells
			}
		}
	}
	return entry
}
