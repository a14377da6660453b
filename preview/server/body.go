package server

import (
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"

	"connectrpc.com/connect"

	"github.com/op-data/sqlpreview/preview/reason"
)

// body is a request's body, of at most max bytes a message.
type body struct {
	io.ReadCloser
	ctx  context.Context
	call *Call
	max  int64
	// enveloped reports that a message begins with a byte of flags and four of its
	// length, as with gRPC and gRPC-Web; elsewhere the message is the body.
	enveloped bool
	prefix    []byte
	read      int64
	large     *largePermit
	// extend gives the rest of the body its time; nil once it has.
	extend func()
}

func newBody(w http.ResponseWriter, r *http.Request, maxBytes int, large *largePermit) *body {
	b := &body{
		ReadCloser: r.Body, call: callFrom(r.Context()), max: int64(maxBytes), large: large, ctx: r.Context(),
		enveloped: strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc"),
	}
	if r.ProtoMajor == 1 {
		b.extend = func() { extendDeadline(w) }
	}
	return b
}

const envelopeBytes = 5

func (b *body) Read(p []byte) (int, error) {
	if b.extend != nil {
		b.extend()
		b.extend = nil
	}
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	switch {
	case b.tooLarge(p[:n]):
		b.call.reject(reason.SQLTooLarge)
		return 0, tooLarge()
	case b.read > largeRequest:
		if err := b.large.acquire(b.ctx); err != nil {
			b.call.fail(reason.ConcurrencyLimit)
			return 0, err
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.broken(err)
	}
	return n, err
}

// tooLarge reports whether the message is larger than it may be, from what was just
// read.
func (b *body) tooLarge(p []byte) bool {
	if !b.enveloped {
		return b.read > b.max
	}
	if missing := envelopeBytes - len(b.prefix); missing > 0 {
		b.prefix = append(b.prefix, p[:min(len(p), missing)]...)
	}
	return len(b.prefix) == envelopeBytes && int64(binary.BigEndian.Uint32(b.prefix[1:])) > b.max
}

// broken says why a body ended too early. The library's errors name addresses.
func (b *body) broken(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded): // looked at first, since net/http then ends the context too
		return connect.NewError(connect.CodeDeadlineExceeded, errors.New("the request's body did not arrive in time"))
	case b.ctx.Err() != nil:
		return b.ctx.Err()
	default: // its chunks are malformed, or it ended before its announced end
		b.call.reject(reason.SQLInvalidText)
		return malformed()
	}
}

// gunzip decompresses gzip and stops at a bound.
type gunzip struct {
	compressed io.Reader
	begun      bool
	reader     gzip.Reader
	max        int64
	read       int64
}

// Reset cannot fail: the header is looked at by the first Read, whose errors
// keep their details.
func (g *gunzip) Reset(compressed io.Reader) error {
	g.compressed, g.begun, g.read = compressed, false, 0
	return nil
}

func (g *gunzip) Close() error { return nil }

func (g *gunzip) Read(p []byte) (int, error) {
	if !g.begun {
		if g.reader.Reset(g.compressed) != nil {
			return 0, malformed()
		}
		g.begun = true
	}
	n, err := g.reader.Read(p)
	g.read += int64(n)
	switch {
	case g.read > g.max:
		return 0, tooLarge()
	case err != nil && !errors.Is(err, io.EOF):
		return 0, malformed()
	default:
		return n, err
	}
}
