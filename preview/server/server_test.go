package server_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

// eventually waits for a condition that another goroutine brings about; only a
// test that hangs anyway meets its end.
func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("what should have happened did not")
		}
	}
}

func dialer(r *running) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, r.address.Network(), r.address.String())
	}
}

// post sends one JSON body to PreviewQuery.
func post(t *testing.T, r *running, host string, header map[string]string, body string) (status int, answer string) {
	t.Helper()
	transport := &http.Transport{DialContext: dialer(r)}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		"http://localhost"+previewv1connect.PreviewServicePreviewQueryProcedure, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	request.Header.Set("Content-Type", "application/json")
	for key, value := range header {
		request.Header.Set(key, value)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func grpcConn(t *testing.T, r *running) *grpc.ClientConn {
	t.Helper()
	dial := dialer(r)
	conn, err := grpc.NewClient("passthrough:///localhost", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return dial(ctx, "", "") }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func health(t *testing.T, r *running, service string) string {
	t.Helper()
	response, err := healthv1.NewHealthClient(grpcConn(t, r)).Check(t.Context(), &healthv1.HealthCheckRequest{Service: service})
	if err != nil {
		return status.Code(err).String()
	}
	return response.GetStatus().String()
}

// reflected lists the services, or returns the code of the error.
func reflected(t *testing.T, r *running, token string) string {
	t.Helper()
	ctx := t.Context()
	if token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	stream, err := reflectionv1.NewServerReflectionClient(grpcConn(t, r)).ServerReflectionInfo(ctx)
	if err != nil {
		return status.Code(err).String()
	}
	_ = stream.Send(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}})
	_ = stream.CloseSend()
	response, err := stream.Recv()
	if err != nil {
		return status.Code(err).String()
	}
	return response.GetListServicesResponse().String()
}

func TestConfigFaultsAreAllListed(t *testing.T) {
	t.Parallel()
	_, err := server.New(server.Config{MaxConnections: -1, MaxInFlight: -1, MaxMessageBytes: -1, DrainTimeout: -1})
	for _, want := range []string{"Previewer", "MaxConnections", "MaxInFlight", "MaxMessageBytes", "DrainTimeout"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	if _, err := server.New(server.Config{Previewer: echo, AllowedOrigins: []string{"app.example.com"}}); err == nil {
		t.Error("an origin without a scheme is taken")
	}
}

func TestPanicIsInternalAndSaysNothing(t *testing.T) {
	t.Parallel()
	recorded := make(chan server.Call, 100)
	r := start(t, "unix", server.Config{
		Previewer: core{preview: func(context.Context, preview.Request) (*preview.Result, error) { panic("hunter2") }},
		Audit: func(_ context.Context, call server.Call) (string, error) {
			recorded <- call
			return "noted", nil
		},
	})
	for protocol, ask := range clients(t, r.address) {
		before := len(r.seen())
		got := ask(t.Context(), &previewv1.PreviewQueryRequest{Sql: "select 1", RequestId: "r1"}, nil)
		if got.code != "internal" || got.info.GetReason() != "INTERNAL" || strings.Contains(got.message, "hunter2") {
			t.Errorf("%s: got %+v", protocol, got)
		}
		eventually(t, func() bool { return len(r.seen()) > before })
		for _, call := range []server.Call{<-recorded, r.seen()[before]} {
			if call.Outcome != server.OutcomePanicked || call.RequestID != "r1" || call.ConnectionID != "default" {
				t.Errorf("%s: observed %+v", protocol, call)
			}
		}
	}
}

func TestReasonsInEveryProtocol(t *testing.T) {
	t.Parallel()
	r := start(t, "unix", server.Config{Previewer: core{
		preview: func(_ context.Context, request preview.Request) (*preview.Result, error) {
			return nil, &preview.Error{
				Reason: reason.Reason(request.SQL), Message: "what happened", Hint: "grün", RequestID: "r",
				Violations: []preview.Violation{{Reason: "ROW_LOCK", Line: 2, Column: 3, Offset: 9, End: 12}},
			}
		},
	}})
	for protocol, ask := range clients(t, r.address) {
		for _, want := range reason.All() {
			got := ask(t.Context(), &previewv1.PreviewQueryRequest{Sql: string(want)}, nil)
			if got.info.GetReason() != string(want) || got.message != "what happened" || got.detail.GetHint() != "grün" ||
				got.detail.GetViolations()[0].GetEnd() != 12 || (got.retry != nil) != want.Retryable() {
				t.Errorf("%s, %s: got %+v", protocol, want, got)
			}
		}
	}
}

func TestOneRequestTooManyIsTurnedAway(t *testing.T) {
	t.Parallel()
	inside, leave := make(chan struct{}), make(chan struct{})
	r := start(t, "unix", server.Config{MaxInFlight: 1, Previewer: core{
		preview: func(ctx context.Context, request preview.Request) (*preview.Result, error) {
			inside <- struct{}{}
			<-leave
			return echo.preview(ctx, request)
		},
	}})
	all := clients(t, r.address)
	first := make(chan answer)
	go func() { first <- all["grpc-go"](context.Background(), &previewv1.PreviewQueryRequest{Sql: "1"}, nil) }()
	select {
	case <-inside:
	case got := <-first:
		t.Fatalf("the first request: %+v", got)
	}
	for protocol, ask := range all {
		got := ask(t.Context(), &previewv1.PreviewQueryRequest{Sql: "2"}, nil)
		if got.code != "resource_exhausted" || got.info.GetReason() != "CONCURRENCY_LIMIT" || got.retry.GetRetryDelay().AsDuration() <= 0 {
			t.Errorf("%s: got %+v", protocol, got)
		}
	}
	if got := health(t, r, ""); got != "SERVING" {
		t.Errorf("the full server is taken for a dead one: health is %s", got)
	}
	close(leave)
	if got := <-first; got.response == nil {
		t.Errorf("the first request: %+v", got)
	}
}

func TestEveryCallIsObservedOnce(t *testing.T) {
	t.Parallel()
	r := start(t, "unix", server.Config{Previewer: echo})
	all := clients(t, r.address)
	for _, ask := range all {
		ask(t.Context(), &previewv1.PreviewQueryRequest{Sql: "select 1", RequestId: "r-7", ConnectionId: "c-7"}, nil)
	}
	eventually(t, func() bool { return len(r.seen()) >= len(all) })
	for _, call := range r.seen() {
		if call.Outcome != server.OutcomeOK || call.RequestID != "r-7" || call.ConnectionID != "c-7" || call.Stats == nil ||
			call.Path != previewv1connect.PreviewServicePreviewQueryProcedure || call.Duration <= 0 {
			t.Errorf("observed %+v", call)
		}
	}
	if n := len(r.seen()); n != len(all) {
		t.Errorf("%d calls were observed for %d requests", n, len(all))
	}
}

// healthOf asks the handler without a connection.
func healthOf(t *testing.T, handler http.Handler, service string) healthv1.HealthCheckResponse_ServingStatus {
	t.Helper()
	body, err := proto.Marshal(&healthv1.HealthCheckRequest{Service: service})
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodPost, "http://localhost/grpc.health.v1.Health/Check", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/proto")
	handler.ServeHTTP(recorder, request)
	response := &healthv1.HealthCheckResponse{}
	if err := proto.Unmarshal(recorder.Body.Bytes(), response); err != nil {
		t.Errorf("health: %v", err)
	}
	return response.GetStatus()
}
