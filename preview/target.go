package preview

import (
	"context"
	"errors"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/origin"
	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/reason"
)

// catalogGrace is how much longer than its time a request waits for what the
// database says to a question of our own; it is longer than the run's own.
const catalogGrace = 500 * time.Millisecond

// target is a database as one request sees it.
type target struct {
	run.Target
	pools    *run.Pools
	catalog  *catalog.Catalog
	deadline time.Time
	// queue and connect are how long questions to the catalog waited for a session. Of a
	// question that several requests share, the request that asked has them.
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
	session, err := p.session(ctx, connection.Session)
	if err != nil {
		return nil, err
	}
	dsn, certificates := connection.DSN.Reveal(), connection.Certificates.reveal()
	credentials := dsn + certificates.Fingerprint()
	if r.tried == credentials && credentials != "" {
		return nil, internal("the resolver has no other credentials") // withFreshLogin tells the first error
	}
	r.tried = credentials
	id := r.connectionID + session.Identity() // names mean the same to equal ones
	return &target{
		Target:   run.Target{ID: r.connectionID, DSN: dsn, Dial: connection.dial(), Certificates: certificates, Session: session},
		pools:    p.pools,
		catalog:  p.catalogs.Of(id, credentials),
		deadline: r.deadline,
	}, nil
}

// left is what is left of the request's time; never zero, which would mean the
// default.
func (t *target) left() time.Duration { return max(time.Until(t.deadline), time.Millisecond) }

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

func originColumns(columns []run.Column) []origin.Column {
	converted := make([]origin.Column, len(columns))
	for i, c := range columns {
		converted[i] = origin.Column{Name: c.Name, Table: c.TableOID, Attribute: c.Attribute}
	}
	return converted
}
