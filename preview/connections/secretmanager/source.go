package secretmanager

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/connections/internal/object"
)

const (
	// DefaultMaxAge is Options.MaxAge's default.
	DefaultMaxAge = time.Minute
	// DefaultTimeout is Options.Timeout's default.
	DefaultTimeout = 4 * time.Second
	// maxSecret is the most that a secret may hold, as in AWS and GCP.
	maxSecret = 64 << 10
)

// Store is a secret manager.
type Store interface {
	// Get returns the whole text of a secret. Its error is for the operator's log and
	// holds neither the secret nor a name or an address; see [StatusError] and [NoAnswer].
	Get(ctx context.Context, secret Secret) (string, error)
}

// Options says how a Source uses a Store.
type Options struct {
	// Scheme begins every reference.
	Scheme string
	// Prefix is put before the name in every reference, so that nothing else can be
	// referred to. See [CheckPrefix].
	Prefix string
	// MaxAge is how long a secret is used before it is fetched again. Default
	// DefaultMaxAge; a negative one fetches each time.
	MaxAge time.Duration
	// Timeout bounds the fetching of one secret, with the login to the manager.
	// Default DefaultTimeout.
	Timeout time.Duration
}

// Source is a connections.SecretSource over a Store. It may be used from many
// goroutines at a time.
type Source struct {
	options Options
	cache   *cache
	close   func()
}

// New returns a Source; closing ends what the store holds, and may be nil.
func New(store Store, options Options, closing func()) *Source {
	if options.MaxAge == 0 {
		options.MaxAge = DefaultMaxAge
	}
	if options.Timeout <= 0 {
		options.Timeout = DefaultTimeout
	}
	return &Source{options: options, cache: newCache(store, options), close: closing}
}

// Close ends the idle connections to the manager.
func (s *Source) Close() {
	if s.close != nil {
		s.close()
	}
}

// Fetch returns what a reference names. A reference with a key names a member of
// the JSON object that the secret is: a text, or a number as it is written.
// Without one it names the whole secret, less one newline at its end.
func (s *Source) Fetch(ctx context.Context, reference string) (preview.Secret, error) {
	secret, key, err := parse(s.options.Scheme, reference)
	if err != nil {
		return preview.Secret{}, err
	}
	secret.Name = s.options.Prefix + secret.Name
	text, err := s.cache.get(ctx, secret)
	if err != nil {
		return preview.Secret{}, err
	}
	if key == "" {
		// A newline at the end is an editor's, not the secret's.
		whole := strings.TrimSuffix(strings.TrimSuffix(text.Reveal(), "\n"), "\r")
		return preview.NewSecret(whole), nil
	}
	return member(text, key)
}

// member returns a member of a secret that is a JSON object.
func member(text preview.Secret, key string) (preview.Secret, error) {
	members, err := object.Members([]byte(text.Reveal()))
	if err != nil {
		return preview.Secret{}, errors.New("the reference has a key, and the secret is no JSON object without repetitions")
	}
	value, ok := members[key]
	var found string
	var number json.Number
	switch {
	case !ok:
		return preview.Secret{}, errors.New("the secret has no member of the reference's key")
	case string(value) != "null" && json.Unmarshal(value, &found) == nil:
		return preview.NewSecret(found), nil
	case json.Unmarshal(value, &number) == nil && number != "":
		return preview.NewSecret(number.String()), nil
	default:
		return preview.Secret{}, errors.New("the secret's member of the reference's key is neither a text nor a number")
	}
}

// checked refuses what cannot be a credential.
func checked(text string) (preview.Secret, error) {
	switch {
	case text == "":
		return preview.Secret{}, errors.New("the secret is empty, or of bytes that are no text")
	case len(text) > maxSecret:
		return preview.Secret{}, errors.New("the secret is longer than 64 KiB")
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return preview.Secret{}, errors.New("the secret is no text in UTF-8")
	}
	return preview.NewSecret(text), nil
}
