package wire

import (
	"context"
	"errors"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// ErrorDomain is the domain of every google.rpc.ErrorInfo that leaves here.
const ErrorDomain = "sqlpreview.op-data.com"

const (
	// violationBytes bounds the violations of one error. Error details travel in
	// headers, of which gRPC asks a peer to accept 8 KiB in all; base64 takes a third.
	violationBytes = 4 << 10
	// messageBytes bounds the message and the hint, each, for the same cause.
	messageBytes = 512
	// defaultRetry is the wait advised where a retryable error names none.
	defaultRetry = time.Second
)

// Failure returns err as the one error type whose text may leave the process.
// A *preview.Error is returned as it is; the errors of a context become
// CLIENT_CANCELED and STATEMENT_TIMEOUT; of anything else only the fact remains.
func Failure(err error) *preview.Error {
	var failure *preview.Error
	switch {
	case errors.As(err, &failure):
		return failure
	case errors.Is(err, context.Canceled):
		return &preview.Error{Reason: reason.ClientCanceled, Message: "the caller went away"}
	case errors.Is(err, context.DeadlineExceeded):
		return &preview.Error{Reason: reason.StatementTimeout, Message: "the call's deadline passed"}
	default:
		return &preview.Error{Reason: reason.Internal, Message: "the preview failed for a cause that is not shown"}
	}
}

// Error is the one place where an error becomes an RPC error: the code of its
// reason, its message, and as details google.rpc.ErrorInfo, ErrorDetail and,
// when the same request may succeed later, google.rpc.RetryInfo. It returns nil
// for nil.
func Error(err error) error {
	if err == nil {
		return nil
	}
	failure := Failure(err)
	out := connect.NewError(Code(failure.Reason), errors.New(shorten(failure.Message)))
	attach(out, &errdetails.ErrorInfo{Reason: string(failure.Reason), Domain: ErrorDomain})
	attach(out, Detail(failure))
	if wait := retryAfter(failure); wait > 0 {
		attach(out, &errdetails.RetryInfo{RetryDelay: durationpb.New(wait)})
	}
	return out
}

// attach adds a detail. It cannot fail for a registered message; an error
// without its detail is still better than no answer.
func attach(e *connect.Error, detail proto.Message) {
	if d, err := connect.NewErrorDetail(detail); err == nil {
		e.AddDetail(d)
	}
}

func retryAfter(e *preview.Error) time.Duration {
	if e.RetryAfter == 0 && e.Reason.Retryable() {
		return defaultRetry
	}
	return e.RetryAfter
}

// Detail returns the ErrorDetail of e, with as many violations as fit.
func Detail(e *preview.Error) *previewv1.ErrorDetail {
	detail := &previewv1.ErrorDetail{
		Reason:    string(e.Reason),
		Hint:      shorten(e.Hint),
		Sqlstate:  e.SQLSTATE,
		RequestId: e.RequestID,
		StoppedBy: e.StoppedBy,
	}
	if !e.Position.IsZero() {
		detail.Position = &previewv1.Position{
			Line:   int32of(e.Position.Line),
			Column: int32of(e.Position.Column),
			Offset: int32of(e.Position.Offset),
			End:    int32of(e.Position.End),
		}
	}
	size := 0
	for i, v := range Violations(e.Violations) {
		if size += proto.Size(v); size > violationBytes {
			detail.ViolationsOmitted = int32of(len(e.Violations) - i)
			break
		}
		detail.Violations = append(detail.Violations, v)
	}
	return detail
}

// Violations converts what the guard found.
func Violations(violations []preview.Violation) []*previewv1.Violation {
	out := make([]*previewv1.Violation, len(violations))
	for i, v := range violations {
		out[i] = &previewv1.Violation{
			Reason:  string(v.Reason),
			Rule:    v.Rule,
			Message: valid(v.Message),
			Line:    int32of(v.Line),
			Column:  int32of(v.Column),
			Offset:  int32of(v.Offset),
			End:     int32of(v.End),
			Hint:    valid(v.Hint),
		}
	}
	return out
}
