package hostile

import (
	"context"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// peer is one connection, from the server's side.
type peer struct {
	ctx  context.Context //nolint:containedctx // a connection's own life
	conn net.Conn
}

// write sends bytes; it tells whether the client still takes them.
func (p *peer) write(b []byte) bool {
	if p.ctx.Err() != nil {
		return false
	}
	_, err := p.conn.Write(b)
	return err == nil
}

// send sends messages.
func (p *peer) send(messages ...pgproto3.BackendMessage) bool {
	return p.write(encode(messages...))
}

func encode(messages ...pgproto3.BackendMessage) []byte {
	var b []byte
	for _, m := range messages {
		if more, err := m.Encode(b); err == nil {
			b = more
		}
	}
	return b
}

// pause waits; it tells whether the server still runs.
func (p *peer) pause(d time.Duration) bool {
	select {
	case <-p.ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func done(tag string) *pgproto3.CommandComplete {
	return &pgproto3.CommandComplete{CommandTag: []byte(tag)}
}

// rowDescription describes n columns of type text.
func rowDescription(n int) *pgproto3.RowDescription {
	d := &pgproto3.RowDescription{}
	for range n {
		d.Fields = append(d.Fields, pgproto3.FieldDescription{Name: []byte("c"), DataTypeOID: 25, DataTypeSize: -1, TypeModifier: -1})
	}
	return d
}
