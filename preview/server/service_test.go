package server_test

import (
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/op-data/sqlpreview/preview/server"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

// TestRequestID: every RPC takes the same ids, makes one in place of any other,
// and answers and observes the same one.
func TestRequestID(t *testing.T) {
	t.Parallel()
	r := start(t, "unix", server.Config{Previewer: echo})
	transport := &http.Transport{DialContext: dialer(r)}
	t.Cleanup(transport.CloseIdleConnections)
	client := previewv1connect.NewPreviewServiceClient(&http.Client{Transport: transport}, "http://localhost")
	ctx := t.Context()
	rpcs := map[string]func(id string) (string, error){
		"PreviewQuery": func(id string) (string, error) {
			response, err := client.PreviewQuery(ctx, connect.NewRequest(&previewv1.PreviewQueryRequest{RequestId: id}))
			if err != nil {
				return "", err
			}
			return response.Msg.GetRequestId(), nil
		},
		"ValidateQuery": func(id string) (string, error) {
			response, err := client.ValidateQuery(ctx, connect.NewRequest(&previewv1.ValidateQueryRequest{RequestId: id}))
			if err != nil {
				return "", err
			}
			return response.Msg.GetRequestId(), nil
		},
		"DescribeQuery": func(id string) (string, error) {
			response, err := client.DescribeQuery(ctx, connect.NewRequest(&previewv1.DescribeQueryRequest{RequestId: id}))
			if err != nil {
				return "", err
			}
			return response.Msg.GetRequestId(), nil
		},
	}
	for name, call := range rpcs {
		for _, c := range []struct {
			id   string
			kept bool
		}{
			{"r-7", true}, {strings.Repeat("x", 128), true}, {"a b~", true},
			{"", false}, {strings.Repeat("x", 129), false}, {"a\nb", false}, {"é", false}, {"a\u202eb", false}, {"\x7f", false},
		} {
			before := len(r.seen())
			got, err := call(c.id)
			if err != nil {
				t.Fatal(err)
			}
			if got == "" || (got == c.id) != c.kept {
				t.Errorf("%s: the id %q became %q", name, c.id, got)
			}
			eventually(t, func() bool { return len(r.seen()) > before })
			if seen := r.seen()[before].RequestID; seen != got {
				t.Errorf("%s: observed %q, answered %q", name, seen, got)
			}
		}
	}
}
