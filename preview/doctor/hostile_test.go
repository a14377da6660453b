package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/doctor"
	"github.com/op-data/sqlpreview/preview/reason"
)

// TestHostileServer: whoever may store a connection chooses the server that is
// examined. Whatever it answers is an error, and takes no memory.
func TestHostileServer(t *testing.T) {
	t.Parallel()
	describe := func(columns int) *pgproto3.RowDescription {
		return &pgproto3.RowDescription{Fields: make([]pgproto3.FieldDescription, columns)}
	}
	row := func(columns, size int) *pgproto3.DataRow {
		values := make([][]byte, columns)
		for i := range values {
			values[i] = make([]byte, size)
		}
		return &pgproto3.DataRow{Values: values}
	}
	done := &pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")}
	for name, c := range map[string]struct {
		once, forever []pgproto3.BackendMessage
	}{
		"nothing":          {once: []pgproto3.BackendMessage{&pgproto3.EmptyQueryResponse{}}},
		"no rows":          {once: []pgproto3.BackendMessage{done}},
		"no columns":       {once: []pgproto3.BackendMessage{describe(0), row(0, 0), done}},
		"one column":       {once: []pgproto3.BackendMessage{describe(1), row(1, 1), done}},
		"rows for ever":    {once: []pgproto3.BackendMessage{describe(4)}, forever: []pgproto3.BackendMessage{row(4, 0)}},
		"large rows":       {once: []pgproto3.BackendMessage{describe(4)}, forever: []pgproto3.BackendMessage{row(4, 50<<10)}},
		"too large a row":  {once: []pgproto3.BackendMessage{describe(4), row(4, 1<<20), done}},
		"results for ever": {once: []pgproto3.BackendMessage{describe(4)}, forever: []pgproto3.BackendMessage{row(4, 9), done, describe(4)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			var sent atomic.Int64
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					stop := context.AfterFunc(t.Context(), func() { conn.Close() })
					play(conn, c.once, c.forever, &sent)
					stop()
				}
			}()
			t.Cleanup(func() { listener.Close(); <-ended })
			port := listener.Addr().(*net.TCPAddr).Port
			dsn := preview.NewSecret(fmt.Sprintf("host=127.0.0.1 port=%d user=u dbname=d sslmode=disable", port))
			_, err = doctor.Examine(t.Context(), preview.Connection{DSN: dsn}, doctor.Options{})
			var failed *preview.Error
			if !errors.As(err, &failed) || failed.Reason != reason.DatabaseUnavailable {
				t.Errorf("got %v", err)
			}
			if n := sent.Load(); n > 64<<20 {
				t.Errorf("%d bytes were taken", n)
			}
		})
	}
}

// play lets anybody log in, and answers each query alike.
func play(conn net.Conn, once, forever []pgproto3.BackendMessage, sent *atomic.Int64) {
	defer conn.Close()
	backend := pgproto3.NewBackend(conn, conn)
	if _, err := backend.ReceiveStartupMessage(); err != nil {
		return
	}
	send := func(messages ...pgproto3.BackendMessage) bool {
		var out []byte
		for _, message := range messages {
			var err error
			if out, err = message.Encode(out); err != nil {
				return false
			}
		}
		n, err := conn.Write(out)
		sent.Add(int64(n))
		return err == nil
	}
	ready := &pgproto3.ReadyForQuery{TxStatus: 'I'}
	if !send(&pgproto3.AuthenticationOk{}, &pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte("0000")}, ready) {
		return
	}
	for {
		message, err := backend.Receive()
		if _, isQuery := message.(*pgproto3.Query); err != nil || !isQuery {
			return
		}
		if !send(once...) {
			return
		}
		for len(forever) > 0 {
			if !send(forever...) {
				return
			}
		}
		if !send(ready) {
			return
		}
	}
}
