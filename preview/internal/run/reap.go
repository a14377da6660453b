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
	// Meanwhile it keeps its permit.
	reapLimit = 30 * time.Second
	// cancelTimeout bounds one cancel request.
	cancelTimeout = 2 * time.Second
	// cancelLead is how long a cancel request has before our half of the
	// connection is closed: a pooler forgets a client that has gone.
	cancelLead = 200 * time.Millisecond
	// cancelPause is the wait between two requests: one that arrives while the
	// server is between two statements does nothing.
	cancelPause = 250 * time.Millisecond
	// maxDiscard bounds what is read in each pause.
	maxDiscard = 64 << 20
)

// reap stops what runs on a session and returns when the server has closed it,
// or when the limit has passed or ctx is done. At least one cancel request is
// tried in any case.
func (s *session) reap(ctx context.Context) {
	defer s.hangUp()
	limit := time.Now().Add(reapLimit)
	for first := true; ; first = false {
		// Not bound to the caller's context: that one has ended.
		attempt, stop := context.WithTimeout(context.Background(), cancelTimeout)
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			_ = s.pg.CancelRequest(attempt) // tried again until the session has ended
		}()
		if first {
			select {
			case <-sent:
			case <-time.After(cancelLead):
			}
			// From here on the server can notice by itself that we are gone
			// (client_connection_check_interval), and ends the session when it
			// is done.
			_ = s.conn.CloseWrite() // the cancel requests remain
		}
		ended := s.ended(cancelPause)
		if ended {
			stop()
		}
		<-sent
		stop()
		if ended || ctx.Err() != nil || time.Now().After(limit) {
			return
		}
	}
}

// ended discards what the server sends until it closes the connection; false
// means it has not within the wait. A server that goes on sending is left alone:
// it notices by itself when it can send no more.
func (s *session) ended(wait time.Duration) bool {
	if err := s.conn.SetDeadline(time.Now().Add(wait)); err != nil {
		return true
	}
	_, err := io.CopyN(io.Discard, s.conn.Conn, maxDiscard)
	return !errors.Is(err, os.ErrDeadlineExceeded)
}
