package connections

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/connections/internal/object"
)

// maxPayload bounds what is read for one connection.
const maxPayload = 64 << 10

// fields are the keys of a payload object, and the keyword of a connection
// string that each stands for.
var fields = map[string]string{
	"host": "host", "port": "port",
	"database": "dbname", "dbname": "dbname",
	"user": "user", "username": "user",
	"password": "password", "sslmode": "sslmode",
}

// wholes are the keys of a payload that hold a whole connection string.
var wholes = []string{"url", "dsn"}

// payload is what is stored for an id: a connection string and what stands beside
// it. The texts are by the payload's keys.
type payload struct {
	dsn string
	// session has search_path, timezone and role; pem the content of certificates.
	session, pem map[string]string
}

// sessionKeys and pemKeys may stand beside a whole connection string.
var (
	sessionKeys = []string{"search_path", "timezone", "role"}
	pemKeys     = fileKeys
)

// read turns what is stored for an id into a connection: a connection string,
// or a JSON payload.
func (p Policy) read(ctx context.Context, stored []byte) (_ preview.Connection, err error) {
	defer func() { err = invalid(err) }()
	parsed, err := p.parse(ctx, stored)
	if err != nil {
		return preview.Connection{}, err
	}
	return p.connection(parsed)
}

func (p Policy) parse(ctx context.Context, stored []byte) (payload, error) {
	stored = bytes.TrimSpace(stored)
	if len(stored) > maxPayload {
		return payload{}, fmt.Errorf("connections: what is stored is longer than %d bytes", maxPayload)
	}
	if len(stored) > 0 && (stored[0] == '{' || stored[0] == '"') {
		return p.parseJSON(ctx, stored)
	}
	return payload{dsn: string(stored)}, nil
}

func (p Policy) parseJSON(ctx context.Context, stored []byte) (payload, error) {
	var whole string
	if json.Unmarshal(stored, &whole) == nil {
		return payload{dsn: whole}, nil
	}
	members, err := object.Members(stored)
	if err != nil {
		return payload{}, fmt.Errorf("connections: the payload cannot be read: %w", err)
	}
	if reference, ok := members["secret"]; ok && len(members) == 1 {
		return p.whole(ctx, reference)
	}
	// A form that is left empty in part stores null.
	maps.DeleteFunc(members, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	var parsed payload
	if parsed.session, err = p.take(ctx, members, sessionKeys); err != nil {
		return payload{}, err
	}
	if parsed.pem, err = p.take(ctx, members, pemKeys); err != nil {
		return payload{}, err
	}
	for _, key := range wholes {
		value, ok := members[key]
		switch {
		case !ok:
		case len(members) > 1:
			return payload{}, fmt.Errorf("connections: the payload has keys beside %q, which is a whole connection string", key)
		default:
			parsed.dsn, err = p.text(ctx, key, value)
			return parsed, err
		}
	}
	parsed.dsn, err = p.fields(ctx, members)
	return parsed, err
}

// take moves the values of some keys out of a payload's members.
func (p Policy) take(ctx context.Context, members map[string]json.RawMessage, keys []string) (map[string]string, error) {
	taken := map[string]string{}
	for _, key := range keys {
		value, ok := members[key]
		if !ok {
			continue
		}
		text, err := p.text(ctx, key, value)
		if err != nil {
			return nil, err
		}
		taken[key] = text
		delete(members, key)
	}
	return taken, nil
}

// whole reads a payload that lies in a secret manager as a whole. It may not refer to
// further secrets: else write access to one secret would give read access to others.
func (p Policy) whole(ctx context.Context, value json.RawMessage) (payload, error) {
	var reference string
	if json.Unmarshal(value, &reference) != nil {
		return payload{}, errors.New(`connections: the payload's value of "secret" is no reference`)
	}
	fetched, err := p.fetch(ctx, reference)
	if err != nil {
		return payload{}, err
	}
	p.Secrets = nil
	return p.parse(ctx, []byte(fetched))
}

// fields builds a connection string of a payload's single values. All are
// quoted, so no value can become another keyword. Equal payloads give equal
// strings, since another string means another connection and new sessions.
func (p Policy) fields(ctx context.Context, members map[string]json.RawMessage) (string, error) {
	var dsn strings.Builder
	given := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		value := members[key]
		keyword, ok := fields[key]
		if !ok {
			// Not quoted: the secret may have been stored there by mistake.
			return "", errors.New("connections: the payload has a key that is not one of host, port, database, user, password, sslmode, or url alone, " +
				"and search_path, timezone, role, sslrootcert, sslcert, sslkey")
		}
		if other, twice := given[keyword]; twice {
			return "", fmt.Errorf("connections: the payload has the keys %q and %q, which mean the same", min(key, other), max(key, other))
		}
		given[keyword] = key
		text, err := p.text(ctx, key, value)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&dsn, "%s='%s' ", keyword, strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text))
	}
	for _, keyword := range []string{"host", "user", "dbname"} {
		if given[keyword] == "" {
			return "", fmt.Errorf("connections: the payload has no value for %s", keyword)
		}
	}
	return dsn.String(), nil
}

// text is a member's value: a string, a number, or a reference to a secret.
func (p Policy) text(ctx context.Context, key string, value json.RawMessage) (string, error) {
	var text string
	var number json.Number
	switch {
	case json.Unmarshal(value, &text) == nil && !bytes.Equal(value, []byte("null")):
		return text, nil
	case json.Unmarshal(value, &number) == nil && number != "":
		return number.String(), nil
	}
	reference, err := object.Members(value)
	if err != nil || len(reference) != 1 || json.Unmarshal(reference["secret"], &text) != nil {
		return "", fmt.Errorf(`connections: the payload's value of %q is neither a text, a number nor {"secret": "reference"}`, key)
	}
	return p.fetch(ctx, text)
}

// fetch asks the secret manager that the reference's scheme names.
func (p Policy) fetch(ctx context.Context, reference string) (string, error) {
	scheme, _, found := strings.Cut(reference, ":")
	if !found || scheme == "" {
		return "", errors.New(`connections: a secret's reference has no scheme; write it as in "vault:shop/database#password"`)
	}
	source, ok := p.Secrets[scheme]
	if !ok {
		return "", errors.New("connections: no secret manager is configured here for references of that scheme; there are: " + p.schemes())
	}
	secret, err := source.Fetch(ctx, reference)
	if err != nil {
		return "", notFetchedError{scheme, err}
	}
	return secret.Reveal(), nil
}

// notFetchedError says that a secret manager gave no secret now; it may later.
type notFetchedError struct {
	scheme string
	err    error
}

func (e notFetchedError) Error() string {
	return fmt.Sprintf("connections: the secret manager of the scheme %.32q did not give the secret: %v", e.scheme, e.err)
}

func (e notFetchedError) Unwrap() error { return e.err }

// schemes lists the schemes that there are. The one that was asked for is not shown: it
// may be the beginning of a secret that was stored in its place.
func (p Policy) schemes() string {
	if len(p.Secrets) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(p.Secrets)), ", ")
}
