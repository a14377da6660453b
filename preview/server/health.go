package server

import (
	"context"
	"net/http"
	"strings"

	"connectrpc.com/grpchealth"

	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

// Whoever asks for health shows no proof, so little is read of him, and of few at
// a time; a probe that finds no place asks again.
const (
	healthBytes    = 1 << 10
	healthInFlight = 256
)

// briefly bounds the body of a question for health, and over HTTP/1.1 the time
// that it may take to come; a Watch goes on for as long as its caller likes.
func briefly(next http.Handler) http.Handler {
	check := hurry(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, healthBytes+envelopeBytes)
		if strings.HasSuffix(r.URL.Path, "/Check") {
			check.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

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
