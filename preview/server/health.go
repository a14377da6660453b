package server

import (
	"context"

	"connectrpc.com/grpchealth"

	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

// checker answers the health service: the process by its life alone, the
// PreviewService by whether previews can be answered.
type checker struct {
	static *grpchealth.StaticChecker
	ready  func(context.Context) error
}

func (c *checker) Check(ctx context.Context, request *grpchealth.CheckRequest) (*grpchealth.CheckResponse, error) {
	response, err := c.static.Check(ctx, request)
	if err != nil || c.ready == nil || request.Service != previewv1connect.PreviewServiceName || response.Status != grpchealth.StatusServing {
		return response, err
	}
	if unready := c.ready(ctx); unready != nil {
		response.Status = grpchealth.StatusNotServing
	}
	return response, nil
}
