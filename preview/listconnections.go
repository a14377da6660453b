package preview

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/reason"
)

// ConnectionName is what may be told of a connection: its id and what a person
// calls it. There is nothing in it of where the connection leads.
type ConnectionName struct {
	ID, Label string
}

// ConnectionLister lists the connections of a Resolver. One that serves many
// tenants must list those alone that the Resolver finds.
type ConnectionLister interface {
	// ListConnections returns the first limit connections whose id comes after the
	// one given, in the order of their ids by byte. An empty Label stands for the id.
	// It is called within the preview's time limit, from many goroutines at a time.
	ListConnections(ctx context.Context, after string, limit int) ([]ConnectionName, error)
}

// ConnectionsRequest asks for one page of the connections.
type ConnectionsRequest struct {
	// RequestID is as in Request, PageSize and PageToken as in TablesRequest.
	RequestID string
	PageSize  int
	PageToken string
}

// ConnectionPage is one page of connections, in the order of their ids by byte.
type ConnectionPage struct {
	// RequestID is the request's own id, or one made for it.
	RequestID string
	// Connections have sanitized labels; an id as label where there is no other.
	Connections []ConnectionName
	// NextPageToken asks for the next page; empty after the last.
	NextPageToken string
}

// ListConnections returns one page of the connections that requests may name. It
// touches no database that is previewed. The error is always an *Error.
func (p *Previewer) ListConnections(ctx context.Context, request ConnectionsRequest) (*ConnectionPage, error) {
	page := &ConnectionPage{RequestID: request.RequestID}
	if !ValidRequestID(page.RequestID) {
		page.RequestID = rand.Text()
	}
	if err := p.listConnections(ctx, request, page); err != nil {
		failed := *err
		failed.RequestID = page.RequestID
		return nil, &failed
	}
	return page, nil
}

func (p *Previewer) listConnections(ctx context.Context, request ConnectionsRequest, page *ConnectionPage) *Error {
	if p.lister == nil {
		return &Error{
			Reason: reason.ConnectionNotFound, Message: "this installation does not list its connections",
			Hint: "ask its operator for the id of a connection",
		}
	}
	after, err := base64.RawURLEncoding.DecodeString(request.PageToken)
	if err != nil || !utf8.Valid(after) || bytes.IndexByte(after, 0) >= 0 {
		return staleToken()
	}
	limited, cancel := context.WithDeadline(ctx, time.Now().Add(p.limits.Timeout))
	defer cancel()
	size := lower(request.PageSize, HardMaxPage)
	names, err := p.lister.ListConnections(limited, string(after), size+1)
	var said *Error
	switch {
	case limited.Err() != nil:
		return ended(limited)
	case errors.As(err, &said):
		return said
	case err != nil:
		return &Error{
			Reason: reason.DatabaseUnavailable, Message: "the place where connections are kept cannot be asked",
			Hint: "check the store that the sidecar reads connections from", RetryAfter: 5 * time.Second,
		}
	}
	for i, name := range names {
		if i == size {
			page.NextPageToken = base64.RawURLEncoding.EncodeToString([]byte(names[i-1].ID))
			break
		}
		name.Label, _ = p.sanitizer.Text(cmp.Or(name.Label, name.ID))
		page.Connections = append(page.Connections, name)
	}
	return nil
}

// ListConnections implements ConnectionLister.
func (r staticResolver) ListConnections(_ context.Context, after string, limit int) ([]ConnectionName, error) {
	var names []ConnectionName
	for _, id := range slices.Sorted(maps.Keys(r)) {
		if id > after && len(names) < limit {
			names = append(names, ConnectionName{ID: id})
		}
	}
	return names, nil
}
