package run

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/run/wire"
	"github.com/op-data/sqlpreview/preview/reason"
)

// Run executes a query on a target and returns a bounded result. The error is
// always an *Error.
func (ps *Pools) Run(ctx context.Context, t Target, q Query) (*Result, error) {
	return ps.query(ctx, t, q, false)
}

// Describe is Run without executing anything: the result has no rows.
func (ps *Pools) Describe(ctx context.Context, t Target, q Query) (*Result, error) {
	return ps.query(ctx, t, q, true)
}

func (ps *Pools) query(ctx context.Context, t Target, q Query, describeOnly bool) (*Result, error) {
	q = q.bounded()
	v := ps.newVisit(t, q.SQL, q.Timeout)
	limits := keep{
		rows: q.MaxRows, columns: q.MaxColumns, cellBytes: q.MaxCellBytes, bytes: q.MaxBytes, describeOnly: describeOnly,
		large: q.Large,
	}
	result, err := v.query(ctx, limits)
	if err != nil {
		return nil, err
	}
	return result, nil
}

// visit is one use of a pool: a place, a session, and one or two flights.
type visit struct {
	pools    *Pools
	target   Target
	sql      string
	deadline time.Time

	pool           *pool
	session        *session
	state          state
	queue, connect time.Duration
}

func (ps *Pools) newVisit(t Target, sql string, timeout time.Duration) *visit {
	return &visit{pools: ps, target: t, sql: sql, deadline: time.Now().Add(timeout)}
}

// query makes the main flight and, for names that are not known yet, a second.
func (v *visit) query(ctx context.Context, limits keep) (*Result, *Error) {
	if err := v.begin(ctx); err != nil {
		return nil, err
	}
	defer v.end()

	a, sent, received, err := v.fly(ctx, v.sql, limits)
	if err != nil {
		return nil, err
	}
	done, connect := time.Now(), v.connect
	result := &Result{
		Columns: a.columns, TotalColumns: a.totalColumns, Rows: a.rows,
		RowLimited: len(a.rows) >= limits.rows || a.moreRows, ByteLimited: a.byteLimited,
		Bytes: a.bytes, BytesReceived: received,
	}
	if limits.describeOnly {
		result.Execute = done.Sub(sent)
	} else {
		result.Execute, result.Fetch = a.firstRow.Sub(sent), done.Sub(a.firstRow)
	}
	if err := v.nameColumns(ctx, result.Columns); err != nil {
		return nil, err
	}
	result.Queue, result.Connect, result.Describe = v.queue, v.connect, time.Since(done)-(v.connect-connect)
	result.SchemaFingerprint = SchemaFingerprint(result.Columns)
	result.Columns = result.Columns[:min(len(result.Columns), limits.columns)]
	return result, nil
}

// begin takes a place and a session.
func (v *visit) begin(ctx context.Context) *Error {
	start := time.Now()
	// The protocol ends a text at its first NUL byte; what follows would be read
	// as something else.
	if strings.IndexByte(v.sql, 0) >= 0 {
		return newError(reason.SQLInvalidText, "the query holds a NUL byte", "leave it out")
	}
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(v.deadline) {
		v.deadline = deadline
	}
	switch err := ctx.Err(); {
	case errors.Is(err, context.Canceled):
		return callerGone()
	case err != nil, !v.deadline.After(start):
		return startedTooLate()
	}
	pool, err := v.pools.pool(v.target)
	if err != nil {
		return err
	}
	if err := pool.enter(ctx, v.deadline); err != nil {
		return err
	}
	v.pool = pool
	v.queue = time.Since(start)
	if v.session = pool.take(); v.session != nil {
		return nil
	}
	if err := v.dial(ctx); err != nil {
		pool.leave()
		return err
	}
	return nil
}

func (v *visit) dial(ctx context.Context) *Error {
	start := time.Now()
	ctx, cancel := context.WithDeadline(ctx, earlier(v.deadline, start.Add(v.pools.limits.ConnectTimeout)))
	defer cancel()
	var err *Error
	v.session, err = dial(ctx, v.pool.config, v.pool.limits.IdleTimeout)
	v.connect += time.Since(start)
	return err
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// end gives back what begin took.
func (v *visit) end() {
	if v.session == nil {
		v.pool.leave()
		return
	}
	v.pools.release(v.pool, v.session, v.state)
}

// maxTries is how often a flight is made when the server did not see the
// statement, or cannot do what the flight asks for around it.
const maxTries = 3

// fly makes a flight. A session from the pool that turns out to be closed, as
// all are after a restart of the server, is replaced by a new one: the server
// has then not seen the statement.
func (v *visit) fly(ctx context.Context, sql string, limits keep) (_ *answers, sent time.Time, received int64, _ *Error) {
	for try := 1; ; try++ {
		if err := v.renew(ctx); err != nil {
			return nil, sent, 0, err
		}
		left := time.Until(v.deadline)
		if left <= 0 {
			return nil, sent, 0, startedTooLate()
		}
		s, own := v.session, v.session.own
		s.traits.noCheckInterval, s.traits.chain = v.pool.noCheckInterval.Load(), v.pool.chain.Load()
		f := newFlight(sql, terms{
			traits: s.traits, left: left, keep: limits, own: own, settled: s.settled,
		})
		a := &answers{keep: limits, groups: f.groups}
		before := s.reader.Received()
		sent = time.Now()
		state, err := s.fly(ctx, f, a, v.deadline)
		v.state = state
		v.learn(a)
		switch {
		case try < maxTries && (state == stateStale || err == nil && v.again(s.traits, a.failure)):
		case err != nil, a.failure == nil && state == stateStale:
			return nil, sent, 0, flightError(ctx, err)
		case a.wrote:
			return nil, sent, 0, wroteError(limits.own)
		case a.crowded:
			return nil, sent, 0, crowdedError(ctx)
		case a.failure == nil, own && a.failure.part > partRollback:
			// What could not be cleaned up in a session of our own ends with it.
			return a, sent, s.reader.Received() - before, nil
		default:
			return nil, sent, 0, serverError(a.failure, sql, s.traits, left, time.Since(sent))
		}
	}
}

// renew replaces a session that cannot be used again.
func (v *visit) renew(ctx context.Context) *Error {
	if v.state == stateClean {
		return nil
	}
	s, was := v.session, v.state
	v.session, v.state = nil, stateClean
	s.close()
	if was == stateStale {
		v.pool.drop(func(*session) bool { return true })
	}
	return v.dial(ctx)
}

// learn notes what a flight's answers say about the session. One whose server
// process has the number that the login gave is our own, with no pooler in
// between, and so can keep its settings, which takes a third off a flight.
func (v *visit) learn(a *answers) {
	s := v.session
	switch {
	case s.own && a.asked && a.pid != s.pid():
		v.pool.plain.Store(true)
	case s.own && a.failure != nil && a.failure.part == partSettle && !a.failure.isClock():
		v.pool.plain.Store(true)
		s.own = false
	case v.state != stateClean:
	case s.own:
		s.settled = s.settled || a.settled
	case a.asked && a.pid == s.pid() && !v.pool.plain.Load():
		s.own = true
	}
}

// again tells whether a flight that failed is to be made again: when it failed
// before the statement and by a clock, or when something in it is not for this
// server, which is then left out for good.
func (v *visit) again(t traits, f *failure) bool {
	switch {
	case f == nil || f.fatal:
		return false
	case f.ofSetUp() && f.isClock():
		return true
	case f.part == partSettings && f.fields['C'] == "22023" && !t.noCheckInterval:
		// The platform cannot check for a client that went away.
		v.pool.noCheckInterval.Store(true)
		return true
	case f.part == partCleanUp && f.fields['C'] == "0A000" && !t.chain:
		// A standby, and a role whose transactions are serializable.
		v.pool.chain.Store(true)
		return true
	default:
		return false
	}
}

// crowdedError tells why there was no room for a large result.
func crowdedError(ctx context.Context) *Error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return callerGone()
	case ctx.Err() != nil:
		return clockTimeout()
	default:
		return newError(reason.ConcurrencyLimit, "too many large answers are being made already", "try again later, or ask for less")
	}
}

// flightError tells why a session failed in flight.
func flightError(ctx context.Context, err error) *Error {
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
