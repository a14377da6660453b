package server

import (
	"context"
	"crypto/rand"

	"connectrpc.com/connect"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server/wire"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

func (s *service) ListTables(
	ctx context.Context, request *connect.Request[previewv1.ListTablesRequest],
) (*connect.Response[previewv1.ListTablesResponse], error) {
	in := wire.TablesRequest(request.Msg)
	in.RequestID = beginID(ctx, in.RequestID, in.ConnectionID)
	release, err := s.limitConnection(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	page, err := s.previewer.ListTables(ctx, in)
	if err != nil {
		return nil, s.audited(ctx, fail(ctx, err))
	}
	callFrom(ctx).succeed(page.RequestID, &page.Receipt)
	if err := s.audited(ctx, nil); err != nil {
		return nil, err
	}
	return connect.NewResponse(wire.Tables(page)), nil
}

func (s *service) DescribeTable(
	ctx context.Context, request *connect.Request[previewv1.DescribeTableRequest],
) (*connect.Response[previewv1.DescribeTableResponse], error) {
	in := wire.TableRequest(request.Msg)
	in.RequestID = beginID(ctx, in.RequestID, in.ConnectionID)
	release, err := s.limitConnection(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	description, err := s.previewer.DescribeTable(ctx, in)
	if err != nil {
		return nil, s.audited(ctx, fail(ctx, err))
	}
	callFrom(ctx).succeed(description.RequestID, &description.Receipt)
	if err := s.audited(ctx, nil); err != nil {
		return nil, err
	}
	return connect.NewResponse(wire.Table(description)), nil
}

func (s *service) ListConnections(
	ctx context.Context, request *connect.Request[previewv1.ListConnectionsRequest],
) (*connect.Response[previewv1.ListConnectionsResponse], error) {
	in := wire.ConnectionsRequest(request.Msg)
	in.RequestID = beginID(ctx, in.RequestID, "")
	page, err := s.previewer.ListConnections(ctx, in)
	if err != nil {
		return nil, s.audited(ctx, fail(ctx, err))
	}
	callFrom(ctx).succeed(page.RequestID, nil)
	if err := s.audited(ctx, nil); err != nil {
		return nil, err
	}
	return connect.NewResponse(wire.Connections(page)), nil
}

// beginID does for a request what begin does, and returns its id.
func beginID(ctx context.Context, id, connectionID string) string {
	if !preview.ValidRequestID(id) {
		id = rand.Text()
	}
	call := callFrom(ctx)
	call.RequestID, call.ConnectionID = id, connectionID
	return id
}
