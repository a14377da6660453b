package hostile

import (
	"context"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// peer is one connection, from the server's side.
type peer struct {
	ctx     context.Context
	conn    net.Conn
	backend *pgproto3.Backend
}

func newPeer(ctx context.Context, conn net.Conn) *peer {
	return &peer{ctx: ctx, conn: conn, backend: pgproto3.NewBackend(conn, conn)}
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

// greet does the start of a session, as far as the behaviour lets it.
func (p *peer) greet(b Behaviour) bool {
	for {
		m, err := p.backend.ReceiveStartupMessage()
		if err != nil {
			return false
		}
		switch m.(type) {
		case *pgproto3.SSLRequest, *pgproto3.GSSEncRequest:
			if !p.write([]byte("N")) {
				return false
			}
			continue
		case *pgproto3.CancelRequest:
			return false
		}
		break
	}
	if b.greet != nil {
		return b.greet(p)
	}
	return p.send(welcome()...)
}

// welcome is what an honest server says first.
func welcome() []pgproto3.BackendMessage {
	return []pgproto3.BackendMessage{
		&pgproto3.AuthenticationOk{},
		&pgproto3.ParameterStatus{Name: "server_version", Value: "16.1"},
		&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"},
		&pgproto3.ParameterStatus{Name: "server_encoding", Value: "UTF8"},
		&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"},
		&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{1, 2, 3, 4}},
		&pgproto3.ReadyForQuery{TxStatus: 'I'},
	}
}

// serve answers flights until the client goes away. The client's own query is
// known by the wrapper's name; to it the behaviour answers.
func (p *peer) serve(b Behaviour) {
	statement, inTransaction := "", byte('I')
	for {
		m, err := p.backend.Receive()
		if err != nil {
			return
		}
		own := strings.Contains(statement, "preview_query")
		more := true
		switch m := m.(type) {
		case *pgproto3.Parse:
			statement = m.Query
			if own = strings.Contains(statement, "preview_query"); own && b.parse != nil {
				more = b.parse(p)
			} else {
				more = p.send(&pgproto3.ParseComplete{})
			}
			switch {
			case strings.HasPrefix(statement, "begin"):
				inTransaction = 'T'
			case strings.HasPrefix(statement, "rollback"):
				inTransaction = 'I'
			}
		case *pgproto3.Bind:
			more = p.send(&pgproto3.BindComplete{})
		case *pgproto3.Describe:
			if own && b.describe != nil {
				more = b.describe(p)
			} else {
				more = p.send(rowDescription(columnsOf(statement)))
			}
		case *pgproto3.Execute:
			if own && b.execute != nil {
				more = b.execute(p)
			} else {
				more = p.send(honest(statement)...)
			}
		case *pgproto3.Query:
			more = p.send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 0")}, &pgproto3.ReadyForQuery{TxStatus: inTransaction})
		case *pgproto3.Sync:
			if b.sync != nil {
				more = b.sync(p)
			} else {
				more = p.send(&pgproto3.ReadyForQuery{TxStatus: inTransaction})
			}
		case *pgproto3.Terminate:
			return
		}
		if !more {
			return
		}
	}
}

// columnsOf is how many columns a query of the client's own has, which asks
// for the names of types and gets no rows.
func columnsOf(statement string) int {
	if strings.HasPrefix(statement, "select 'o',") {
		return 5
	}
	return 1
}

// honest is what a server would answer when a statement is executed.
func honest(statement string) []pgproto3.BackendMessage {
	word, _, _ := strings.Cut(statement, " ")
	switch {
	case strings.Contains(statement, "pg_current_xact_id_if_assigned"):
		return []pgproto3.BackendMessage{&pgproto3.DataRow{Values: [][]byte{nil, []byte("on")}}, done("SELECT 1")}
	case strings.Contains(statement, "preview_query"), strings.Contains(statement, "set_config"), strings.Contains(statement, "unlock_all"):
		return []pgproto3.BackendMessage{&pgproto3.DataRow{Values: [][]byte{[]byte("1")}}, done("SELECT 1")}
	case word == "select":
		return []pgproto3.BackendMessage{done("SELECT 0")}
	}
	return []pgproto3.BackendMessage{done(strings.ToUpper(word))}
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
