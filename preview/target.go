package preview

import (
	"context"
	"errors"
	"sync"
	"time"

	dbcatalog "github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/origin"
	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/internal/share"
	"github.com/op-data/sqlpreview/preview/reason"
)

const (
	// functionsAge is how long the catalog's answer about functions is believed.
	functionsAge = 30 * time.Second
	// catalogGrace is how much longer than its time a request waits for what the
	// database says to that; it is longer than the run's own.
	catalogGrace = 500 * time.Millisecond
	// catalogsKept bounds the memory: catalogs are small and asked for anew.
	catalogsKept = 256
)

// target is a database as one request sees it.
type target struct {
	run.Target
	pools    *run.Pools
	catalog  *catalog
	objects  *dbcatalog.Catalog
	deadline time.Time
	// queue and connect are the waits for a session that the questions to the
	// catalog took; of a question that others share, the one who asked has them.
	queue, connect time.Duration
}

// target finds the database of a request.
func (p *Previewer) target(ctx context.Context, r *boundedRequest) (*target, error) {
	resolving, cancel := context.WithDeadline(ctx, r.deadline)
	defer cancel()
	connection, err := p.resolver.Resolve(resolving, r.connectionID)
	var said *Error
	switch {
	case errors.Is(err, ErrConnectionNotFound):
		return nil, &Error{
			Reason:  reason.ConnectionNotFound,
			Message: "there is no connection of this id",
			Hint:    "check the connection id",
		}
	case errors.Is(err, ErrConnectionInvalid):
		return nil, &Error{
			Reason:  reason.DatabaseLoginFailed,
			Message: "what is stored for this connection is not valid, so it can never be used",
			Hint:    "let its owner store it again; the log of a sidecar says what is wrong with it",
		}
	case resolving.Err() != nil:
		return nil, ended(resolving)
	case errors.As(err, &said):
		return nil, said
	case err != nil:
		return nil, &Error{
			Reason:     reason.DatabaseUnavailable,
			Message:    "the connection's credentials could not be found out",
			Hint:       "check the store that the sidecar reads connections from",
			RetryAfter: 5 * time.Second,
		}
	}
	dsn := connection.DSN.Reveal()
	if r.tried == dsn && dsn != "" {
		return nil, internal("the resolver has no other credentials") // withFreshLogin tells the first error
	}
	r.tried = dsn
	return &target{
		Target:   run.Target{ID: r.connectionID, DSN: dsn, Dial: connection.dial()},
		pools:    p.pools,
		catalog:  p.catalogs.of(r.connectionID, dsn),
		objects:  p.objects.Of(r.connectionID, dsn),
		deadline: r.deadline,
	}, nil
}

// left is what is left of the request's time; never zero, which would mean the
// default.
func (t *target) left() time.Duration { return max(time.Until(t.deadline), time.Millisecond) }

// Catalog implements origin.Target. Requests that ask the same at the same time
// share the answer.
func (t *target) Catalog(ctx context.Context, q origin.Question) (any, time.Time, error) {
	deadline := t.deadline
	if of, ok := ctx.Deadline(); ok && of.Before(deadline) {
		deadline = of
	}
	// At the deadline the database's own answer comes first, and leaves a session
	// that can be used again.
	waiting, leave := context.WithDeadline(context.WithoutCancel(ctx), deadline.Add(catalogGrace))
	defer leave()
	defer context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			leave()
		}
	})()
	for {
		var texts *run.Texts
		answer, err := t.catalog.answers.Do(waiting, q.SQL, q.Since, func(ctx context.Context) (any, error) {
			if known := q.Known(); known != nil {
				return known, nil
			}
			asked := time.Now()
			var err error
			texts, err = t.pools.Internal(ctx, t.Target, q.SQL, max(time.Until(deadline), time.Millisecond))
			switch {
			case err == nil:
				return q.Read(texts.Rows, asked)
			case !time.Now().Before(deadline):
				return nil, outOfTime{err}
			default:
				return nil, err
			}
		})
		var late outOfTime
		switch {
		case errors.Is(ctx.Err(), context.Canceled):
			return nil, answer.Began, callerGone()
		case err == nil:
			if !answer.Joined && texts != nil {
				t.queue += texts.Queue
				t.connect += texts.Connect
			}
			return answer.Value, answer.Began, nil
		case answer.Joined && errors.As(err, &late) && time.Now().Before(deadline):
			// The one who asked had less time; ask again.
		case waiting.Err() != nil:
			return nil, answer.Began, &Error{
				Reason:    reason.StatementTimeout,
				Message:   "the time limit passed while the database's catalogs were asked",
				Hint:      "allow more time, or try again later",
				StoppedBy: string(run.StoppedByClock),
			}
		default:
			return nil, answer.Began, err
		}
	}
}

// outOfTime marks an error of a question whose asker had no time left.
type outOfTime struct{ cause error }

func (e outOfTime) Error() string { return e.cause.Error() }

func (e outOfTime) Unwrap() error { return e.cause }

func callerGone() *Error {
	return &Error{
		Reason: reason.ClientCanceled, Message: "the caller cancelled the preview", StoppedBy: string(run.StoppedByCaller),
	}
}

func tooLate() *Error {
	return &Error{
		Reason: reason.StatementTimeout, StoppedBy: string(run.StoppedByClock),
		Message: "the time limit passed before the query could start", Hint: "allow more time, or try again later",
	}
}

// ended says why a context is over.
func ended(ctx context.Context) *Error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return callerGone()
	}
	return tooLate()
}

// Describe implements origin.Target.
func (t *target) Describe(ctx context.Context, sql string) ([]origin.Column, error) {
	described, err := t.pools.Describe(ctx, t.Target, run.Query{SQL: sql, Timeout: t.left()})
	if err != nil {
		return nil, err
	}
	t.queue += described.Queue
	t.connect += described.Connect
	return originColumns(described.Columns), nil
}

func originColumns(columns []run.Column) []origin.Column {
	converted := make([]origin.Column, len(columns))
	for i, c := range columns {
		converted[i] = origin.Column{Name: c.Name, Table: c.TableOID, Attribute: c.Attribute}
	}
	return converted
}

// catalogs remembers what the databases' catalogs said, by connection id.
type catalogs struct {
	mu   sync.Mutex
	byID map[string]*catalog
}

// catalog is what one database's catalog said, to one role.
type catalog struct {
	dsn     string
	origins *origin.Snapshot
	answers share.Calls[any]

	mu    sync.Mutex
	since time.Time
	known *guard.Target
}

func newCatalogs() *catalogs { return &catalogs{byID: make(map[string]*catalog)} }

func (c *catalogs) of(id, dsn string) *catalog {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.byID[id]
	if ok && known.dsn == dsn {
		return known
	}
	if len(c.byID) >= catalogsKept {
		clear(c.byID)
	}
	known = &catalog{dsn: dsn, origins: origin.NewSnapshot()}
	c.byID[id] = known
	return known
}

// functions returns what the target's catalog says about its own functions,
// asking it where the last answer is too old. Where it cannot be asked, the
// preview fails: an old answer is not a safe one.
func (c *catalog) functions(ctx context.Context, t *target) (*guard.Target, error) {
	known := func() any {
		if fresh := c.functionsSince(time.Now().Add(-functionsAge)); fresh != nil {
			return fresh
		}
		return nil
	}
	if fresh, ok := known().(*guard.Target); ok {
		return fresh, nil
	}
	answer, _, err := t.Catalog(ctx, origin.Question{SQL: guard.TargetQuery, Known: known, Read: func(rows [][]string, asked time.Time) (any, error) {
		read, err := guard.ReadTarget(rows)
		if err != nil {
			return nil, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.known, c.since = read, asked
		return read, nil
	}})
	if err != nil {
		return nil, err
	}
	read, ok := answer.(*guard.Target)
	if !ok {
		return nil, internal("the catalog's answer cannot be read")
	}
	return read, nil
}

// functionsSince returns what is known, if it was asked at a time or later.
func (c *catalog) functionsSince(at time.Time) *guard.Target {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || c.since.Before(at) {
		return nil
	}
	return c.known
}
