package run

import (
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// part is what a statement is for within a flight.
type part int

const (
	partBegin part = iota
	partSettings
	partStatement
	partQuestion
	partRollback
	partCleanUp
	partSettle // once for a session that is our own
)

const (
	// The isolation level is named because a role's default may be one that a
	// standby refuses.
	sqlBegin    = "begin transaction isolation level read committed, read only"
	sqlRollback = "rollback"
	sqlChain    = "rollback and chain"
	// The process id tells whether a pooler stands between.
	sqlQuestion = "select pg_catalog.pg_current_xact_id_if_assigned(), pg_catalog.current_setting('transaction_read_only'), " +
		"pg_catalog.current_setting('standard_conforming_strings'), pg_catalog.pg_backend_pid()"
	// What outlives a rollback: session-level advisory locks, and statements that
	// a function prepared with SQL's PREPARE. The latter are the pooler's too if
	// there is one: then they are counted. In a session of our own the locks are
	// given back with the question, whose columns are evaluated in order: that
	// saves a statement, and it is as good as after the rollback, since nothing
	// runs between. After an error the question is not reached, and a flight of
	// its own gives them back.
	sqlQuestionUnlock = sqlQuestion + ", pg_catalog.pg_advisory_unlock_all()"
	sqlUnlock         = "select pg_catalog.pg_advisory_unlock_all(), '0'"
	sqlDeallocate     = "deallocate all"
	sqlCount          = "select pg_catalog.pg_advisory_unlock_all(), " +
		"(select pg_catalog.count(*) from pg_catalog.pg_prepared_statement() as p where p.from_sql)"
)

// step is one statement of a flight and the answers it gets.
type step struct {
	part part
	// execute is false for a statement that is only described.
	execute bool
	// unlocks marks the question that gives the locks back.
	unlocks bool
}

// flight is what is sent at once: groups of steps, each ended by a Sync.
type flight struct {
	bytes  []byte
	err    error
	groups [][]step
}

// terms are what shapes a flight besides its statement.
type terms struct {
	traits traits
	left   time.Duration
	keep   keep
	// own tells that the session is known to be our own, with no pooler between;
	// settled that it has its settings already.
	own, settled bool
}

func newFlight(sql string, t terms) flight {
	f := flight{bytes: make([]byte, 0, len(sql)+2048)}
	f.begin()
	f.execute(partBegin, sqlBegin)
	switch {
	case !t.settled || t.keep.catalogPath:
		f.execute(partSettings, localSettings(t.traits, t.left, t.keep.catalogPath))
	case t.left < HardTimeout-settledSlack:
		f.execute(partSettings, timeoutSetting(t.left))
	}
	f.statement(sql, t.keep.describeOnly)
	if !t.own {
		f.execute(partQuestion, sqlQuestion)
		f.end()
		f.begin()
		if t.traits.chain {
			f.execute(partRollback, sqlChain)
			f.execute(partCleanUp, sqlCount)
			f.execute(partCleanUp, sqlRollback)
		} else {
			f.execute(partRollback, sqlRollback)
			f.execute(partCleanUp, sqlCount)
		}
		f.end()
		return f
	}
	f.step(step{part: partQuestion, execute: true, unlocks: true})
	f.parseBindExecute(sqlQuestionUnlock)
	f.end()
	f.begin()
	f.execute(partRollback, sqlRollback)
	f.execute(partCleanUp, sqlDeallocate)
	if !t.settled {
		f.execute(partSettle, sessionSettings(t.traits))
	}
	f.end()
	return f
}

// newCleanUp is the flight that a session of our own needs after an error.
func newCleanUp() flight {
	var f flight
	f.begin()
	f.execute(partCleanUp, sqlUnlock)
	f.end()
	return f
}

func (f *flight) begin() { f.groups = append(f.groups, nil) }

func (f *flight) end() { f.add(&pgproto3.Sync{}) }

func (f *flight) step(s step) {
	last := len(f.groups) - 1
	f.groups[last] = append(f.groups[last], s)
}

// execute adds a statement whose rows, if any, need no description.
func (f *flight) execute(p part, sql string) {
	f.step(step{part: p, execute: true})
	f.parseBindExecute(sql)
}

func (f *flight) parseBindExecute(sql string) {
	f.add(&pgproto3.Parse{Query: sql})
	f.add(&pgproto3.Bind{})
	f.add(&pgproto3.Execute{})
}

// statement adds the statement itself, with its description.
func (f *flight) statement(sql string, describeOnly bool) {
	f.step(step{part: partStatement, execute: !describeOnly})
	f.add(&pgproto3.Parse{Query: sql})
	if describeOnly {
		f.add(&pgproto3.Describe{ObjectType: 'S'})
		return
	}
	f.add(&pgproto3.Bind{})
	f.add(&pgproto3.Describe{ObjectType: 'P'})
	f.add(&pgproto3.Execute{})
}

func (f *flight) add(message pgproto3.FrontendMessage) {
	if f.err != nil {
		return
	}
	f.bytes, f.err = message.Encode(f.bytes)
}
