package connections

import (
	"context"
	"errors"

	"github.com/op-data/sqlpreview/preview"
)

// Single returns a Resolver of one connection, whose id is "default", from a
// connection string or a payload. A secret that the payload refers to is fetched
// each time it is asked for, and here to find faults early; a secret manager that
// does not give it yet is no fault.
func Single(ctx context.Context, stored preview.Secret, policy Policy) (preview.Resolver, error) {
	plain := policy
	plain.Secrets = nil
	if connection, err := (single{stored, plain}).read(ctx); err == nil { // it refers to nothing
		return preview.StaticConnections(map[string]preview.Connection{
			preview.DefaultConnectionID: connection, "": connection,
		}), nil
	}
	s := single{stored, policy}
	_, err := s.read(ctx)
	var absent notFetchedError
	if err != nil && !errors.As(err, &absent) {
		return nil, err
	}
	return s, nil
}

type single struct {
	stored preview.Secret
	policy Policy
}

func (s single) read(ctx context.Context) (preview.Connection, error) {
	return s.policy.read(ctx, []byte(s.stored.Reveal()))
}

// Resolve implements preview.Resolver.
func (s single) Resolve(ctx context.Context, id string) (preview.Connection, error) {
	if id != "" && id != preview.DefaultConnectionID {
		return preview.Connection{}, preview.ErrConnectionNotFound
	}
	return s.read(ctx)
}
