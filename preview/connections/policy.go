package connections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/internal/dsn"
)

// Policy says what a stored connection may ask for. The zero Policy is the
// strictest but for Targets, which then keeps only the addresses out that no
// database has, and in [OpenAgent] those of this machine too.
type Policy struct {
	// Targets restricts the addresses. Default: TargetAny; in AgentConfig
	// TargetRemote.
	Targets Targets
	// Files allows keys that name files of this host (sslrootcert, sslcert,
	// sslkey). Leave it off where others than the operator store connections.
	Files bool
	// Secrets are the secret managers, by the scheme of their references.
	Secrets map[string]SecretSource
}

// SecretSource fetches secrets from a secret manager.
type SecretSource interface {
	// Fetch returns the secret of a reference, for instance
	// "vault:shop/database#password". Its error must not hold the secret. Where
	// preview.IsRefresh holds for ctx, the database has refused what was fetched
	// before: a source that remembers should then ask again, though not each time.
	Fetch(ctx context.Context, reference string) (preview.Secret, error)
}

// allowedKeys only shape how the server is reached. Whatever else libpq takes is
// left out: service and passfile read files, options and every setting of a
// session could change what the query means.
var allowedKeys = []string{
	"host", "port", "user", "password", "dbname", "sslmode", "sslnegotiation", "sslsni",
	"connect_timeout", "target_session_attrs", "application_name", "channel_binding",
}

// fileKeys name files of this host.
var fileKeys = []string{"sslrootcert", "sslcert", "sslkey"}

// keys returns what a connection string may hold under the policy.
func (p Policy) keys() []string {
	if p.Files {
		return append(append([]string{}, allowedKeys...), fileKeys...)
	}
	return allowedKeys
}

// connection checks a connection string and joins it with the way to dial.
func (p Policy) connection(text string) (preview.Connection, error) {
	if strings.TrimSpace(text) == "" {
		return preview.Connection{}, errors.New("connections: the connection string is empty")
	}
	parameters, err := dsn.Read(text)
	if err != nil {
		return preview.Connection{}, fmt.Errorf("connections: the connection string cannot be used: %w", err)
	}
	for key := range parameters {
		if !slices.Contains(p.keys(), key) {
			return preview.Connection{}, fmt.Errorf("connections: the connection string cannot be used; it must have no keys but %s", strings.Join(p.keys(), ", "))
		}
	}
	if _, err := dsn.Parse(text); err != nil {
		return preview.Connection{}, fmt.Errorf("connections: the connection string cannot be used: %w", err)
	}
	return preview.Connection{DSN: preview.NewSecret(text), Dial: p.Targets.Dial}, nil
}
