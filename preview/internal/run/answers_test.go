package run

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/op-data/sqlpreview/preview/internal/run/wire"
)

// scripted is a net.Conn of which the server's side is a fixed text.
type scripted struct {
	net.Conn
	io.Reader
}

func (s scripted) Read(p []byte) (int, error) { return s.Reader.Read(p) }

// FuzzAnswers checks that no bytes of a server's, well-formed or not, panic,
// pass a bound, or are taken for a preview that was not read-only and over.
func FuzzAnswers(f *testing.F) {
	encode := func(messages ...pgproto3.BackendMessage) (b []byte) {
		for _, m := range messages {
			var err error
			if b, err = m.Encode(b); err != nil {
				f.Fatal(err)
			}
		}
		return b
	}
	parsed, bound, done := &pgproto3.ParseComplete{}, &pgproto3.BindComplete{}, &pgproto3.CommandComplete{CommandTag: []byte("OK")}
	description := &pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("a"), DataTypeOID: 25}, {Name: []byte("b"), DataTypeOID: 1700}}}
	row := &pgproto3.DataRow{Values: [][]byte{[]byte("value"), nil}}
	honest := encode(parsed, bound, done, parsed, bound, done, parsed, bound, description, row, row, done,
		parsed, bound, &pgproto3.DataRow{Values: [][]byte{nil, []byte("on"), []byte("on"), []byte("7")}}, done, &pgproto3.ReadyForQuery{TxStatus: 'T'},
		parsed, bound, done, parsed, bound, &pgproto3.DataRow{Values: [][]byte{{}, []byte("0")}}, done, &pgproto3.ReadyForQuery{TxStatus: 'I'})
	f.Add(honest, false, false)
	f.Add(encode(parsed, bound, done, parsed, bound, done, parsed, bound, description, row, done,
		parsed, bound, &pgproto3.DataRow{Values: [][]byte{nil, []byte("on"), []byte("on"), []byte("7"), {}}}, done, &pgproto3.ReadyForQuery{TxStatus: 'T'},
		parsed, bound, done, parsed, bound, done, parsed, bound, done, &pgproto3.ReadyForQuery{TxStatus: 'I'}), true, false)
	f.Add(encode(parsed, bound, done, &pgproto3.ErrorResponse{Severity: "ERROR", Code: "22012", Message: "m"}, &pgproto3.ReadyForQuery{TxStatus: 'E'}), true, false)
	f.Add(encode(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "57P01"}), true, true)
	f.Add(encode(&pgproto3.NoticeResponse{Message: "n"}, &pgproto3.ParameterStatus{Name: "a", Value: "b"}, parsed), false, true)

	f.Fuzz(func(t *testing.T, server []byte, direct, describeOnly bool) {
		limits := resultLimits{rows: 1, columns: 1, cellBytes: 3, bytes: 16, describeOnly: describeOnly}
		sent := newPipeline("select 1", pipelineOptions{capabilities: capabilities{version: 17}, left: time.Second, limits: limits, direct: direct})
		a := &answers{limits: limits, groups: sent.groups}
		err := a.read(wire.NewReader(wire.NewConn(scripted{Reader: bytes.NewReader(server)})))
		kept := 0
		for _, r := range a.rows {
			if len(r) > limits.columns {
				t.Fatalf("a row has %d cells", len(r))
			}
			for _, cell := range r {
				if len(cell.Bytes) > limits.cellBytes {
					t.Fatalf("a cell has %d bytes", len(cell.Bytes))
				}
				kept += len(cell.Bytes)
			}
		}
		if len(a.rows) > limits.rows || int64(kept) > limits.bytes || len(a.columns) > HardColumns {
			t.Fatalf("%d rows, %d bytes, %d columns", len(a.rows), kept, len(a.columns))
		}
		if err != nil || a.failure != nil {
			return
		}
		if !a.checked || len(a.groups) != 0 || !bytes.HasSuffix(bytes.TrimRight(server, "\x00"), []byte("I")) && !bytes.Contains(server, []byte("Z\x00\x00\x00\x05I")) {
			t.Fatal("an answer is taken as whole that is not")
		}
	})
}
