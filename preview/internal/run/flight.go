package run

import (
	"github.com/jackc/pgx/v5/pgproto3"
)

// part is what a statement is for within a flight; the answers come in the
// same order.
type part int

const (
	partBegin part = iota
	partSettings
	partStatement
	partQuestion
	partRollback
	partCleanUp
)

const (
	// The isolation level is named because a role's default may be one that a
	// standby refuses.
	sqlBegin    = "begin transaction isolation level read committed, read only"
	sqlRollback = "rollback"
	// What outlives a rollback: session-level advisory locks, which are given
	// back, and statements that a function prepared with SQL's PREPARE, which are
	// counted.
	sqlCleanUp = "select pg_catalog.pg_advisory_unlock_all(), " +
		"(select pg_catalog.count(*) from pg_catalog.pg_prepared_statement() as p where p.from_sql)"
	sqlQuestion = "select pg_catalog.pg_current_xact_id_if_assigned(), pg_catalog.current_setting('transaction_read_only')"
)

// flight is what is sent at once.
type flight struct {
	bytes []byte
	err   error
}

// newFlight encodes a flight. With describeOnly the statement is parsed and
// described and not executed.
func newFlight(settings, statement string, describeOnly bool) flight {
	f := flight{bytes: make([]byte, 0, len(statement)+len(settings)+1024)}
	f.execute(sqlBegin)
	f.execute(settings)
	if describeOnly {
		f.add(&pgproto3.Parse{Query: statement})
		f.add(&pgproto3.Describe{ObjectType: 'S'})
	} else {
		f.add(&pgproto3.Parse{Query: statement})
		f.add(&pgproto3.Bind{})
		f.add(&pgproto3.Describe{ObjectType: 'P'})
		f.add(&pgproto3.Execute{})
	}
	f.execute(sqlQuestion)
	f.add(&pgproto3.Sync{})
	f.execute(sqlRollback)
	f.execute(sqlCleanUp)
	f.add(&pgproto3.Sync{})
	return f
}

// execute adds a statement whose rows, if any, need no description.
func (f *flight) execute(sql string) {
	f.add(&pgproto3.Parse{Query: sql})
	f.add(&pgproto3.Bind{})
	f.add(&pgproto3.Execute{})
}

func (f *flight) add(message pgproto3.FrontendMessage) {
	if f.err != nil {
		return
	}
	f.bytes, f.err = message.Encode(f.bytes)
}
