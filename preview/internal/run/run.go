package run

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/internal/run/sqlstate"
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
	done := time.Now()
	result := &Result{
		Columns: a.columns, TotalColumns: a.totalColumns, Rows: a.rows,
		RowLimited: len(a.rows) >= limits.rows || a.moreRows, ByteLimited: a.byteLimited,
		Bytes: a.bytes, BytesReceived: received,
		Queue: v.queue, Connect: v.connect,
	}
	if limits.describeOnly {
		result.Execute = done.Sub(sent)
	} else {
		result.Execute, result.Fetch = a.firstRow.Sub(sent), done.Sub(a.firstRow)
	}
	if err := v.nameColumns(ctx, result.Columns); err != nil {
		return nil, err
	}
	result.Describe = time.Since(done)
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

// fly makes a flight. A session from the pool that turns out to be closed, as
// all are after a restart of the server, is replaced once by a new one: the
// server has then not seen the statement.
func (v *visit) fly(ctx context.Context, sql string, limits keep) (_ *answers, sent time.Time, received int64, _ *Error) {
	for {
		left := time.Until(v.deadline)
		if left <= 0 {
			return nil, sent, 0, startedTooLate()
		}
		s := v.session
		s.traits.noCheckInterval = v.pool.noCheckInterval.Load()
		f := newFlight(sql, terms{
			traits: s.traits, left: left, keep: limits, own: s.own, settled: s.settled,
		})
		a := &answers{keep: limits, groups: f.groups}
		before := s.reader.Received()
		sent = time.Now()
		state, err := s.fly(ctx, f, a, v.deadline)
		v.state = state
		v.learn(a)
		switch {
		case state == stateStale:
			v.session = nil
			s.close()
			v.pool.drop(func(*session) bool { return true })
			if err := v.dial(ctx); err != nil {
				return nil, sent, 0, err
			}
			continue
		case err == nil && a.failure == nil && !a.wrote:
			return a, sent, s.reader.Received() - before, nil
		case err == nil && v.refusedCheckInterval(a.failure):
			continue
		case err == nil && a.wrote:
			return nil, sent, 0, newError(reason.ReadOnlyViolation,
				"the query was assigned a transaction id or left the read-only mode, so it wrote or tried to",
				"leave out the part that writes")
		case err == nil:
			return nil, sent, 0, serverError(a.failure, sql, s.traits, left, time.Since(sent))
		default:
			return nil, sent, 0, flightError(ctx, err)
		}
	}
}

// learn notes what a flight's answers say about the session. One whose server
// process has the number that the login gave is our own, with no pooler in
// between, and so can keep its settings, which takes a third off a flight.
func (v *visit) learn(a *answers) {
	s := v.session
	switch {
	case s.own && (a.asked && a.pid != s.pid() || a.failure != nil && a.failure.part == partSettle && !a.failure.fatal):
		v.pool.plain.Store(true)
	case v.state != stateClean:
	case s.own:
		s.settled = true
	case a.asked && a.pid == s.pid() && !v.pool.plain.Load():
		s.own = true
	}
}

// refusedCheckInterval notices a server whose platform cannot check for a
// client that went away; it is then not asked to any more.
func (v *visit) refusedCheckInterval(f *failure) bool {
	if f == nil || f.fatal || f.part != partSettings || f.fields['C'] != "22023" || v.pool.noCheckInterval.Load() {
		return false
	}
	v.pool.noCheckInterval.Store(true)
	return true
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

// serverError tells what may be told of a failure that the server reported.
func serverError(f *failure, sql string, t traits, limit, elapsed time.Duration) *Error {
	code := f.fields['C']
	if code == "57014" {
		e := generalError(reason.AdminCanceled)
		e.StoppedBy = StoppedByAdmin
		// The message that tells the causes apart is translated; the clock is not.
		if elapsed >= limit-50*time.Millisecond {
			e = serverTimeout()
		}
		e.SQLSTATE = code
		return e
	}
	told := sqlstate.Describe(sqlstate.Failure{
		Code: code, Message: f.fields['M'], Hint: f.fields['H'],
		Position:     position(f.fields['P'], sql, t.rawText),
		AnswersParse: f.part == partStatement && f.stage == stageNone && !f.fatal,
	}, sql)
	e := newError(told.Reason, told.Message, told.Hint)
	e.SQLSTATE, e.Position = sqlstate.Tellable(code), told.Position
	if told.Reason == reason.StatementTimeout {
		e.StoppedBy = StoppedByServer
	}
	return e
}

// position reads an error's position, which is a number of characters, or of
// bytes when the server does not know the encoding.
func position(field, sql string, rawText bool) int {
	n := 0
	for _, c := range []byte(field) {
		if c < '0' || c > '9' || n > 1<<30 {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	if rawText && n > 0 {
		if n > len(sql) {
			return 0
		}
		return utf8.RuneCountInString(sql[:n-1]) + 1
	}
	return n
}
