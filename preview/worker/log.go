package worker

import (
	"context"
	"log/slog"

	"go.temporal.io/sdk/log"

	"github.com/op-data/sqlpreview/preview/server/jsonline"
)

// sdkLogger is the logger for the SDK. It lets through what names a part of the
// work, and of an error no more than its code: the text of one may hold an address
// or what a caller sent.
func sdkLogger(to *slog.Logger) log.Logger {
	return log.NewStructuredLogger(slog.New(quietHandler{to.Handler()}))
}

// quietKeys are the keys of the SDK's lines that are let through.
var quietKeys = map[string]bool{
	"Namespace": true, "TaskQueue": true, "WorkerID": true, "WorkerType": true, "WorkflowType": true, "WorkflowID": true,
	"RunID": true, "ActivityType": true, "ActivityID": true, "Attempt": true, "BuildID": true, "EventID": true,
}

type quietHandler struct{ next slog.Handler }

func (h quietHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo && h.next.Enabled(ctx, level)
}

func (h quietHandler) Handle(ctx context.Context, record slog.Record) error {
	quiet := slog.NewRecord(record.Time, record.Level, "temporal: "+record.Message, 0)
	record.Attrs(func(a slog.Attr) bool {
		if a, ok := quietAttr(a); ok {
			quiet.AddAttrs(a)
		}
		return true
	})
	return h.next.Handle(ctx, quiet)
}

func quietAttr(a slog.Attr) (slog.Attr, bool) {
	if err, ok := a.Value.Any().(error); ok {
		return slog.String("code", codeOf(err).String()), true
	}
	if a.Value.Kind() == slog.KindString {
		a.Value = slog.StringValue(jsonline.Bounded(a.Value.String()))
	}
	return a, quietKeys[a.Key]
}

func (h quietHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	var quiet []slog.Attr
	for _, a := range attributes {
		if a, ok := quietAttr(a); ok {
			quiet = append(quiet, a)
		}
	}
	return quietHandler{h.next.WithAttrs(quiet)}
}

func (h quietHandler) WithGroup(string) slog.Handler { return h }
