package server

import (
	"bufio"
	"net/http"
	"sync"
)

// bufferBytes is the longest response that is written at once.
const bufferBytes = 32 << 10

// bufferResponse writes the response of a unary call at once. Without it, gRPC's
// five bytes before a message, the message and the flush after it become frames
// of their own over HTTP/2, and each costs net/http a round between goroutines, a
// write, and the caller a read.
func bufferResponse(next http.Handler) http.Handler {
	writers := sync.Pool{New: func() any { return bufio.NewWriterSize(nil, bufferBytes) }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := writers.Get().(*bufio.Writer) //nolint:forcetypeassert // what New makes
		out.Reset(w)
		next.ServeHTTP(bufferedWriter{w, out}, r)
		// The write fails when the caller is gone; then there is no one to answer.
		_ = out.Flush()
		out.Reset(nil)
		writers.Put(out)
	})
}

// bufferedWriter is a ResponseWriter that cannot be flushed before the handler
// returns.
type bufferedWriter struct {
	http.ResponseWriter
	out *bufio.Writer
}

func (b bufferedWriter) Write(p []byte) (int, error) { return b.out.Write(p) }
