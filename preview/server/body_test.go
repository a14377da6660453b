package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"connectrpc.com/connect"
)

// TestBodiesThatBreakOff: the caller learns what was wrong with the body, and no
// address.
func TestBodiesThatBreakOff(t *testing.T) {
	t.Parallel()
	address := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4711}
	timeout := &net.OpError{Op: "read", Net: "tcp", Source: address, Addr: address, Err: os.ErrDeadlineExceeded}
	for _, c := range []struct {
		name string
		err  error
		gone bool // the caller
		want connect.Code
	}{
		{"it stalls", timeout, false, connect.CodeDeadlineExceeded},
		{"it stalls, and net/http ends the context", timeout, true, connect.CodeDeadlineExceeded},
		{"the caller left", io.ErrUnexpectedEOF, true, connect.CodeCanceled},
		{"it ends too early", io.ErrUnexpectedEOF, false, connect.CodeInvalidArgument},
		{"its chunks are malformed", errors.New("malformed chunked encoding"), false, connect.CodeInvalidArgument},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		if c.gone {
			cancel()
		}
		r := httptest.NewRequestWithContext(ctx, "POST", "/", io.MultiReader(strings.NewReader("{"), failing{c.err}))
		b := newBody(httptest.NewRecorder(), r, 1000, &largePermit{})
		_, err := io.ReadAll(b)
		code := connect.CodeOf(err)
		if errors.Is(err, context.Canceled) {
			code = connect.CodeCanceled // as the library calls it
		}
		if code != c.want || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%s: got %v %v, want %v", c.name, code, err, c.want)
		}
		cancel()
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
