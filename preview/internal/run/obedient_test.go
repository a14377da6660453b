package run_test

import (
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgproto3"
)

// obedient is a server that answers the statements of pipelines as PostgreSQL
// does, errors inside a transaction included, until a fault is wanted. The
// statement "select 1" has one row, the number of the process.
type obedient struct {
	// process is the number of the server process that answers a pipeline, counted
	// from 0; nil means the one that the login names.
	process func(pipeline int) string
	// fault, if not nil, may return an error that a statement gets instead of an
	// answer.
	fault func(pipeline int, sql string) *pgproto3.ErrorResponse

	mu       sync.Mutex
	sent     []string // the statements of every pipeline
	unpinned int      // how often "select 1" ran without settings
}

// pipelines returns what was sent so far, one text a pipeline.
func (o *obedient) pipelines() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.sent)
}

func (o *obedient) note(sql string) (pipeline int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if strings.HasPrefix(sql, "begin") {
		o.sent = append(o.sent, "")
	}
	pipeline = len(o.sent) - 1
	o.sent[pipeline] += sql + "\n"
	return pipeline
}

func (o *obedient) serve(_ net.Conn, backend *pgproto3.Backend) {
	sql, skipping, s := "", false, &obedientSession{status: 'I'}
	for {
		message, err := backend.Receive()
		if err != nil {
			return
		}
		switch m := message.(type) {
		case *pgproto3.Parse:
			sql = m.Query
		case *pgproto3.Execute:
			if skipping {
				continue
			}
			failure := o.execute(backend, sql, s)
			if failure == nil {
				continue
			}
			backend.Send(failure)
			if skipping = true; s.status == 'T' {
				s.status = 'E'
			}
			if failure.Severity == "FATAL" {
				_ = backend.Flush() // the client may have gone
				return
			}
		case *pgproto3.Sync:
			skipping = false
			backend.Send(&pgproto3.ReadyForQuery{TxStatus: s.status})
			if backend.Flush() != nil {
				return
			}
		case *pgproto3.Terminate:
			return
		}
	}
}

// obedientSession is a session's transaction status, and whether it has the
// settings for the transaction and for itself.
type obedientSession struct {
	status         byte
	local, session bool
}

func (o *obedient) execute(backend *pgproto3.Backend, sql string, s *obedientSession) *pgproto3.ErrorResponse {
	pipeline := o.note(sql)
	if o.fault != nil {
		if failure := o.fault(pipeline, sql); failure != nil {
			return failure
		}
	}
	switch {
	case sql == "rollback":
		s.status, s.local = 'I', false
	case sql == "rollback and chain":
		s.status, s.local = 'T', false
	case strings.HasPrefix(sql, "begin") && s.status == 'I':
		s.status = 'T'
	case s.status == 'E', strings.HasPrefix(sql, "begin"):
		return &pgproto3.ErrorResponse{Severity: "ERROR", Code: "25P02", Message: "current transaction is aborted"}
	}
	switch {
	case strings.Contains(sql, "'standard_conforming_strings', 'on', true"):
		s.local = true
	case strings.Contains(sql, "'standard_conforming_strings', 'on', false"):
		s.session = true
	case sql == "select 1" && !s.local && !s.session:
		o.mu.Lock()
		o.unpinned++
		o.mu.Unlock()
	}
	process := "1"
	if o.process != nil {
		process = o.process(pipeline)
	}
	backend.Send(&pgproto3.ParseComplete{})
	backend.Send(&pgproto3.BindComplete{})
	switch {
	case sql == "select 1":
		backend.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("c"), DataTypeOID: 25}}})
		backend.Send(&pgproto3.DataRow{Values: [][]byte{[]byte(process)}})
	case strings.Contains(sql, "xact_id"):
		answer := [][]byte{nil, []byte("on"), []byte("on"), []byte(process)}
		if strings.Contains(sql, "unlock") {
			answer = append(answer, []byte{})
		}
		backend.Send(&pgproto3.DataRow{Values: answer})
	case strings.Contains(sql, "unlock"):
		backend.Send(&pgproto3.DataRow{Values: [][]byte{{}, []byte("0")}})
	}
	backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("OK")})
	return nil
}
