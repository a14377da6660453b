// Package connlimit bounds what the peers of an HTTP server can make it hold,
// before the server knows who they are: connections, requests whose header was
// read, and answers that the peer does not read.
//
// net/http bounds one request and one connection, but not their product: 256
// connections of 128 streams, each with a header of 30 KiB, are a gigabyte. So a
// [Limiter] stands between the listener and the http.Server:
//
//   - [Limiter.Listen] wraps the listener. A connection counts the requests that
//     its peer opens by looking at the frames of HTTP/2, below TLS, so that they
//     count before net/http keeps anything of them. It does not read while a write
//     waits for the peer, so that a peer that does not read cannot make answers,
//     acknowledgements and resets pile up.
//   - [Limiter.Track] is the outermost handler. It counts the end of a request,
//     and has the peer told to close connections where they are scarce.
//   - [Limiter.ConnState] and [Limiter.ConnContext] belong into the http.Server.
//
// # Strangers
//
// A connection is a stranger's until a request was let in on it ([LetIn]). Its
// requests are taken one at a time, and what is read of it in a second is bounded,
// so that strangers can keep neither memory nor the processors busy.
//
// # Who has to go
//
// When there are too many open requests, the peers that hold the most of them
// lose the connection with the most. When there are too many connections, a new
// one displaces the oldest that never made a request that was let in, and else an
// idle one of the caller that holds the most. Callers who stay below their
// share of the connections lose none. An HTTP/2 peer gets a GOAWAY first, which
// tells it which of its requests it can send again.
package connlimit
