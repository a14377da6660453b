package run

import (
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// part is what a statement is for within a pipeline.
type part int

const (
	partBegin part = iota
	partSettings
	partSession // Target.Session
	partRole
	partStatement
	partCheck
	partRollback
	partCleanUp
	partConfigure // once for a direct session
)

const (
	// sqlBegin names the isolation level because a role's default may be one that a
	// standby refuses.
	sqlBegin    = "begin transaction isolation level read committed, read only"
	sqlRollback = "rollback"
	sqlChain    = "rollback and chain"
	// sqlCheck asks whether the transaction was read-only. The process id shows whether
	// a pooler stands between.
	sqlCheck = "select pg_catalog.pg_current_xact_id_if_assigned(), pg_catalog.current_setting('transaction_read_only'), " +
		"pg_catalog.current_setting('standard_conforming_strings'), pg_catalog.pg_backend_pid()"
	// A rollback leaves session-level advisory locks, and statements that a function
	// prepared with SQL's PREPARE. In a direct session sqlCheckUnlock releases the locks
	// with the check, whose columns are evaluated in order. That saves a statement, and it
	// is as good as after the rollback, since nothing runs between. After an error the
	// check is not reached, and sqlUnlock releases them in a pipeline of its own. Prepared
	// statements are deallocated in a direct session. Behind a pooler some may be the
	// pooler's, so they are counted.
	sqlCheckUnlock = sqlCheck + ", pg_catalog.pg_advisory_unlock_all()"
	sqlUnlock      = "select pg_catalog.pg_advisory_unlock_all(), '0'"
	sqlDeallocate  = "deallocate all"
	sqlCount       = "select pg_catalog.pg_advisory_unlock_all(), " + sqlFromSQL
	// In a direct session that keeps questions prepared, nothing is deallocated but the
	// statements that SQL's PREPARE made are counted: a function may have put one in a
	// question's place. This statement is never prepared, so that none can take its own.
	sqlCheckKept = sqlCheckUnlock + ", " + sqlFromSQL
	sqlFromSQL   = "(select pg_catalog.count(*) from pg_catalog.pg_prepared_statement() as p where p.from_sql)"
)

// step is one statement of a pipeline and the answers it gets.
type step struct {
	part part
	// execute is false for a statement that is only described.
	execute bool
	// unlocks marks the check that releases the locks too, counts the one that also
	// counts prepared statements.
	unlocks, counts bool
	// prepared marks a statement that the session has prepared before.
	prepared bool
}

// pipeline is what is sent in one round trip: groups of steps, each ended by a Sync.
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
	// direct and configured: see session.
	direct, configured bool
	session            Session
	// question is the statement where it is one of our own that is asked often.
	question *preparedQuestion
	// keeps reports that the session has questions prepared.
	keeps bool
	// buffer is memory to write into, from the pipeline before.
	buffer []byte
}

func newPipeline(sql string, t pipelineOptions) pipeline {
	p := pipeline{bytes: slices.Grow(t.buffer[:0], len(sql)+2048), groups: make([][]step, 0, 2)}
	p.begin()
	p.execute(partBegin, sqlBegin)
	switch {
	case !t.configured || t.limits.catalogPath:
		p.execute(partSettings, localSettings(t.capabilities, t.left, t.limits.catalogPath))
	case t.left < HardTimeout-timeoutSlack:
		p.execute(partSettings, timeoutSetting(t.left))
	}
	if settings := t.session.settings(t.limits.catalogPath); len(settings) > 0 {
		p.bind(partSession, settings)
	}
	if t.session.Role != "" {
		p.bind(partRole, []setting{{name: "role", value: t.session.Role}})
	}
	if t.question != nil {
		p.ask(sql, t.question)
	} else {
		p.statement(sql, t.limits.describeOnly)
	}
	if !t.direct {
		p.execute(partCheck, sqlCheck)
		p.end()
		p.begin()
		if t.capabilities.chain {
			p.execute(partRollback, sqlChain)
			p.execute(partCleanUp, sqlCount)
			p.execute(partCleanUp, sqlRollback)
		} else {
			p.execute(partRollback, sqlRollback)
			p.execute(partCleanUp, sqlCount)
		}
		p.end()
		return p
	}
	keeps := t.keeps || t.question != nil && t.question.name != ""
	p.step(step{part: partCheck, execute: true, unlocks: true, counts: keeps})
	if keeps {
		p.parseBindExecute(sqlCheckKept)
	} else {
		p.parseBindExecute(sqlCheckUnlock)
	}
	p.end()
	p.begin()
	p.execute(partRollback, sqlRollback)
	if !keeps {
		p.execute(partCleanUp, sqlDeallocate)
	}
	if !t.configured {
		p.execute(partConfigure, sessionSettings(t.capabilities))
	}
	p.end()
	return p
}

// newCleanUpPipeline returns the pipeline that a direct session needs after an error.
func newCleanUpPipeline() pipeline {
	var p pipeline
	p.begin()
	p.execute(partCleanUp, sqlDeallocate)
	p.execute(partCleanUp, sqlUnlock)
	p.end()
	return p
}

// maxSteps is how many steps a group has at most.
const maxSteps = 6

func (p *pipeline) begin() { p.groups = append(p.groups, make([]step, 0, maxSteps)) }

func (p *pipeline) end() { p.add(&pgproto3.Sync{}) }

func (p *pipeline) step(s step) {
	last := len(p.groups) - 1
	p.groups[last] = append(p.groups[last], s)
}

// execute adds a statement whose rows, if any, need no description.
func (p *pipeline) execute(is part, sql string) {
	p.step(step{part: is, execute: true})
	p.parseBindExecute(sql)
}

// bind adds a statement that sets settings.
func (p *pipeline) bind(is part, settings []setting) {
	p.step(step{part: is, execute: true})
	sql, parameters := bindSettings(settings)
	p.parseBindExecute(sql, parameters...)
}

func (p *pipeline) parseBindExecute(sql string, parameters ...[]byte) {
	p.add(&pgproto3.Parse{Query: sql})
	p.add(&pgproto3.Bind{Parameters: parameters})
	p.add(&pgproto3.Execute{})
}

// statement adds the statement itself, with its description.
func (p *pipeline) statement(sql string, describeOnly bool) {
	p.step(step{part: partStatement, execute: !describeOnly})
	p.add(&pgproto3.Parse{Query: sql})
	if describeOnly {
		p.add(&pgproto3.Describe{ObjectType: 'S'})
		return
	}
	p.add(&pgproto3.Bind{})
	p.add(&pgproto3.Describe{ObjectType: 'P'})
	p.add(&pgproto3.Execute{})
}

func (p *pipeline) add(message pgproto3.FrontendMessage) {
	if p.err != nil {
		return
	}
	p.bytes, p.err = message.Encode(p.bytes)
}
