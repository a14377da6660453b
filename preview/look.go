package preview

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/reason"
)

// look returns what the target's catalog says of the names of a statement. Requests
// that need the same answer at the same time share it. The error is an *Error, or
// one of package run.
func (t *target) look(ctx context.Context, names catalog.Names) (*catalog.Snapshot, error) {
	return t.lookSince(ctx, names, time.Time{})
}

// lookSince is look that ignores answers older than since. It serves a result that
// contradicts them.
func (t *target) lookSince(ctx context.Context, names catalog.Names, since time.Time) (*catalog.Snapshot, error) {
	deadline := t.deadline
	a := &asker{target: t.Target, pools: t.pools, deadline: deadline}
	if known := t.catalog.Known(a, names, since); known != nil {
		return known, nil
	}
	if of, ok := ctx.Deadline(); ok && of.Before(deadline) {
		deadline = of
	}
	// At the deadline the database's own answer comes first, and leaves a session
	// that can be used again.
	waiting, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline.Add(catalogGrace))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			cancel()
		}
	})()
	a.deadline = deadline
	snapshot, err := t.catalog.Refresh(waiting, a, names, since)
	t.queue += time.Duration(a.queue.Load())
	t.connect += time.Duration(a.connect.Load())
	switch {
	case err == nil:
		return snapshot, nil
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, callerGone()
	case waiting.Err() != nil:
		return nil, &Error{
			Reason:    reason.StatementTimeout,
			Message:   "the time limit passed while the database's catalogs were asked",
			Hint:      "allow more time, or try again later",
			StoppedBy: string(run.StoppedByClock),
		}
	default:
		return nil, err
	}
}

// An asker asks a target's catalog for one request.
type asker struct {
	target   run.Target
	pools    *run.Pools
	deadline time.Time
	// queue and connect are the waits for a session. A question goes on for others
	// when the request has ended.
	queue, connect atomic.Int64
}

// Background implements catalog.Backgrounder.
func (a *asker) Background() catalog.Asker { return backgroundAsker{a.target, a.pools} }

// A backgroundAsker asks when no request waits for the answer: in a session that is
// open and free, or not at all.
type backgroundAsker struct {
	target run.Target
	pools  *run.Pools
}

var errNoIdleSession = errors.New("preview: no session is open and free")

// Ask implements catalog.Asker.
func (b backgroundAsker) Ask(ctx context.Context, sql string, parameters ...string) (rows [][]string, asked time.Time, err error) {
	asked = time.Now()
	if !b.pools.HasIdle(b.target) {
		return nil, asked, catalog.OutOfTime{Err: errNoIdleSession} // who waits for the same asks for itself
	}
	texts, err := b.pools.Ask(ctx, b.target, run.Question{SQL: sql, Parameters: parameters}, run.HardTimeout)
	if err != nil {
		return nil, asked, catalog.OutOfTime{Err: err}
	}
	return texts.Rows, asked, nil
}

// Ask implements catalog.Asker.
func (a *asker) Ask(ctx context.Context, sql string, parameters ...string) (rows [][]string, asked time.Time, err error) {
	asked = time.Now()
	texts, err := a.pools.Ask(ctx, a.target, run.Question{SQL: sql, Parameters: parameters}, max(time.Until(a.deadline), time.Millisecond))
	switch {
	case err == nil:
		a.queue.Add(int64(texts.Queue))
		a.connect.Add(int64(texts.Connect))
		return texts.Rows, asked, nil
	case !time.Now().Before(a.deadline):
		return nil, asked, catalog.OutOfTime{Err: err}
	default:
		return nil, asked, err
	}
}
