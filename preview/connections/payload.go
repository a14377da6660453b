package connections

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview"
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

// read turns what is stored for an id into a connection: a connection string,
// or a JSON payload.
func (p Policy) read(ctx context.Context, stored []byte) (_ preview.Connection, err error) {
	defer func() { err = invalid(err) }()
	stored = bytes.TrimSpace(stored)
	if len(stored) > maxPayload {
		return preview.Connection{}, fmt.Errorf("connections: what is stored is longer than %d bytes", maxPayload)
	}
	dsn := string(stored)
	if len(stored) > 0 && (stored[0] == '{' || stored[0] == '"') {
		if dsn, err = p.payload(ctx, stored); err != nil {
			return preview.Connection{}, err
		}
	}
	return p.connection(dsn)
}

// payload turns a JSON payload into a connection string.
func (p Policy) payload(ctx context.Context, stored []byte) (string, error) {
	var whole string
	if json.Unmarshal(stored, &whole) == nil {
		return whole, nil
	}
	object, err := members(stored)
	if err != nil {
		return "", err
	}
	// A form that is left empty in part stores null.
	maps.DeleteFunc(object, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	for _, key := range wholes {
		value, ok := object[key]
		switch {
		case !ok:
		case len(object) > 1:
			return "", fmt.Errorf("connections: the payload has keys beside %q, which is a whole connection string", key)
		default:
			return p.text(ctx, key, value)
		}
	}
	return p.fields(ctx, object)
}

// fields builds a connection string of a payload's single values. All are
// quoted, so no value can become another keyword.
func (p Policy) fields(ctx context.Context, object map[string]json.RawMessage) (string, error) {
	var dsn strings.Builder
	given := map[string]string{}
	for key, value := range object {
		keyword, ok := fields[key]
		if !ok {
			// Not quoted: whoever stored it may have put the secret there.
			return "", errors.New("connections: the payload has a key that is not one of host, port, database, user, password, sslmode, or url alone")
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
	object, err := members(value)
	if err != nil || len(object) != 1 || json.Unmarshal(object["secret"], &text) != nil {
		return "", fmt.Errorf(`connections: the payload's value of %q is neither a text, a number nor {"secret": "reference"}`, key)
	}
	return p.fetch(ctx, text)
}

// fetch asks the secret manager that the reference's scheme names.
func (p Policy) fetch(ctx context.Context, reference string) (string, error) {
	parsed, err := url.Parse(reference)
	if err != nil || parsed.Scheme == "" {
		return "", errors.New(`connections: a secret's reference has no scheme; write it as in "vault://secret/shop#password"`)
	}
	source, ok := p.Secrets[parsed.Scheme]
	if !ok {
		return "", errors.New("connections: no secret manager is configured for references of that scheme; there are: " + p.schemes())
	}
	secret, err := source.Fetch(ctx, reference)
	if err != nil {
		return "", notFetchedError{parsed.Scheme, err}
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

// schemes names the schemes that there are; the one that was asked for is not
// told, since it may be the beginning of a secret that was stored in its place.
func (p Policy) schemes() string {
	if len(p.Secrets) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(p.Secrets)), ", ")
}

// members decodes one JSON object. Keys that occur twice are refused: another
// reader could take the other value.
func members(text []byte) (map[string]json.RawMessage, error) {
	notObject := errors.New("connections: the payload is no JSON object")
	decoder := json.NewDecoder(bytes.NewReader(text))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, notObject
	}
	object := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		key, ok := token.(string)
		if err != nil || !ok {
			return nil, notObject
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, notObject
		}
		if _, twice := object[key]; twice {
			return nil, errors.New("connections: the payload has a key twice")
		}
		object[key] = value
	}
	if _, err := decoder.Token(); err != nil { // the closing brace
		return nil, notObject
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, notObject
	}
	return object, nil
}
