package server

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"

	"connectrpc.com/connect"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server/wire"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// service answers the three RPCs: request in, core, response out.
type service struct {
	previewer Previewer
	record    func(ctx context.Context, call Call) (string, error)
}

func (s *service) PreviewQuery(
	ctx context.Context, request *connect.Request[previewv1.PreviewQueryRequest],
) (*connect.Response[previewv1.PreviewQueryResponse], error) {
	in := identified(wire.PreviewRequest(request.Msg))
	result, err := s.previewer.Preview(ctx, in)
	if err != nil {
		return nil, s.recorded(ctx, in, fail(ctx, in, err))
	}
	response, err := wire.Answer(result, request.Header().Get("Content-Type"))
	if err != nil {
		return nil, s.recorded(ctx, in, fail(ctx, in, err))
	}
	note(ctx).succeed(result.RequestID, in.ConnectionID)
	note(ctx).account(result)
	if err := s.recorded(ctx, in, nil); err != nil {
		return nil, err
	}
	return connect.NewResponse(response), nil
}

func (s *service) ValidateQuery(
	ctx context.Context, request *connect.Request[previewv1.ValidateQueryRequest],
) (*connect.Response[previewv1.ValidateQueryResponse], error) {
	in := identified(preview.Request{SQL: request.Msg.GetSql(), RequestID: request.Msg.GetRequestId()})
	verdict, err := s.previewer.Validate(ctx, in.SQL)
	if err != nil {
		return nil, fail(ctx, in, err)
	}
	note(ctx).succeed(in.RequestID, "")
	return connect.NewResponse(wire.Validate(in.RequestID, verdict)), nil
}

func (s *service) DescribeQuery(
	ctx context.Context, request *connect.Request[previewv1.DescribeQueryRequest],
) (*connect.Response[previewv1.DescribeQueryResponse], error) {
	in := identified(wire.DescribeRequest(request.Msg))
	description, err := s.previewer.Describe(ctx, in)
	if err != nil {
		return nil, s.recorded(ctx, in, fail(ctx, in, err))
	}
	note(ctx).succeed(description.RequestID, in.ConnectionID)
	if err := s.recorded(ctx, in, nil); err != nil {
		return nil, err
	}
	return connect.NewResponse(wire.Describe(description)), nil
}

// identified gives a request an id that may stand in logs and records, by the
// same rule whatever is called.
func identified(in preview.Request) preview.Request {
	if !preview.ValidRequestID(in.RequestID) {
		in.RequestID = rand.Text()
	}
	return in
}

// recorded has the request recorded before its answer leaves, and returns
// outcome; what cannot be recorded is not answered.
func (s *service) recorded(ctx context.Context, in preview.Request, outcome error) error {
	if s.record == nil {
		return outcome
	}
	call := note(ctx)
	var err error
	if call.Record, err = s.record(ctx, *call); err != nil {
		call.Stats, call.Sanitization, call.Receipt = nil, nil, nil
		return fail(ctx, preview.Request{RequestID: call.RequestID, ConnectionID: in.ConnectionID}, &preview.Error{
			Reason: reason.Internal, Message: "the request could not be recorded, so it is not answered",
			Hint:      "ask the operator of the sidecar to look at the egress record",
			RequestID: call.RequestID,
		})
	}
	return outcome
}

// fail notes a failure and returns it as it goes out.
func fail(ctx context.Context, in preview.Request, err error) error {
	failure := wire.Failure(err)
	if failure.Reason == reason.ClientCanceled && errors.Is(context.Cause(ctx), errStopping) {
		failure = stopping(failure)
	}
	id := failure.RequestID
	if id == "" {
		id = in.RequestID
	}
	note(ctx).fail(id, in.ConnectionID, failure.Reason)
	return wire.Error(failure)
}

// recovered answers a request whose handler panicked. The panic's value may
// hold anything, so it goes nowhere.
func recovered(ctx context.Context, _ connect.Spec, _ http.Header, _ any) error {
	note(ctx).panicked()
	return wire.Error(&preview.Error{Reason: reason.Internal, Message: "the preview failed inside the sidecar"})
}
