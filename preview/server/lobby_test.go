package server_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/server"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// TestIdleConnectionsKeepNobodyOut: whoever holds all connections and asks
// nothing more loses them, the oldest first; a request that runs keeps its own.
func TestIdleConnectionsKeepNobodyOut(t *testing.T) {
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
					t.Fatalf("a newcomer is kept out: %v", err)
				}
				response.Body.Close()
			}
			status, body := post(t, r, "localhost", nil, `{"sql":"select 1; select 2"`)
			if status != http.StatusBadRequest || !strings.Contains(body, "SQL_INVALID_TEXT") {
				t.Errorf("a newcomer got %d %s", status, body)
			}
			close(leave)
			if a := <-running; a.response == nil {
				t.Errorf("the request that ran got %+v", a)
			}
		})
	}
}
