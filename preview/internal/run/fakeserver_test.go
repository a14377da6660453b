package run_test

import (
	"context"
	"encoding/binary"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/op-data/sqlpreview/preview/internal/run"
)

// fakeServer speaks just enough of the protocol to let a client log in, and
// then does what a script says. Scripts are for what a real server cannot be
// brought to do.
type fakeServer struct {
	listener net.Listener
	wait     sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

// startFake runs script for every connection that has logged in.
func startFake(t testing.TB, script func(conn net.Conn, backend *pgproto3.Backend)) run.Target {
	t.Helper()
	f, address := newFake(t.TempDir(), script)
	t.Cleanup(f.close)
	return run.Target{ID: "fake", DSN: "host=127.0.0.1 user=u dbname=d sslmode=disable", Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", address)
	}}
}

func newFake(dir string, script func(net.Conn, *pgproto3.Backend)) (*fakeServer, string) {
	address := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", address)
	if err != nil {
		panic(err)
	}
	f := &fakeServer{listener: listener}
	f.wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.conns = append(f.conns, conn)
			f.mu.Unlock()
			f.wait.Go(func() {
				defer conn.Close() // a test's
				if backend, ok := login(conn); ok {
					script(conn, backend)
				}
			})
		}
	})
	return f, address
}

func (f *fakeServer) close() {
	f.listener.Close() // a test's
	f.mu.Lock()
	for _, conn := range f.conns {
		conn.Close() // a test's
	}
	f.mu.Unlock()
	f.wait.Wait()
}

func login(conn net.Conn) (*pgproto3.Backend, bool) {
	backend := pgproto3.NewBackend(conn, conn)
	startup, err := backend.ReceiveStartupMessage()
	if err != nil {
		return nil, false
	}
	if _, ok := startup.(*pgproto3.StartupMessage); !ok {
		return nil, false // a cancel request
	}
	backend.Send(&pgproto3.AuthenticationOk{})
	backend.Send(&pgproto3.ParameterStatus{Name: "server_version", Value: "15.1"})
	backend.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{1, 2, 3, 4}})
	backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	return backend, backend.Flush() == nil
}

// untilSyncs reads a client's messages up to the nth Sync.
func untilSyncs(backend *pgproto3.Backend, n int) bool {
	for n > 0 {
		message, err := backend.Receive()
		if err != nil {
			return false
		}
		if _, ok := message.(*pgproto3.Sync); ok {
			n--
		}
	}
	return true
}

// before is what a well-behaved server sends up to the rows: the answers to
// begin and settings, and the description of columns.
func before(backend *pgproto3.Backend, columns ...string) {
	done := func(tag string) {
		backend.Send(&pgproto3.ParseComplete{})
		backend.Send(&pgproto3.BindComplete{})
		if tag != "" {
			backend.Send(&pgproto3.CommandComplete{CommandTag: []byte(tag)})
		}
	}
	done("BEGIN")
	done("SELECT 1")
	done("")
	description := &pgproto3.RowDescription{}
	for _, column := range columns {
		description.Fields = append(description.Fields, pgproto3.FieldDescription{
			Name: []byte(column), DataTypeOID: 25, DataTypeSize: -1, TypeModifier: -1,
		})
	}
	backend.Send(description)
}

// after is what a well-behaved server sends from the end of the rows on.
func after(backend *pgproto3.Backend) {
	backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT")})
	question(backend, nil, "on")
	backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'T'})
	rollback(backend)
}

func question(backend *pgproto3.Backend, id []byte, readOnly string) {
	backend.Send(&pgproto3.ParseComplete{})
	backend.Send(&pgproto3.BindComplete{})
	backend.Send(&pgproto3.DataRow{Values: [][]byte{id, []byte(readOnly), []byte("on"), []byte("7")}})
	backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
}

func rollback(backend *pgproto3.Backend) {
	for _, tag := range []string{"ROLLBACK", "SELECT 1"} {
		backend.Send(&pgproto3.ParseComplete{})
		backend.Send(&pgproto3.BindComplete{})
		if tag == "SELECT 1" {
			backend.Send(&pgproto3.DataRow{Values: [][]byte{{}, []byte("0")}})
		}
		backend.Send(&pgproto3.CommandComplete{CommandTag: []byte(tag)})
	}
	backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
}

// answerNames answers the look-up of names with the one type that before uses.
func answerNames(backend *pgproto3.Backend) bool {
	if !untilSyncs(backend, 2) {
		return false
	}
	before(backend, "kind", "a", "b", "c", "d")
	backend.Send(&pgproto3.DataRow{Values: [][]byte{[]byte("t"), []byte("25"), []byte("-1"), []byte("text"), []byte("S")}})
	after(backend)
	return backend.Flush() == nil
}

// cellHeader begins a DataRow of one cell of a size.
func cellHeader(size int) []byte {
	header := []byte{'D'}
	header = binary.BigEndian.AppendUint32(header, uint32(4+2+4+size))
	header = binary.BigEndian.AppendUint16(header, 1)
	return binary.BigEndian.AppendUint32(header, uint32(size))
}
