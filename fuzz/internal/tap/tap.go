// Package tap listens to what a PostgreSQL client and server say on an
// unencrypted connection, so that an oracle can compare the text that was
// checked with the text that was run, byte by byte, whatever the client says
// about itself.
package tap

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"

	"github.com/op-data/sqlpreview/fuzz/internal/protocol"
)

// Tap records the connections that its Dial opens. Its methods may be called
// from many goroutines at a time.
type Tap struct {
	mu            sync.Mutex
	statements    []string
	notifications int
	bytesOut      int64
}

// Dial opens a connection and listens to it.
func (t *Tap) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &tapped{Conn: conn, tap: t, out: protocol.Splitter{Startup: true}}, nil
}

// Heard is what was said since the last call of Take.
type Heard struct {
	// Statements are the texts that the client asked the server to parse or run.
	Statements []string
	// Notifications counts the messages of channels that the session listens to.
	Notifications int
	// BytesOut is how much the client wrote.
	BytesOut int64
}

// Take returns what was heard and forgets it.
func (t *Tap) Take() Heard {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := Heard{Statements: t.statements, Notifications: t.notifications, BytesOut: t.bytesOut}
	t.statements, t.notifications, t.bytesOut = nil, 0, 0
	return h
}

// tapped is a connection that is listened to.
type tapped struct {
	net.Conn
	tap   *Tap
	outMu sync.Mutex
	out   protocol.Splitter
	inMu  sync.Mutex
	in    protocol.Splitter
}

// Write hands the bytes on and listens to the messages in them.
func (c *tapped) Write(b []byte) (int, error) {
	c.outMu.Lock()
	c.out.Add(b, func(kind byte, body []byte) {
		c.tap.mu.Lock()
		defer c.tap.mu.Unlock()
		switch kind {
		case 'P': // name, text, parameter types
			_, rest, _ := bytes.Cut(body, []byte{0})
			text, _, _ := bytes.Cut(rest, []byte{0})
			c.tap.statements = append(c.tap.statements, string(text))
		case 'Q':
			c.tap.statements = append(c.tap.statements, string(bytes.TrimSuffix(body, []byte{0})))
		}
	})
	c.outMu.Unlock()
	c.tap.mu.Lock()
	c.tap.bytesOut += int64(len(b))
	c.tap.mu.Unlock()
	return c.Conn.Write(b)
}

// CloseWrite tells the server that nothing more will come, as the connection
// below would: a gateway that ends a session so would otherwise wait in vain.
func (c *tapped) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// Read takes bytes and listens to the messages in them.
func (c *tapped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.inMu.Lock()
	c.in.Add(b[:n], func(kind byte, _ []byte) {
		if kind == 'A' {
			c.tap.mu.Lock()
			c.tap.notifications++
			c.tap.mu.Unlock()
		}
	})
	c.inMu.Unlock()
	return n, err
}
