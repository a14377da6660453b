package run

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

const (
	// reapLimit is how long a session whose query may still run is waited for.
	// Meanwhile it keeps its place in the pool.
	reapLimit = 30 * time.Second
	// cancelTimeout bounds one cancel request, cancelPause is the wait between
	// two: a request that arrives while the server is between two statements
	// does nothing.
	cancelTimeout = 2 * time.Second
	cancelPause   = 250 * time.Millisecond
)

// reap stops what runs on a session and returns when the server has closed it,
// or when the limit has passed or ctx is done. At least one cancel request is
// tried in any case.
func (s *session) reap(ctx context.Context) {
	defer s.hangUp()
	limit := time.Now().Add(reapLimit)
	for first := true; ; first = false {
		s.cancel()
		if first {
			// From here on the server can notice by itself that we are gone
			// (client_connection_check_interval), and ends the session when it
			// is done.
			_ = s.conn.CloseWrite() //nolint:errcheck // the cancel requests remain
		}
		if s.ended(cancelPause) || ctx.Err() != nil || time.Now().After(limit) {
			return
		}
	}
}

// cancel sends one cancel request over a connection of its own. It is not
// bound to the caller's context: that one has ended.
func (s *session) cancel() {
	ctx, cancel := context.WithTimeout(context.Background(), cancelTimeout)
	defer cancel()
	_ = s.pg.CancelRequest(ctx) //nolint:errcheck // tried again until the session has ended
}

// ended discards what the server sends until it closes the connection; false
// means it has not within the wait.
func (s *session) ended(wait time.Duration) bool {
	if err := s.conn.SetDeadline(time.Now().Add(wait)); err != nil {
		return true
	}
	_, err := io.Copy(io.Discard, s.conn.Conn)
	return !errors.Is(err, os.ErrDeadlineExceeded)
}
