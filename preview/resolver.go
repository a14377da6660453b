package preview

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"

	"github.com/op-data/sqlpreview/preview/internal/dsn"
	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/reason"
)

// Secret is a text that must not be printed: a connection string. Every way of
// formatting, logging or encoding a Secret, also as a field of another value,
// gives a placeholder. The zero Secret is empty.
type Secret struct {
	// A function, since fmt shows the content of unexported strings and
	// pointers that it meets inside another value, and never calls a function.
	reveal func() string
}

const redacted = "[redacted]"

// NewSecret makes a Secret of a text.
func NewSecret(text string) Secret {
	return Secret{reveal: func() string { return text }}
}

// Reveal returns the text. Hand it to a database driver and to nothing else.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsEmpty reports whether there is no text.
func (s Secret) IsEmpty() bool { return s.Reveal() == "" }

// String returns a placeholder.
func (s Secret) String() string { return redacted }

// Format writes a placeholder for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) } // fmt.State takes no error back

// LogValue returns a placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns a placeholder, so that JSON, YAML and XML hold one.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Connection is a database that previews may read.
type Connection struct {
	// DSN is a PostgreSQL connection string, as keywords and values or a URL.
	// Its role should be able to read what may be previewed and do nothing else.
	DSN Secret
	// Certificates are those of TLS, by content. Default: those of the DSN's files.
	Certificates Certificates
	// Session is what previews of the connection set. Default: nothing.
	Session Session
	// Dial, unless it is nil, opens every network connection to the database, the
	// one of a cancel request too; so a Resolver can decide which addresses may
	// be reached, at the moment they are. network and address are as in
	// net.Dialer.DialContext. It goes with the DSN: sessions that are open stay
	// open when only Dial changes. What it returns should have CloseWrite, as a
	// *net.TCPConn and a *net.UnixConn have: without it the place of a preview
	// that was stopped stays taken for up to 30 s.
	Dial func(ctx context.Context, network, address string) (net.Conn, error) `json:"-"`
}

// Certificates are the certificates of TLS by content, in PEM. Each may be empty.
type Certificates struct {
	// Root has the authorities that the server's certificate must be from. sslmode is
	// then verify-full where the DSN does not say verify-ca.
	Root Secret
	// Certificate and Key are the client's own; they go together.
	Certificate, Key Secret
}

func (c Certificates) reveal() dsn.Certificates {
	return dsn.Certificates{Root: c.Root.Reveal(), Certificate: c.Certificate.Reveal(), Key: c.Key.Reveal()}
}

// dial is Dial, with the error for an address that may not be reached in the form
// that the run hands on; nil where there is no Dial.
func (c Connection) dial() func(ctx context.Context, network, address string) (net.Conn, error) {
	if c.Dial == nil {
		return nil
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := c.Dial(ctx, network, address)
		if errors.Is(err, ErrConnectionInvalid) {
			err = &run.Error{
				Reason:  reason.DatabaseLoginFailed,
				Message: "the address of this connection is not one that may be reached from here",
				Hint:    "check the host of this connection, or ask the operator of the sidecar to allow its address",
			}
		}
		return conn, err
	}
}

// ErrConnectionNotFound is what a Resolver returns, wrapped or not, for an id
// that it does not know or that the caller may not use; the preview then fails
// with CONNECTION_NOT_FOUND. The two must look the same.
var ErrConnectionNotFound = errors.New("connection not found")

// ErrConnectionInvalid is what a Resolver, or the Dial of a Connection, returns,
// wrapped or not, when the connection of an id is there and can never be used as it
// is, however often it is tried: what is stored is no connection string, or its
// address may not be reached. The preview then fails with DATABASE_LOGIN_FAILED.
var ErrConnectionInvalid = errors.New("the connection is not valid")

// Resolver finds the connection of an id. A Resolver is asked once for each
// preview, within the preview's time limit, from many goroutines at a time: one
// that asks a secret store should cache. It is never asked for an empty id, which
// means "default". When the DSN of an id changes, new previews use the new one
// and sessions of the old one are closed.
//
// When the database refuses the login, the Resolver is asked once more with a
// context that [IsRefresh] recognises, and the preview is tried again if the
// answer is another one.
//
// An *Error is returned to the caller as it is. The text of any other error is withheld
// from the caller, who sees DATABASE_UNAVAILABLE and may try again, unless it is
// ErrConnectionNotFound or ErrConnectionInvalid.
type Resolver interface {
	Resolve(ctx context.Context, connectionID string) (Connection, error)
}

type refreshKey struct{}

// WithRefresh returns a context that asks a Resolver for credentials that are not
// older than the question: the database has just refused those it gave.
func WithRefresh(ctx context.Context) context.Context {
	return context.WithValue(ctx, refreshKey{}, true)
}

// IsRefresh tells a Resolver, and whatever it fetches credentials from, to ask
// anew for what it remembers. One that remembers nothing need not look. Since a
// connection whose password is wrong gets such a question at every preview, one
// that asks a costly or limited service should bound how often it follows it.
func IsRefresh(ctx context.Context) bool { return ctx.Value(refreshKey{}) != nil }

// DefaultConnectionID is the id of the connection of SingleConnection.
const DefaultConnectionID = "default"

// SingleConnection is a Resolver with one connection, whose id is "default". What
// the string does not say is not taken from libpq's variables and files (PGHOST,
// PGPASSWORD, ~/.pgpass): an empty one is DATABASE_LOGIN_FAILED.
func SingleConnection(text Secret) Resolver {
	return StaticConnections(map[string]Connection{DefaultConnectionID: {DSN: text}})
}

// StaticConnections is a Resolver of a fixed set of connections by id. The map
// is copied.
func StaticConnections(connections map[string]Connection) Resolver {
	return staticResolver(maps.Clone(connections))
}

type staticResolver map[string]Connection

func (r staticResolver) Resolve(_ context.Context, connectionID string) (Connection, error) {
	connection, ok := r[connectionID]
	if !ok {
		return Connection{}, ErrConnectionNotFound
	}
	return connection, nil
}
