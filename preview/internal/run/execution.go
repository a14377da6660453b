package run

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/limiter"
	"github.com/op-data/sqlpreview/preview/internal/run/wire"
	"github.com/op-data/sqlpreview/preview/reason"
)

// Run executes a query on a target and returns a bounded result. The error is
// always an *Error.
func (ps *Pools) Run(ctx context.Context, t Target, q Query) (*Result, error) {
	q = q.bounded()
	return ps.query(ctx, t, q, q.limits())
}

// Describe is Run without executing anything: the result has no rows.
func (ps *Pools) Describe(ctx context.Context, t Target, q Query) (*Result, error) {
	q = q.bounded()
	limits := q.limits()
	limits.describeOnly = true
	return ps.query(ctx, t, q, limits)
}

func (ps *Pools) query(ctx context.Context, t Target, q Query, limits resultLimits) (*Result, error) {
	e := ps.newExecution(t, q.SQL, q.Timeout)
	result, err := e.query(ctx, limits)
	if err != nil {
		return nil, err
	}
	return result, nil
}

// execution is one request to a database: its permit, its session, and one or
// two pipelines.
type execution struct {
	pools    *Pools
	target   Target
	sql      string
	deadline time.Time

	pool           *pool
	permit         *limiter.Permit
	session        *session
	state          state
	queue, connect time.Duration
}

func (ps *Pools) newExecution(t Target, sql string, timeout time.Duration) *execution {
	return &execution{pools: ps, target: t, sql: sql, deadline: time.Now().Add(timeout)}
}

// query runs the main pipeline and, for names that are not known yet, a second.
func (e *execution) query(ctx context.Context, limits resultLimits) (_ *Result, failed *Error) {
	if err := e.acquire(ctx); err != nil {
		return nil, err
	}
	defer e.release()

	limits.memory = takeRowMemory()
	defer func() {
		if failed != nil {
			limits.memory.release()
		}
	}()
	a, err := e.roundTrip(ctx, e.sql, limits)
	if err != nil {
		return nil, err
	}
	done, connect := time.Now(), e.connect
	result := &Result{
		Columns: a.columns, TotalColumns: a.totalColumns, Rows: a.rows,
		RowLimited: len(a.rows) >= limits.rows || a.moreRows, ByteLimited: a.byteLimited,
		Bytes: a.bytes, BytesReceived: a.received, memory: limits.memory,
	}
	if limits.describeOnly {
		result.Execute = done.Sub(a.sent)
	} else {
		result.Execute, result.Fetch = a.firstRow.Sub(a.sent), done.Sub(a.firstRow)
	}
	if err := e.nameColumns(ctx, result.Columns, limits.origin); err != nil {
		return nil, err
	}
	result.Queue, result.Connect, result.Describe = e.queue, e.connect, time.Since(done)-(e.connect-connect)
	result.SchemaFingerprint = SchemaFingerprint(result.Columns)
	result.Columns = result.Columns[:min(len(result.Columns), limits.columns)]
	return result, nil
}

// acquire takes a permit and a session.
func (e *execution) acquire(ctx context.Context) *Error {
	start := time.Now()
	// The protocol ends a text at its first NUL byte; the server would read what
	// follows as something else.
	if strings.IndexByte(e.sql, 0) >= 0 {
		return newError(reason.SQLInvalidText, "the query holds a NUL byte", "leave it out")
	}
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(e.deadline) {
		e.deadline = deadline
	}
	switch err := ctx.Err(); {
	case errors.Is(err, context.Canceled):
		return callerGone()
	case err != nil, !e.deadline.After(start):
		return startedTooLate()
	}
	pool, err := e.pools.pool(e.target)
	if err != nil {
		return err
	}
	if e.permit, err = pool.acquire(ctx, e.deadline); err != nil {
		return err
	}
	e.pool = pool
	e.queue = time.Since(start)
	if e.session = pool.take(); e.session != nil {
		return nil
	}
	if err := e.dial(ctx); err != nil {
		e.permit.Release()
		return err
	}
	return nil
}

func (e *execution) dial(ctx context.Context) *Error {
	start := time.Now()
	ctx, cancel := context.WithDeadline(ctx, earlier(e.deadline, start.Add(e.pools.limits.ConnectTimeout)))
	defer cancel()
	var err *Error
	e.session, err = dial(ctx, e.pool.config, e.pool.limits.IdleTimeout)
	e.connect += time.Since(start)
	return err
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// release gives back what acquire took.
func (e *execution) release() {
	if e.session == nil {
		e.permit.Release()
		return
	}
	e.pools.release(e.pool, e.session, e.permit, e.state)
}

// maxTries is how often a pipeline is sent when the server did not see the
// statement, or lacks something that the pipeline uses around it.
const maxTries = 3

// outcome is what a pipeline brought back.
type outcome struct {
	*answers
	sent     time.Time
	received int64 // bytes
}

// roundTrip sends a pipeline and reads its answers. A session from the pool that
// turns out to be closed, as all are after a restart of the server, is replaced
// by a new one: the server has then not seen the statement.
func (e *execution) roundTrip(ctx context.Context, sql string, limits resultLimits) (outcome, *Error) {
	for try := 1; ; try++ {
		if err := e.replaceSession(ctx); err != nil {
			return outcome{}, err
		}
		left := time.Until(e.deadline)
		if left <= 0 {
			return outcome{}, startedTooLate()
		}
		s, direct := e.session, e.session.direct
		s.capabilities.noCheckInterval, s.capabilities.chain = e.pool.noCheckInterval.Load(), e.pool.chain.Load()
		question := s.question(sql, limits)
		p := newPipeline(sql, pipelineOptions{
			capabilities: s.capabilities, left: left, limits: limits, direct: direct, configured: s.configured,
			session: e.target.Session, question: question, keeps: len(s.questions) > 0, buffer: s.pipeline,
		})
		s.keepBuffer(p.bytes)
		a := &answers{limits: limits, groups: p.groups}
		before, sent := s.reader.Received(), time.Now()
		state, err := s.roundTrip(ctx, p, a, e.deadline)
		e.state = state
		e.learn(a)
		if err == nil && a.failure == nil {
			s.keep(sql, question)
		}
		switch {
		case try < maxTries && (state == stateStale || err == nil && e.retryable(s.capabilities, limits, a.failure)):
		case err != nil, a.failure == nil && state == stateStale:
			return outcome{}, pipelineError(ctx, err)
		case a.wrote:
			return outcome{}, wroteError(limits.internal)
		case a.largeDenied:
			return outcome{}, largeDeniedError(ctx)
		case a.failure == nil, direct && a.failure.part > partRollback:
			// What could not be cleaned up in a direct session ends with it.
			return outcome{a, sent, s.reader.Received() - before}, nil
		default:
			if limits.internal {
				if e := a.failure.inCatalogs(); e != nil {
					return outcome{}, e
				}
			}
			return outcome{}, serverError(a.failure, sql, s.capabilities, left, time.Since(sent))
		}
	}
}

// replaceSession replaces a session that cannot be used again.
func (e *execution) replaceSession(ctx context.Context) *Error {
	if e.state == stateClean {
		return nil
	}
	s, was := e.session, e.state
	e.session, e.state = nil, stateClean
	s.close()
	if was == stateStale {
		e.pool.drop(func(*session) bool { return true })
	}
	return e.dial(ctx)
}

// learn notes what a pipeline's answers say about the session. It is direct, with
// no pooler in between, when its server process has the number that the login
// gave. A direct session can keep its settings, which saves a third of a
// pipeline's time.
func (e *execution) learn(a *answers) {
	s := e.session
	switch {
	case s.direct && a.checked && a.pid != s.pid():
		e.pool.pooled.Store(true)
	case s.direct && a.failure != nil && a.failure.part == partConfigure && !a.failure.isClock():
		e.pool.pooled.Store(true)
		s.direct = false
	case e.state != stateClean:
	case s.direct:
		s.configured = s.configured || a.configured
	case a.checked && a.pid == s.pid() && !e.pool.pooled.Load():
		s.direct = true
	}
}

// retryable reports whether to send a failed pipeline again: when it failed
// before the statement and by a clock, or when the server lacks something that
// the pipeline uses, which is left out from then on.
func (e *execution) retryable(t capabilities, limits resultLimits, f *serverFailure) bool {
	switch {
	case f == nil || f.fatal:
		return false
	case f.part == partStatement && (f.fields['C'] == "26000" || f.fields['C'] == "42P05") && limits.question != nil:
		// A function took a prepared question away, or its name: none is left now.
		return true
	case f.beforeStatement() && f.isClock():
		return true
	case f.part == partSettings && f.fields['C'] == "22023" && !t.noCheckInterval:
		// The server's platform cannot check for a client that went away.
		e.pool.noCheckInterval.Store(true)
		return true
	case f.part == partCleanUp && f.fields['C'] == "0A000" && !t.chain:
		// A standby, and a role whose transactions are serializable by default.
		e.pool.chain.Store(true)
		return true
	default:
		return false
	}
}

// largeDeniedError says why a large result got no permit.
func largeDeniedError(ctx context.Context) *Error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return callerGone()
	case ctx.Err() != nil:
		return clockTimeout()
	default:
		return newError(reason.ConcurrencyLimit, "too many large answers are being made already", "try again later, or ask for less")
	}
}

// pipelineError says why a session failed during a pipeline.
func pipelineError(ctx context.Context, err error) *Error {
	switch {
	case errors.Is(err, errInterrupted), errors.Is(ctx.Err(), context.Canceled):
		return callerGone()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return clockTimeout()
	case errors.Is(err, wire.ErrProtocol):
		return protocolError()
	default:
		e := generalError(reason.DatabaseUnavailable)
		e.Message = "the connection to the database broke during the query"
		return e
	}
}
