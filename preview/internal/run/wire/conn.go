// Package wire reads PostgreSQL's protocol without letting the server decide
// how much memory that takes.
//
// A [Conn] stands between the network (below TLS's plain text) and everything
// that decodes. While a connection is being made it hands the driver one
// message at a time, each short and all of them together bounded, and never a
// byte of the message after: so nothing is lost in the driver's buffers when a
// [Reader] takes over. The Reader then streams: it keeps the first bytes of a
// cell or of an error's field and discards the rest as it arrives. Whatever a
// server sends, in any order and for as long as it likes, occupies the read
// buffer and what was asked to be kept.
package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"strconv"
	"sync/atomic"
)

const (
	bufferSize = 32 << 10
	// headerSize is a message's type byte and its length.
	headerSize = 5

	// maxLoginMessage and maxLogin bound what a server may send until it is
	// ready: a real one sends about 500 bytes.
	maxLoginMessage = 64 << 10
	maxLogin        = 1 << 20
)

// ErrProtocol is the error for bytes that the protocol does not allow, or that
// pass a bound of this package.
var ErrProtocol = errors.New("the server broke PostgreSQL's protocol or a bound on its messages")

// MaxSCRAMIterations is how many iterations a server may ask for at login
// (scram_iterations, 4,096 by default). They cost this side about 0.2 s.
const MaxSCRAMIterations = 1_000_000

// ErrSCRAMIterations is the error for a server that asks for more.
var ErrSCRAMIterations = errors.New("the server asks for too many SCRAM iterations")

// Conn is a net.Conn whose Read never passes the end of a message.
type Conn struct {
	net.Conn

	buffer   *bufio.Reader
	left     int          // unread bytes of the current message
	total    int          // bytes handed out by Read
	received atomic.Int64 // the driver reads on while it closes
}

// NewConn wraps a connection on which nothing of PostgreSQL's protocol has
// been read yet.
func NewConn(conn net.Conn) *Conn {
	c := &Conn{Conn: conn}
	c.buffer = bufio.NewReaderSize(counter{c}, bufferSize)
	return c
}

// counter counts the bytes that come from the network.
type counter struct{ c *Conn }

func (c counter) Read(p []byte) (int, error) {
	n, err := c.c.Conn.Read(p)
	c.c.received.Add(int64(n))
	return n, err
}

// Read is for the driver, while it logs in.
func (c *Conn) Read(p []byte) (int, error) {
	if c.left == 0 {
		header, err := c.buffer.Peek(headerSize)
		if err != nil {
			return 0, err
		}
		body := int64(binary.BigEndian.Uint32(header[1:])) - 4
		if body < 0 || body > maxLoginMessage {
			return 0, ErrProtocol
		}
		c.left = headerSize + int(body)
		if c.total += c.left; c.total > maxLogin {
			return 0, ErrProtocol
		}
		if header[0] == 'R' {
			if err := c.checkAuthentication(int(body)); err != nil {
				return 0, err
			}
		}
	}
	n, err := c.buffer.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// checkAuthentication looks at an authentication request before the driver acts
// on it. In one of type 11 (AuthenticationSASLContinue) the server asks for a
// number of iterations, as in "r=nonce,s=salt,i=4096".
func (c *Conn) checkAuthentication(body int) error {
	const saslContinue = 11
	if body < 4 {
		return nil // the driver refuses it
	}
	message, err := c.buffer.Peek(headerSize + 4)
	if err != nil || binary.BigEndian.Uint32(message[headerSize:]) != saslContinue {
		return err
	}
	if headerSize+body > bufferSize {
		return ErrProtocol
	}
	if message, err = c.buffer.Peek(headerSize + body); err != nil {
		return err
	}
	for field := range bytes.SplitSeq(message[headerSize+4:], []byte(",")) {
		if digits, ok := bytes.CutPrefix(field, []byte("i=")); ok {
			n, err := strconv.ParseInt(string(digits), 10, 64)
			if errors.Is(err, strconv.ErrRange) || err == nil && n > MaxSCRAMIterations {
				return ErrSCRAMIterations
			}
		}
	}
	return nil
}

// Received is the number of bytes that have come from the network.
func (c *Conn) Received() int64 { return c.received.Load() }

// CloseWrite tells the server that nothing more will come, while what it still
// sends can be read. A transport that cannot do so is left as it is.
func (c *Conn) CloseWrite() error {
	type closeWriter interface{ CloseWrite() error }
	var err error
	conn := c.Conn
	if half, ok := conn.(closeWriter); ok {
		err = half.CloseWrite()
	}
	if tls, ok := conn.(interface{ NetConn() net.Conn }); ok {
		if half, ok := tls.NetConn().(closeWriter); ok {
			err = errors.Join(err, half.CloseWrite())
		}
	}
	return err
}
