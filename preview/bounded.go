package preview

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/op-data/sqlpreview/preview/reason"
)

// boundedRequest is one request with its bounds settled.
type boundedRequest struct {
	id           string
	connectionID string
	rows         int
	start        time.Time
	deadline     time.Time
	// tried is the connection string that the last attempt used; empty before one.
	tried string
}

func (p *Previewer) begin(request Request, start time.Time) *boundedRequest {
	r := &boundedRequest{
		id:           request.RequestID,
		connectionID: cmp.Or(request.ConnectionID, DefaultConnectionID),
		start:        start,
		rows:         lower(request.MaxRows, p.limits.MaxRows),
		deadline:     start.Add(lower(request.Timeout, p.limits.Timeout)),
	}
	if request.Timeout < 0 {
		r.deadline = start
	}
	if !ValidRequestID(r.id) {
		r.id = rand.Text()
	}
	return r
}

// failed puts the request's id and what identifies the statement, nil where the
// guard accepted none, into an error. It may be a Resolver's own, which many
// requests share, so it is copied.
func (r *boundedRequest) failed(err error, c *checkedText) error {
	e := *internal("the preview failed")
	var known *Error
	if errors.As(err, &known) {
		e = *known
	}
	e.RequestID, e.Receipt = r.id, nil
	if c != nil {
		accepted := c.receipt()
		e.Receipt = &accepted
	}
	return &e
}

// withFreshLogin makes one attempt, and a second if the database refused
// credentials that the resolver remembered and it now has others, as after a
// rotation. Nothing has run when a login fails, so nothing runs twice.
func withFreshLogin[T any](ctx context.Context, r *boundedRequest, attempt func(context.Context, *boundedRequest) (T, error)) (T, error) {
	result, err := attempt(ctx, r)
	refused := r.tried
	if refused == "" || ReasonOf(err) != reason.DatabaseLoginFailed || IsRefresh(ctx) {
		return result, err
	}
	again, failed := attempt(WithRefresh(ctx), r)
	if r.tried == refused { // there are no others to be had
		return result, err
	}
	return again, failed
}
