package server_test

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"connectrpc.com/connect"
	"golang.org/x/sys/unix"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server/wire"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

// empty answers at once, with what the core answered beforehand.
type empty struct {
	previewv1connect.UnimplementedPreviewServiceHandler
	answers map[string]*previewv1.PreviewQueryResponse
}

func (e empty) PreviewQuery(
	_ context.Context, request *connect.Request[previewv1.PreviewQueryRequest],
) (*connect.Response[previewv1.PreviewQueryResponse], error) {
	return connect.NewResponse(e.answers[request.Msg.GetSql()]), nil
}

// serveEmpty is the floor under a call of the sidecar: messages of the same size
// through net/http and Connect, without any of ours, and nothing to do for them.
// It returns the floor's socket.
func serveEmpty(b *testing.B, core *preview.Previewer) string {
	b.Helper()
	answers := map[string]*previewv1.PreviewQueryResponse{}
	for _, sql := range []string{countSQL, benchSQL} {
		result, err := core.Preview(context.Background(), preview.Request{SQL: sql})
		if err != nil {
			b.Fatal(err)
		}
		if answers[sql], err = wire.Answer(result, "application/grpc"); err != nil {
			b.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	mux.Handle(previewv1connect.NewPreviewServiceHandler(empty{answers: answers}))
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	bare := &http.Server{Handler: mux, Protocols: &protocols, ReadHeaderTimeout: time.Minute}
	socket := filepath.Join(b.TempDir(), "empty")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		bare.Serve(listener)
	}()
	b.Cleanup(func() {
		bare.Close()
		<-done
	})
	return socket
}

// processorTime is what this process has used of the processors.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
