package connlimit

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// handshakeTimeout bounds the writes of a TLS handshake; the server's
	// ReadHeaderTimeout bounds its reads.
	handshakeTimeout = 5 * time.Second
	// lingerTime is how long a connection stays open after its GOAWAY, so that the
	// frame arrives before the connection's end does.
	lingerTime = time.Second
	// readAhead is how much of HTTP/2 is read at a time.
	readAhead = 4 << 10
)

// conn is a connection of a peer. net/http takes it for one without TLS; what TLS
// there is lies below, so that HTTP/2's frames can be seen here.
type conn struct {
	net.Conn          // what is read and written: the socket, or TLS over it
	socket   net.Conn // closing it ends TLS without a word, which could block
	limiter  *Limiter
	peer     string // what Config.Identify says, or ""

	// These are Read's alone, which is never called twice at a time.
	started bool // something was read
	sniffed int  // bytes that were as the preface has them; -1 when it is no HTTP/2
	in      frames
	budget  budget
	holding bool // the frame that is being read opens a request
	buffer  []byte
	ahead   []byte // what was read into buffer and is not handed on yet

	closing sync.Once
	closed  chan struct{} // closed by Close
	// wake has a token when one of the connection's requests has ended, or was let
	// in: Read looks again whether it may go on.
	wake chan struct{}

	writing sync.Mutex // held while something is written
	out     frames     // guarded by writing

	http2      atomic.Bool
	trusted    atomic.Bool // a request was let in
	lastStream atomic.Uint32
	state      atomic.Pointer[tls.ConnectionState]

	entry // guarded by limiter.mu
}

func newConn(socket net.Conn, limiter *Limiter) *conn {
	return &conn{Conn: socket, socket: socket, limiter: limiter, closed: make(chan struct{}), wake: make(chan struct{}, 1)}
}

// RemoteAddr is the peer's name where the socket told it, as on unix sockets.
func (c *conn) RemoteAddr() net.Addr {
	if c.peer != "" {
		return &net.UnixAddr{Net: "unix", Name: c.peer}
	}
	return c.Conn.RemoteAddr()
}

// Read waits for a write that is under way: a peer that does not read its answers is
// not read either.
//
// Until a request was let in on the connection, its requests are taken one at a
// time, and only so many in a second.
func (c *conn) Read(p []byte) (int, error) {
	c.writing.Lock()
	c.writing.Unlock() //nolint:staticcheck // to wait is the purpose
	if err := c.await(); err != nil {
		return 0, err
	}
	n, err := c.fill(p)
	if n > 0 {
		c.received(p[:n])
	}
	if err != nil && !c.started {
		c.explainPlaintext(err)
	}
	return n, err //nolint:wrapcheck // net/http looks for the connection's own errors
}

// fill reads into p. net/http reads each frame of HTTP/2 in two steps; a buffer
// saves the second call to the system, as TLS does by itself.
func (c *conn) fill(p []byte) (int, error) {
	if len(c.ahead) == 0 {
		if c.Conn != c.socket || !c.http2.Load() || len(p) >= readAhead {
			return c.Conn.Read(p) //nolint:wrapcheck // net/http looks for the connection's own errors
		}
		if c.buffer == nil {
			c.buffer = make([]byte, readAhead)
		}
		n, err := c.Conn.Read(c.buffer)
		if n == 0 {
			return 0, err //nolint:wrapcheck // net/http looks for the connection's own errors
		}
		c.ahead = c.buffer[:n] // an error comes again with the next call
	}
	n := copy(p, c.ahead)
	c.ahead = c.ahead[n:]
	return n, nil
}

// received counts the requests in what was read.
func (c *conn) received(p []byte) {
	c.started = true
	c.budget.spend(readCost + len(p)/bytesPerToken)
	for !c.http2.Load() {
		if c.sniffed < 0 {
			return
		}
		n := min(len(preface)-c.sniffed, len(p))
		if !strings.HasPrefix(preface[c.sniffed:], string(p[:n])) {
			c.sniffed = -1
			return
		}
		c.sniffed += n
		p = p[n:]
		if c.sniffed < len(preface) {
			return
		}
		c.http2.Store(true)
	}
	c.in.scan(p, func(kind, _ byte, stream uint32) {
		switch {
		case kind == frameReset:
			c.limiter.closed(c, stream)
		case kind == frameHeaders && stream > c.lastStream.Load(): // else it is a trailer
			c.lastStream.Store(stream)
			c.limiter.opened(c, stream)
			c.budget.spend(requestCost)
			c.holding = true
		}
	})
}

// explainPlaintext answers a peer that does not speak TLS, as net/http does.
func (c *conn) explainPlaintext(err error) {
	var record tls.RecordHeaderError
	if !errors.As(err, &record) || record.Conn == nil {
		return
	}
	switch string(record.RecordHeader[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO":
		_, _ = io.WriteString(record.Conn, "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
	}
}

func (c *conn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	n, err := c.Conn.Write(p)
	if n > 0 && c.http2.Load() {
		c.out.scan(p[:n], func(kind, flags byte, stream uint32) {
			if kind == frameReset || (kind == frameHeaders || kind == frameData) && flags&flagEndStream != 0 {
				c.limiter.closed(c, stream)
			}
		})
	}
	return n, err //nolint:wrapcheck // net/http looks for the connection's own errors
}

// tlsState returns the state of TLS, or nil without it. It is for requests, which
// come after the handshake.
func (c *conn) tlsState() *tls.ConnectionState {
	secured, ok := c.Conn.(*tls.Conn)
	if !ok {
		return nil
	}
	if known := c.state.Load(); known != nil {
		return known
	}
	state := secured.ConnectionState()
	c.state.Store(&state)
	return &state
}

// Close ends the connection; over TLS it says so, for which the peer gets some
// seconds.
func (c *conn) Close() error {
	c.closing.Do(func() { close(c.closed) })
	return c.Conn.Close() //nolint:wrapcheck // net/http looks for the connection's own errors
}

// cut ends the connection at once.
func (c *conn) cut() {
	c.closing.Do(func() { close(c.closed) })
	_ = c.socket.Close()
}

// dismiss ends an idle connection, and tells a peer that speaks HTTP/2 first.
func (c *conn) dismiss() {
	if !c.http2.Load() || !c.writing.TryLock() {
		c.cut()
		return
	}
	defer c.writing.Unlock()
	if !c.out.between() {
		c.cut()
		return
	}
	_ = c.SetWriteDeadline(time.Now().Add(lingerTime))
	if _, err := c.Conn.Write(goAway(c.lastStream.Load())); err != nil {
		c.cut()
		return
	}
	time.AfterFunc(lingerTime, c.cut)
}
