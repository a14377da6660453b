package connections

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

// connection checks a payload and joins it with the way to dial.
func (p Policy) connection(stored payload) (preview.Connection, error) {
	if strings.TrimSpace(stored.dsn) == "" {
		return preview.Connection{}, errors.New("connections: the connection string is empty")
	}
	parameters, err := dsn.Read(stored.dsn)
	if err != nil {
		return preview.Connection{}, fmt.Errorf("connections: the connection string cannot be used: %w", err)
	}
	text, err := stored.takeSession(parameters)
	if err != nil {
		return preview.Connection{}, err
	}
	allowed := append(slices.Clone(p.keys()), sessionKeys...)
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		if !slices.Contains(allowed, key) {
			return preview.Connection{}, fmt.Errorf("connections: the connection string cannot be used: %w", dsn.UnknownKey(key, allowed))
		}
	}
	certificates, err := stored.certificates()
	if err != nil {
		return preview.Connection{}, err
	}
	if _, err := dsn.ParseWith(text, certificates); err != nil {
		return preview.Connection{}, fmt.Errorf("connections: the connection string cannot be used: %w", err)
	}
	return preview.Connection{
		DSN: preview.NewSecret(text), Dial: p.Targets.Dial,
		Certificates: preview.Certificates{
			Root: preview.NewSecret(certificates.Root), Certificate: preview.NewSecret(certificates.Certificate), Key: preview.NewSecret(certificates.Key),
		},
		Session: preview.Session{SearchPath: stored.session["search_path"], TimeZone: stored.session["timezone"], Role: stored.session["role"]},
	}, nil
}

// takeSession moves what a connection string says of the session out of it: poolers
// refuse it at the login, and it is set in each transaction.
func (s *payload) takeSession(parameters dsn.Parameters) (text string, _ error) {
	moved := false
	for _, key := range sessionKeys {
		value := parameters[key]
		if value == "" {
			continue
		}
		if s.session[key] != "" {
			return "", fmt.Errorf("connections: the payload has %s twice, beside the connection string and in it", key)
		}
		if s.session == nil {
			s.session = map[string]string{}
		}
		s.session[key], moved = value, true
	}
	if !moved {
		return s.dsn, nil
	}
	return parameters.Without(sessionKeys...), nil
}

// certificates returns the certificates that a payload has by content.
func (s *payload) certificates() (c dsn.Certificates, _ error) {
	for _, key := range pemKeys {
		if value := s.pem[key]; value != "" && !strings.Contains(value, "-----BEGIN ") {
			// Not quoted: it may be the key itself in another form.
			return c, fmt.Errorf("connections: the payload's value of %q is no PEM; "+
				"store the certificate itself (-----BEGIN ...) or a reference to a secret that holds it", key)
		}
	}
	return dsn.Certificates{Root: s.pem["sslrootcert"], Certificate: s.pem["sslcert"], Key: s.pem["sslkey"]}, nil
}
