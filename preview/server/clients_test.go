package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

// answer is what a client of any protocol gets: a response, or a code by its
// Connect name with the message and the details.
type answer struct {
	response *previewv1.PreviewQueryResponse
	code     string
	message  string
	info     *errdetails.ErrorInfo
	detail   *previewv1.ErrorDetail
	retry    *errdetails.RetryInfo
}

// ask sends a PreviewQuery with headers.
type ask func(ctx context.Context, request *previewv1.PreviewQueryRequest, header map[string]string) answer

// clients returns a real client of every protocol for the address of a
// listener. They are closed with the test.
func clients(t *testing.T, address net.Addr) map[string]ask {
	t.Helper()
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, address.Network(), address.String())
	}
	h1 := &http.Transport{DialContext: dial}
	h2 := &http.Transport{DialContext: dial, Protocols: new(http.Protocols)}
	h2.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(h1.CloseIdleConnections)
	t.Cleanup(h2.CloseIdleConnections)
	connectClient := func(transport http.RoundTripper, options ...connect.ClientOption) ask {
		client := previewv1connect.NewPreviewServiceClient(&http.Client{Transport: transport}, "http://localhost", options...)
		return func(ctx context.Context, request *previewv1.PreviewQueryRequest, header map[string]string) answer {
			out := connect.NewRequest(request)
			for key, value := range header {
				out.Header().Set(key, value)
			}
			response, err := client.PreviewQuery(ctx, out)
			if err != nil {
				return connectError(t, err)
			}
			return answer{response: response.Msg}
		}
	}
	return map[string]ask{
		"grpc-go":             grpcClient(t, dial),
		"connect-go":          connectClient(h1),
		"connect-go JSON":     connectClient(h1, connect.WithProtoJSON()),
		"connect-go gRPC":     connectClient(h2, connect.WithGRPC()),
		"connect-go gRPC-Web": connectClient(h1, connect.WithGRPCWeb()),
		"connect-go gzip":     connectClient(h1, connect.WithSendGzip()),
		"curl":                curlClient(t, address),
	}
}

func grpcClient(t *testing.T, dial func(context.Context, string, string) (net.Conn, error)) ask {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///localhost",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, a string) (net.Conn, error) { return dial(ctx, "", a) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	client := previewv1.NewPreviewServiceClient(conn)
	return func(ctx context.Context, request *previewv1.PreviewQueryRequest, header map[string]string) answer {
		response, err := client.PreviewQuery(metadata.NewOutgoingContext(ctx, metadata.New(header)), request)
		if err == nil {
			return answer{response: response}
		}
		s := status.Convert(err)
		// gRPC's name of a code is the Connect name in capitals, but for one letter.
		var code connect.Code
		for c := connect.CodeCanceled; c <= connect.CodeUnauthenticated; c++ {
			if uint32(c) == uint32(s.Code()) {
				code = c
			}
		}
		a := answer{code: code.String(), message: s.Message()}
		for _, d := range s.Details() {
			if message, ok := d.(proto.Message); ok {
				a.add(message)
			}
		}
		return a
	}
}

func connectError(t *testing.T, err error) answer {
	t.Helper()
	var e *connect.Error
	if !errors.As(err, &e) {
		return answer{code: "not an RPC error", message: err.Error()}
	}
	a := answer{code: e.Code().String(), message: e.Message()}
	for _, d := range e.Details() {
		value, err := d.Value()
		if err != nil {
			t.Errorf("a detail cannot be read: %v", err)
			continue
		}
		a.add(value)
	}
	return a
}

func (a *answer) add(detail proto.Message) {
	switch detail := detail.(type) {
	case *errdetails.ErrorInfo:
		a.info = detail
	case *previewv1.ErrorDetail:
		a.detail = detail
	case *errdetails.RetryInfo:
		a.retry = detail
	}
}

// curlClient sends Connect's JSON with the curl of the machine.
func curlClient(t *testing.T, address net.Addr) ask {
	t.Helper()
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Fatal("curl is not installed; install it (apt-get install curl)")
	}
	return func(ctx context.Context, request *previewv1.PreviewQueryRequest, header map[string]string) answer {
		body, err := protojson.Marshal(request)
		if err != nil {
			t.Error(err)
		}
		url := "http://" + address.String()
		arguments := []string{"--silent", "--show-error", "--header", "Content-Type: application/json", "--data-binary", "@-"}
		if address.Network() == "unix" {
			url = "http://localhost"
			arguments = append(arguments, "--unix-socket", address.String())
		}
		for key, value := range header {
			arguments = append(arguments, "--header", key+": "+value)
		}
		command := exec.CommandContext(ctx, curl, append(arguments, url+previewv1connect.PreviewServicePreviewQueryProcedure)...)
		command.Stdin = bytes.NewReader(body)
		out, err := command.Output()
		if err != nil {
			return answer{code: "curl", message: err.Error()}
		}
		return jsonAnswer(t, out)
	}
}

// jsonAnswer reads Connect's JSON, of a response or of an error.
func jsonAnswer(t *testing.T, body []byte) answer {
	t.Helper()
	var failure struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Details []struct {
			Type  string `json:"type"`
			Value string `json:"value"`
		} `json:"details"`
	}
	if err := json.Unmarshal(body, &failure); err != nil {
		return answer{code: "not JSON", message: string(body)}
	}
	if failure.Code == "" {
		response := &previewv1.PreviewQueryResponse{}
		if err := protojson.Unmarshal(body, response); err != nil {
			t.Errorf("the response is not the RPC's JSON: %v", err)
		}
		return answer{response: response}
	}
	a := answer{code: failure.Code, message: failure.Message}
	known := map[string]proto.Message{
		"google.rpc.ErrorInfo":          &errdetails.ErrorInfo{},
		"google.rpc.RetryInfo":          &errdetails.RetryInfo{},
		"opdata.preview.v1.ErrorDetail": &previewv1.ErrorDetail{},
	}
	for _, d := range failure.Details {
		message := known[d.Type]
		value, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(d.Value, "="))
		if message == nil || err != nil || proto.Unmarshal(value, message) != nil {
			t.Errorf("the detail %s cannot be read", d.Type)
			continue
		}
		a.add(message)
	}
	return a
}
