package run

import (
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// part is what a statement is for within a pipeline.
type part int

const (
	partBegin part = iota
	partSettings
	partSession // the target's own settings
	partRole
	partStatement
	partCheck
	partRollback
	partCleanUp
	partConfigure // once for a session that is our own
)

const (
	// The isolation level is named because a role's default may be one that a
	// standby refuses.
	sqlBegin    = "begin transaction isolation level read committed, read only"
	sqlRollback = "rollback"
	sqlChain    = "rollback and chain"
	// The process id tells whether a pooler stands between.
	sqlCheck = "select pg_catalog.pg_current_xact_id_if_assigned(), pg_catalog.current_setting('transaction_read_only'), " +
		"pg_catalog.current_setting('standard_conforming_strings'), pg_catalog.pg_backend_pid()"
	// What outlives a rollback: session-level advisory locks, and statements that
	// a function prepared with SQL's PREPARE. The latter are the pooler's too if
	// there is one: then they are counted. In a session of our own the locks are
	// given back with the question, whose columns are evaluated in order: that
	// saves a statement, and it is as good as after the rollback, since nothing
	// runs between. After an error the question is not reached, and a pipeline of
	// its own gives them back.
	sqlCheckUnlock = sqlCheck + ", pg_catalog.pg_advisory_unlock_all()"
	sqlUnlock      = "select pg_catalog.pg_advisory_unlock_all(), '0'"
	sqlDeallocate  = "deallocate all"
	sqlCount       = "select pg_catalog.pg_advisory_unlock_all(), " +
		"(select pg_catalog.count(*) from pg_catalog.pg_prepared_statement() as p where p.from_sql)"
)

// step is one statement of a pipeline and the answers it gets.
type step struct {
	part part
	// execute is false for a statement that is only described.
	execute bool
	// unlocks marks the question that gives the locks back.
	unlocks bool
}

// pipeline is what is sent at once: groups of steps, each ended by a Sync.
type pipeline struct {
	bytes  []byte
	err    error
	groups [][]step
}

// pipelineOptions are what shapes a pipeline besides its statement.
type pipelineOptions struct {
	capabilities capabilities
	left         time.Duration
	limits       resultLimits
	// own tells that the session is known to be our own, with no pooler between;
	// configured that it has its settings already.
	direct, configured bool
	session            Session
}

func newPipeline(sql string, t pipelineOptions) pipeline {
	f := pipeline{bytes: make([]byte, 0, len(sql)+2048)}
	f.begin()
	f.execute(partBegin, sqlBegin)
	switch {
	case !t.configured || t.limits.catalogPath:
		f.execute(partSettings, localSettings(t.capabilities, t.left, t.limits.catalogPath))
	case t.left < HardTimeout-timeoutSlack:
		f.execute(partSettings, timeoutSetting(t.left))
	}
	if settings := t.session.settings(t.limits.catalogPath); len(settings) > 0 {
		f.bind(partSession, settings)
	}
	if t.session.Role != "" {
		f.bind(partRole, []setting{{name: "role", value: t.session.Role}})
	}
	f.statement(sql, t.limits.describeOnly)
	if !t.direct {
		f.execute(partCheck, sqlCheck)
		f.end()
		f.begin()
		if t.capabilities.chain {
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
	f.step(step{part: partCheck, execute: true, unlocks: true})
	f.parseBindExecute(sqlCheckUnlock)
	f.end()
	f.begin()
	f.execute(partRollback, sqlRollback)
	f.execute(partCleanUp, sqlDeallocate)
	if !t.configured {
		f.execute(partConfigure, sessionSettings(t.capabilities))
	}
	f.end()
	return f
}

// newCleanUpPipeline is the pipeline that a session of our own needs after an error.
func newCleanUpPipeline() pipeline {
	var f pipeline
	f.begin()
	f.execute(partCleanUp, sqlUnlock)
	f.end()
	return f
}

func (f *pipeline) begin() { f.groups = append(f.groups, nil) }

func (f *pipeline) end() { f.add(&pgproto3.Sync{}) }

func (f *pipeline) step(s step) {
	last := len(f.groups) - 1
	f.groups[last] = append(f.groups[last], s)
}

// execute adds a statement whose rows, if any, need no description.
func (f *pipeline) execute(p part, sql string) {
	f.step(step{part: p, execute: true})
	f.parseBindExecute(sql)
}

// bind adds a statement that sets settings.
func (f *pipeline) bind(p part, settings []setting) {
	f.step(step{part: p, execute: true})
	sql, parameters := bindSettings(settings)
	f.parseBindExecute(sql, parameters...)
}

func (f *pipeline) parseBindExecute(sql string, parameters ...[]byte) {
	f.add(&pgproto3.Parse{Query: sql})
	f.add(&pgproto3.Bind{Parameters: parameters})
	f.add(&pgproto3.Execute{})
}

// statement adds the statement itself, with its description.
func (f *pipeline) statement(sql string, describeOnly bool) {
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

func (f *pipeline) add(message pgproto3.FrontendMessage) {
	if f.err != nil {
		return
	}
	f.bytes, f.err = message.Encode(f.bytes)
}
