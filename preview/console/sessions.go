package console

import (
	"container/list"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/op-data/sqlpreview/preview/server"
)

const (
	// LinkLifetime is how long the token of a link can be exchanged.
	LinkLifetime = 5 * time.Minute
	// MaxSessions bounds the sessions; one more ends the one unused for the longest.
	MaxSessions = 64
	// Subject names the page's callers in logs, records and limits.
	Subject = "console"

	// tokenBytes is the length of a token before its encoding.
	tokenBytes = 32
	// guessesPerSecond bounds the answers to wrong tokens, with bursts of so many.
	guessesPerSecond, guessesAtOnce = 1, 10
)

var (
	errUnknownToken = errors.New("this link was used already, or is too old, or a newer one was made; ask for a new one in the terminal")
	errTooMany      = errors.New("too many wrong tokens were sent; wait a second")
)

// Sessions makes one-time tokens for links, exchanges them for session tokens, and
// knows who has one. It keeps hashes of them in memory alone. Make one with
// NewSessions; it is safe for concurrent use.
type Sessions struct {
	now     func() time.Time
	guesses *rate.Limiter

	mu sync.Mutex
	// link is the token of the newest link, until it is exchanged.
	link  [sha256.Size]byte
	until time.Time
	// known has the sessions by the hash of their token, in used, the one unused
	// for the longest first.
	known map[[sha256.Size]byte]*list.Element
	used  list.List
}

// NewSessions returns Sessions without any.
func NewSessions() *Sessions {
	return &Sessions{
		now: time.Now, guesses: rate.NewLimiter(guessesPerSecond, guessesAtOnce),
		known: map[[sha256.Size]byte]*list.Element{},
	}
}

// NewLink returns a token that can be exchanged once, within LinkLifetime. A link
// that was made before and not used is void from then on: at most one is valid at
// a time. The sessions stay.
func (s *Sessions) NewLink() string {
	token := randomText(tokenBytes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.link, s.until = sha256.Sum256([]byte(token)), s.now().Add(LinkLifetime)
	return token
}

// Exchange returns the token of a new session for that of a link. Wrong tokens are
// counted, and too many in a time are answered with another error; the right one is
// always taken, so that guesses cannot keep its owner out.
func (s *Sessions) Exchange(token string) (string, error) {
	given := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	same := subtle.ConstantTimeCompare(given[:], s.link[:]) == 1
	if !same || !s.now().Before(s.until) {
		if !s.guesses.AllowN(s.now(), 1) {
			return "", errTooMany
		}
		return "", errUnknownToken
	}
	s.until = time.Time{}
	if s.used.Len() >= MaxSessions {
		oldest := s.used.Remove(s.used.Front()).([sha256.Size]byte) //nolint:forcetypeassert // what is pushed below
		delete(s.known, oldest)
	}
	session := randomText(tokenBytes)
	hash := sha256.Sum256([]byte(session))
	s.known[hash] = s.used.PushBack(hash)
	return session, nil
}

// Authenticate is a server.Authenticator that lets in the sessions. The tokens are
// found by their hash, so that the time it takes tells nothing of them.
func (s *Sessions) Authenticate(_ context.Context, credentials server.Credentials) (server.Caller, error) {
	token, err := server.BearerToken(credentials.Header)
	if err != nil {
		return server.Caller{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	session := s.known[sha256.Sum256([]byte(token))]
	if session == nil {
		return server.Caller{}, errors.New("the session is not known")
	}
	s.used.MoveToBack(session)
	return server.Caller{Subject: Subject}, nil
}
