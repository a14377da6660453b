package server

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"connectrpc.com/connect"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server/wire"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// service answers the RPCs: request in, core, response out.
type service struct {
	previewer    Previewer
	audit        func(ctx context.Context, call Call) (string, error)
	byConnection *keyedLimiter
}

func (s *service) PreviewQuery(
	ctx context.Context, request *connect.Request[previewv1.PreviewQueryRequest],
) (*connect.Response[previewv1.PreviewQueryResponse], error) {
	in := begin(ctx, wire.PreviewRequest(request.Msg))
	release, err := s.limitConnection(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	result, err := s.previewer.Preview(ctx, in)
	if err != nil {
		return nil, s.audited(ctx, fail(ctx, err))
	}
	callFrom(ctx).succeed(result.RequestID, &result.Receipt)
	response, err := wire.Answer(result, request.Header().Get("Content-Type"))
	if err != nil {
		callFrom(ctx).withhold()
		return nil, s.audited(ctx, fail(ctx, err))
	}
	callFrom(ctx).account(result)
	if err := s.audited(ctx, nil); err != nil {
		return nil, err
	}
	return connect.NewResponse(response), nil
}

func (s *service) ValidateQuery(
	ctx context.Context, request *connect.Request[previewv1.ValidateQueryRequest],
) (*connect.Response[previewv1.ValidateQueryResponse], error) {
	in := begin(ctx, preview.Request{SQL: request.Msg.GetSql(), RequestID: request.Msg.GetRequestId()})
	verdict, err := s.previewer.Validate(ctx, in.SQL)
	if err != nil {
		return nil, fail(ctx, err)
	}
	var accepted *preview.Receipt
	if verdict.Allowed {
		accepted = &preview.Receipt{SQLFingerprint: verdict.Fingerprint, Tables: verdict.Tables}
	}
	callFrom(ctx).succeed(in.RequestID, accepted)
	return connect.NewResponse(wire.Validate(in.RequestID, verdict)), nil
}

func (s *service) DescribeQuery(
	ctx context.Context, request *connect.Request[previewv1.DescribeQueryRequest],
) (*connect.Response[previewv1.DescribeQueryResponse], error) {
	in := begin(ctx, wire.DescribeRequest(request.Msg))
	release, err := s.limitConnection(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	description, err := s.previewer.Describe(ctx, in)
	if err != nil {
		return nil, s.audited(ctx, fail(ctx, err))
	}
	callFrom(ctx).succeed(description.RequestID, &description.Receipt)
	if err := s.audited(ctx, nil); err != nil {
		return nil, err
	}
	return connect.NewResponse(wire.Describe(description)), nil
}

// begin gives a request an id that may stand in logs and audit lines, by the same
// rule whatever is called, and notes what it names, however it will end.
func begin(ctx context.Context, in preview.Request) preview.Request {
	in.RequestID = beginID(ctx, in.RequestID, in.ConnectionID)
	return in
}

// limitConnection bounds the requests of one caller, and of all, for the
// connection id that begin noted.
func (s *service) limitConnection(ctx context.Context) (release func(), err error) {
	release, failure := s.acquireConnection(ctx)
	if failure != nil {
		return nil, s.audited(ctx, fail(ctx, failure))
	}
	return release, nil
}

func (s *service) acquireConnection(ctx context.Context) (release func(), failure *preview.Error) {
	call := callFrom(ctx)
	release, ok := s.byConnection.tryAcquire(call.ConnectionID, call.Caller.Subject)
	if !ok {
		return nil, &preview.Error{
			Reason: reason.ConcurrencyLimit, Message: "too many previews of this connection run and wait already",
			Hint: "wait as long as RetryInfo says, then send the request again", RequestID: call.RequestID,
		}
	}
	return release, nil
}

// audited writes the audit line of the request and returns outcome. A request whose line
// cannot be written is answered with an error instead. It runs before the answer leaves.
func (s *service) audited(ctx context.Context, outcome error) error {
	if failure := s.auditCall(ctx); failure != nil {
		return wire.Error(failure)
	}
	return outcome
}

// auditCall writes the audit line of the request and returns the failure to do so, or nil.
func (s *service) auditCall(ctx context.Context) *preview.Error {
	if s.audit == nil {
		return nil
	}
	call := callFrom(ctx)
	var err error
	if call.AuditLine, err = s.audit(ctx, *call); err != nil {
		call.withhold()
		return noteFailure(ctx, &preview.Error{
			Reason: reason.Internal, Message: "the request could not be recorded, so it is not answered",
			Hint:      "ask the operator of the sidecar to look at the egress record",
			RequestID: call.RequestID,
		})
	}
	return nil
}

// fail notes a failure and returns the error that is sent.
func fail(ctx context.Context, err error) error { return wire.Error(noteFailure(ctx, err)) }

// operatorMessage is what an operator can act on: why the database could not be
// asked. The messages of other reasons may quote the author's text.
func operatorMessage(failure *preview.Error) string {
	switch failure.Reason {
	case reason.DatabaseUnavailable, reason.DatabaseLoginFailed, reason.DatabaseBusy:
	default:
		return ""
	}
	if failure.Hint == "" {
		return failure.Message
	}
	return failure.Message + "; " + failure.Hint
}

// noteFailure notes a failure in the Call and returns what the caller may be shown of it.
func noteFailure(ctx context.Context, err error) *preview.Error {
	failure := wire.Failure(err)
	if failure.Reason == reason.ClientCanceled && errors.Is(context.Cause(ctx), errStopping) {
		failure = stopping(failure)
	}
	call := callFrom(ctx)
	call.fail(failure.Reason)
	call.Message = operatorMessage(failure)
	call.RequestID, call.Receipt = cmp.Or(failure.RequestID, call.RequestID), cmp.Or(failure.Receipt, call.Receipt)
	return failure
}

// recovered answers a request whose handler panicked, and writes its audit line if it
// had a connection. The panic's value may hold anything, so it goes nowhere.
func (s *service) recovered(ctx context.Context, _ connect.Spec, _ http.Header, _ any) error {
	call := callFrom(ctx)
	call.panicked()
	outcome := wire.Error(&preview.Error{Reason: reason.Internal, Message: "the preview failed inside the sidecar"})
	if call.ConnectionID == "" {
		return outcome
	}
	return s.audited(ctx, outcome)
}
