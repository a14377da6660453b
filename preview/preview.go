package preview

import (
	"context"
	"slices"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/limiter"
	"github.com/op-data/sqlpreview/preview/internal/origin"
	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/internal/wrap"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/sanitize"
)

// Previewer runs previews. Make one with New and Close it at the end; its
// methods may be called from many goroutines at a time.
type Previewer struct {
	resolver  Resolver
	lister    ConnectionLister
	limits    Limits
	policy    *guard.Policy
	sanitizer *sanitize.Sanitizer
	masks     *origin.Masks
	// strictMasking refuses uses of masked columns: see Policy.Masking.
	strictMasking bool
	pools         *run.Pools
	catalogs      *catalog.Cache
	large         *largeLimiter
	checks        *checkLimiter
	// checkedTexts and resolutions are shared by the Previewers of all connections.
	checkedTexts *checkedTexts
	resolutions  *resolutions

	requestRoles, requestVariables []string
	// rules are those of one connection id, and byConnection the Previewers of the
	// ids that have rules of their own.
	rules        ConnectionRules
	byConnection map[string]*Previewer
}

// Close closes the idle sessions, and the others when their previews end.
// Previews that start afterwards fail with DATABASE_UNAVAILABLE.
func (p *Previewer) Close() {
	p.catalogs.Close()
	p.pools.Close()
}

// Preview runs one request through all steps and returns its rows, bounded and
// sanitized. The error is always an *Error, and then no row has left.
//
// When ctx ends, the query is cancelled in the database too.
func (p *Previewer) Preview(ctx context.Context, request Request) (*Result, error) {
	p = p.of(request.ConnectionID)
	return withFreshLogin(ctx, p.begin(request, time.Now()), func(ctx context.Context, r *boundedRequest) (*Result, error) {
		return p.preview(ctx, request, r)
	})
}

func (p *Previewer) preview(ctx context.Context, request Request, r *boundedRequest) (*Result, error) {
	q, err := p.prepare(ctx, request.SQL, r)
	if err != nil {
		return nil, r.failed(err, q.checkedText)
	}
	var large *limiter.Permit
	defer func() { limiter.Lease(ctx, large) }()
	raw, err := p.pools.Run(ctx, q.target.Target, run.Query{
		SQL:          q.text.SQL,
		MaxRows:      r.rows,
		MaxColumns:   p.limits.MaxColumns,
		MaxCellBytes: p.sanitizer.MaxInputBytes(),
		MaxBytes:     rawBytes * p.limits.MaxResponseBytes,
		Large: func() (err error) {
			large, err = p.large.acquire(ctx, r.deadline)
			return err
		},
		Origin:  q.resolved.originOf,
		Timeout: q.target.left(),
	})
	if err != nil {
		failed := publicError(err, request.SQL, q.text)
		p.suggestColumn(ctx, &q, request.SQL, failed)
		return nil, r.failed(failed, q.checkedText)
	}
	defer raw.Release()
	ran := time.Now()
	masked, err := p.masked(ctx, &q, raw.Columns)
	if err != nil {
		return nil, r.failed(publicError(err, request.SQL, wrap.Text{}), q.checkedText)
	}
	cleaning := time.Now()
	result := p.clean(raw, masked, r)
	cleaned := time.Now()
	result.RequestID = r.id
	result.Objects = slices.Clone(q.resolved.objects)
	if result.Receipt = q.receipt(); result.Receipt.SQLFingerprint == "" {
		return nil, r.failed(internal("the query has no fingerprint"), nil)
	}
	result.Receipt.SchemaFingerprint = raw.SchemaFingerprint
	result.Receipt.PayloadSHA256 = payloadSHA256(result.Columns, result.Rows)
	queue, connect := q.target.queue, q.target.connect // these are not the questions' own time
	result.Stats.Check, result.Stats.Queue, result.Stats.Connect = q.checking, queue+raw.Queue, connect+raw.Connect
	result.Stats.Execute, result.Stats.Fetch = raw.Execute, raw.Fetch
	result.Stats.Catalog = q.resolving + raw.Describe + cleaning.Sub(ran) - queue - connect
	result.Stats.Sanitize, result.Stats.Total = cleaned.Sub(cleaning), time.Since(r.start)
	return result, nil
}

// Describe returns the columns that a query would have. The database reads the
// query and plans nothing; no row is touched. MaxRows has no meaning here. The
// error is always an *Error.
func (p *Previewer) Describe(ctx context.Context, request Request) (*Description, error) {
	p = p.of(request.ConnectionID)
	return withFreshLogin(ctx, p.begin(request, time.Now()), func(ctx context.Context, r *boundedRequest) (*Description, error) {
		return p.describe(ctx, request, r)
	})
}

func (p *Previewer) describe(ctx context.Context, request Request, r *boundedRequest) (*Description, error) {
	q, err := p.prepare(ctx, request.SQL, r)
	if err != nil {
		return nil, r.failed(err, q.checkedText)
	}
	raw, err := p.pools.Describe(ctx, q.target.Target, run.Query{
		SQL: q.text.SQL, MaxColumns: p.limits.MaxColumns, MaxBytes: p.limits.MaxResponseBytes, Origin: q.resolved.originOf, Timeout: q.target.left(),
	})
	if err != nil {
		failed := publicError(err, request.SQL, q.text)
		p.suggestColumn(ctx, &q, request.SQL, failed)
		return nil, r.failed(failed, q.checkedText)
	}
	defer raw.Release()
	masked, err := p.masked(ctx, &q, raw.Columns)
	if err != nil {
		return nil, r.failed(publicError(err, request.SQL, wrap.Text{}), q.checkedText)
	}
	described := &Description{RequestID: r.id, Columns: p.columns(raw.Columns, masked), Receipt: q.receipt(), Objects: slices.Clone(q.resolved.objects)}
	described.Receipt.SchemaFingerprint = raw.SchemaFingerprint
	return described, nil
}

// query is a statement that may run, and where.
type query struct {
	*checkedText

	target   *target
	resolved *resolved
	// checking and resolving are the times that the guard took without and with the
	// target's catalog.
	checking, resolving time.Duration
}

// prepare takes a text through every step before it runs. With an error it
// returns what there is of the query: the statement, if the guard accepted it.
func (p *Previewer) prepare(ctx context.Context, sql string, r *boundedRequest) (q query, err error) {
	start := time.Now()
	if q.checkedText, err = p.check(ctx, sql, r); err != nil {
		return q, err
	}
	q.checking = time.Since(start)
	if q.target, err = p.target(ctx, r); err != nil {
		return q, err
	}
	found := time.Now()
	if !found.Before(r.deadline) {
		return q, tooLate()
	}
	q.resolved, err = p.resolve(ctx, q.target, q.statement, time.Time{})
	q.resolving = time.Since(found)
	return q, err
}

func internal(message string) *Error { return &Error{Reason: reason.Internal, Message: message} }
