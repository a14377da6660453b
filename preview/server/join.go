package server

import (
	"bufio"
	"net/http"
	"sync"
)

// joinBytes is the longest answer that leaves in one piece.
const joinBytes = 32 << 10

// join has an answer of a unary call written in one piece. Left alone, gRPC's
// five bytes before a message, the message and the flush after it become frames
// of their own over HTTP/2, and each costs net/http a round between goroutines, a
// write, and the caller a read.
func join(next http.Handler) http.Handler {
	writers := sync.Pool{New: func() any { return bufio.NewWriterSize(nil, joinBytes) }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := writers.Get().(*bufio.Writer) //nolint:forcetypeassert // what New makes
		out.Reset(w)
		next.ServeHTTP(joined{w, out}, r)
		// The answer cannot be written when the caller is gone; nobody is left to tell.
		_ = out.Flush()
		out.Reset(nil)
		writers.Put(out)
	})
}

// joined is a ResponseWriter that cannot be flushed before the handler returns.
type joined struct {
	http.ResponseWriter
	out *bufio.Writer
}

func (j joined) Write(p []byte) (int, error) { return j.out.Write(p) }
