package server_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/op-data/sqlpreview/preview/server"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

// TestIdleConnectionsGiveWay: a client that holds all connections and asks
// nothing more loses them, the oldest first; a request that runs keeps its own.
func TestIdleConnectionsGiveWay(t *testing.T) {
	t.Parallel()
	for _, held := range []string{"after a request", "before a request"} {
		t.Run(held, func(t *testing.T) {
			t.Parallel()
			c, inside, leave := waiting()
			r := start(t, "unix", server.Config{Previewer: c, MaxConnections: 4})
			all := clients(t, r.address)
			running := make(chan answer, 1)
			go func() { running <- all["curl"](context.Background(), &previewv1.PreviewQueryRequest{Sql: "1"}, nil) }()
			<-inside
			dial := dialer(r)
			for range 20 {
				conn, err := dial(t.Context(), "", "")
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if held == "before a request" {
					continue
				}
				if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")); err != nil {
					t.Fatal(err)
				}
				response, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatalf("a new caller is kept out: %v", err)
				}
				response.Body.Close()
			}
			status, body := post(t, r, "localhost", nil, `{"sql":"select 1; select 2"`)
			if status != http.StatusBadRequest || !strings.Contains(body, "SQL_INVALID_TEXT") {
				t.Errorf("a new caller got %d %s", status, body)
			}
			close(leave)
			if a := <-running; a.response == nil {
				t.Errorf("the request that ran got %+v", a)
			}
		})
	}
}

// TestGRPCGetsTheLastConnection: a client's first request comes on a connection that
// has been idle since it was made.
func TestGRPCGetsTheLastConnection(t *testing.T) {
	t.Parallel()
	for _, most := range []int{1, 3} {
		c, inside, leave := waiting()
		r := start(t, "unix", server.Config{Previewer: c, MaxConnections: most})
		var busy sync.WaitGroup
		for range most - 1 {
			ask := clients(t, r.address)["curl"]
			busy.Go(func() { ask(context.Background(), &previewv1.PreviewQueryRequest{Sql: "1"}, nil) })
			<-inside
		}
		response, err := healthpb.NewHealthClient(grpcConn(t, r)).Check(t.Context(), &healthpb.HealthCheckRequest{})
		if err != nil || response.GetStatus() != healthpb.HealthCheckResponse_SERVING {
			t.Errorf("of %d connections, the last: %v, %v", most, response, err)
		}
		close(leave)
		busy.Wait()
	}
}

// TestHalfARequestOfAStrangerEnds: an unauthenticated client keeps no connection
// by not sending what he announced, and no memory by asking for health.
func TestHalfARequestOfAStrangerEnds(t *testing.T) {
	t.Parallel()
	r := start(t, "unix", server.Config{
		Previewer: echo,
		Authenticate: func(context.Context, server.Credentials) (server.Caller, error) {
			return server.Caller{}, errors.New("a stranger")
		},
	})
	for _, c := range []struct{ name, path, body, want string }{
		{"a preview", previewv1connect.PreviewServicePreviewQueryProcedure, "{", "401"},
		{"health", "/grpc.health.v1.Health/Check", "{", ""},
		{"health, long", "/grpc.health.v1.Health/Check", `{"service":"` + strings.Repeat("a", 100_000), ""},
	} {
		conn, err := dialer(r)(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		head := "POST " + c.path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500000\r\n\r\n"
		go io.WriteString(conn, head+c.body) // ends with the connection
		answer, err := io.ReadAll(conn)      // until the server closes it
		if err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: %v", c.name, err)
		}
		if !strings.Contains(string(answer), c.want) || strings.Contains(string(answer), " 200 ") {
			t.Errorf("%s: the answer is %.300q", c.name, answer)
		}
		conn.Close()
	}
}
