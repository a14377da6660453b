package run

import (
	"context"
	"time"

	"github.com/op-data/sqlpreview/preview/reason"
)

// The bounds of Internal. A catalog that has more than this is not one that a
// policy can be decided on.
const (
	internalRows = 50000
	// A view's definition is one cell.
	internalCellBytes = 512 << 10
	internalBytes     = HardBytes
)

// Texts is the answer to a query of our own.
type Texts struct {
	// Rows has the values; NULL is an empty text.
	Rows [][]string
	// Queue and Connect are as in Result.
	Queue, Connect time.Duration
}

// Internal runs a query of our own, for instance on the catalogs, with
// the same protection as an author's: read-only, bounded and cancelled. Its bounds are
// wide, and passing one is an error, so that an answer is never in part. The
// error is always an *Error.
func (ps *Pools) Internal(ctx context.Context, t Target, sql string, timeout time.Duration) (*Texts, error) {
	return ps.internal(ctx, t, sql, timeout, resultLimits{})
}

// InternalOnCatalogPath is Internal with a search path of PostgreSQL's own
// catalog alone: types of other schemas are then printed with their schema,
// whatever the role's search path is.
func (ps *Pools) InternalOnCatalogPath(ctx context.Context, t Target, sql string, timeout time.Duration) (*Texts, error) {
	return ps.internal(ctx, t, sql, timeout, resultLimits{catalogPath: true})
}

func (ps *Pools) internal(ctx context.Context, t Target, sql string, timeout time.Duration, limits resultLimits) (*Texts, error) {
	e := ps.newExecution(t, sql, bound(timeout, HardTimeout, HardTimeout))
	if err := e.acquire(ctx); err != nil {
		return nil, err
	}
	defer e.release()
	limits.rows, limits.columns, limits.cellBytes, limits.bytes, limits.internal = internalRows, HardColumns, internalCellBytes, internalBytes, true
	a, err := e.roundTrip(ctx, e.sql, limits)
	if err != nil {
		return nil, err
	}
	if a.moreRows || a.byteLimited {
		return nil, newError(reason.QueryTooComplex, "the database's catalogs are larger than previews can take in", "")
	}
	texts := make([][]string, len(a.rows))
	for i, row := range a.rows {
		texts[i] = make([]string, len(row))
		for j, cell := range row {
			if cell.OriginalBytes > int64(len(cell.Bytes)) {
				return nil, newError(reason.QueryTooComplex, "the database's catalogs are larger than previews can take in", "")
			}
			texts[i][j] = string(cell.Bytes)
		}
	}
	return &Texts{Rows: texts, Queue: e.queue, Connect: e.connect}, nil
}
