package run

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/op-data/sqlpreview/preview/internal/run/wire"
)

const (
	// grace is how much later than the server's time limit our deadline is.
	grace = 300 * time.Millisecond
	// largePipeline is the size from which writing and reading go on at the same
	// time; a smaller one fits into the kernel's buffers.
	largePipeline = 16 << 10
)

// session is a connection that has logged in. pgconn keeps what a cancel
// request needs; everything else is read from and written to conn directly.
type session struct {
	pg           *pgconn.PgConn
	conn         *wire.Conn
	reader       *wire.Reader
	capabilities capabilities
	created      time.Time
	idle         time.Time // since when it has been in the pool; zero: never

	// direct reports that the server process is the one that the login named, so no
	// pooler stands between and the session can keep settings; configured reports that
	// it has them.
	direct, configured bool
	// questions are the names of the questions that the session keeps prepared, by their
	// text.
	questions map[string]string
	// pipeline is the memory of the last pipeline, which the next is written into.
	pipeline []byte
}

// keepBuffer keeps the memory of a pipeline for the next one.
func (s *session) keepBuffer(pipeline []byte) {
	if cap(pipeline) < largePipeline {
		s.pipeline = pipeline[:0]
	}
}

// state is what may be done with a session after a pipeline.
type state int

const (
	// stateClean: the session may be used again.
	stateClean state = iota
	// stateBroken: the session must be closed; no statement of ours runs on it.
	stateBroken
	// stateRunning: the session must be closed, and the query may still run.
	stateRunning
	// stateStale: the session must be closed, and the pipeline may be sent again in
	// another. The server closed it before it saw the statement (while it was in the pool,
	// or by a timeout of the role's), or a pooler gave the answer of another process.
	stateStale
)

// errInterrupted is the error of a pipeline that the caller's context ended.
var errInterrupted = errors.New("interrupted")

// roundTrip sends a pipeline and reads its answers into a. It returns at the latest
// when the deadline and the grace have passed, or when ctx is cancelled.
func (s *session) roundTrip(ctx context.Context, p pipeline, a *answers, deadline time.Time) (state, error) {
	if p.err != nil {
		return stateClean, p.err
	}
	received := s.reader.Received()
	if err := s.conn.SetDeadline(deadline.Add(grace)); err != nil {
		return stateBroken, err
	}
	stop := context.AfterFunc(ctx, func() {
		// At a deadline of ctx's own the grace decides, which is set above.
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			_ = s.conn.SetDeadline(time.Unix(1, 0)) // ends the pipeline at once
		}
	})
	err := s.exchange(p, a)
	if err == nil && s.direct && a.failure != nil && !a.failure.fatal && !a.unsure {
		s.cleanUp(a)
	}
	ended := ending{
		err: err, answers: a, interrupted: !stop() && errors.Is(ctx.Err(), context.Canceled),
		pooled: !s.idle.IsZero(), silent: s.reader.Received() == received,
		otherProcess: s.direct && a.checked && a.pid != s.pid(),
	}
	return ended.classify()
}

// ending is how a pipeline ended.
type ending struct {
	err          error // of the connection
	answers      *answers
	interrupted  bool // by the caller
	pooled       bool // the session had been in the pool
	silent       bool // the server sent nothing
	otherProcess bool // than the one of this direct session answered
}

// classify decides what may be done with the session, and returns the error that
// the caller gets where there is no answer.
func (e ending) classify() (state, error) {
	switch {
	case e.err == nil:
		return e.answered(), nil
	case e.interrupted:
		return stateRunning, errInterrupted
	case errors.Is(e.err, os.ErrDeadlineExceeded), errors.Is(e.err, wire.ErrProtocol):
		return stateRunning, e.err
	case e.pooled && e.silent:
		return stateStale, e.err
	default:
		return stateBroken, e.err
	}
}

// answered is classify for a pipeline that was answered to its end.
func (e ending) answered() state {
	f := e.answers.failure
	switch {
	case e.otherProcess:
		// There is a pooler: it named the process that it had logged in to.
		return stateStale
	case f != nil && f.fatal && (f.part <= partBegin && e.pooled || f.beforeStatement() && f.isClock()):
		return stateStale
	case f != nil && f.fatal:
		return stateBroken
	case e.interrupted, e.answers.wrote, e.answers.unsure, !e.answers.clean:
		return stateBroken
	default:
		return stateClean
	}
}

// cleanUp releases what an error has left in a direct session. One that could not be
// cleaned is closed, which does the same.
func (s *session) cleanUp(after *answers) {
	s.questions = nil // they go with the statements of others
	p := newCleanUpPipeline()
	a := &answers{groups: p.groups}
	err := s.exchange(p, a)
	after.clean = p.err == nil && err == nil && a.failure == nil && a.clean
}

// exchange writes a pipeline and reads its answers into a.
func (s *session) exchange(p pipeline, a *answers) error {
	if len(p.bytes) < largePipeline {
		// When the server is gone, reading says more than writing.
		_, writeErr := s.conn.Write(p.bytes)
		return either(a.read(s.reader), writeErr)
	}
	written := make(chan error, 1)
	go func() {
		_, err := s.conn.Write(p.bytes)
		written <- err
	}()
	err := a.read(s.reader)
	if err != nil || a.failure != nil && a.failure.fatal {
		_ = s.conn.SetWriteDeadline(time.Unix(1, 0)) // ends the write at once
	}
	return either(err, <-written)
}

// either returns the error of reading, if there is one, before that of writing: what
// the server sent before it closed the connection can still be read.
func either(readErr, writeErr error) error {
	if readErr == nil {
		return nil
	}
	if errors.Is(readErr, io.ErrUnexpectedEOF) && errors.Is(writeErr, os.ErrDeadlineExceeded) {
		return writeErr
	}
	return readErr
}

// close sends the message that ends a session and closes the connection. It waits
// 100 ms at most for a server that does not take the message.
func (s *session) close() {
	_ = s.conn.SetDeadline(time.Now().Add(100 * time.Millisecond)) // closing anyway
	if message, err := (&pgproto3.Terminate{}).Encode(nil); err == nil {
		_, _ = s.conn.Write(message) // closing anyway
	}
	s.hangUp()
}

// hangUp closes the network connection. Closing TLS writes too, so the
// transport below it is closed first.
func (s *session) hangUp() {
	if tls, ok := s.conn.Conn.(interface{ NetConn() net.Conn }); ok {
		_ = tls.NetConn().Close() // closing anyway
	}
	_ = s.conn.Close() // closing anyway
}

// pid is the number of the server process that the login named.
func (s *session) pid() string { return strconv.FormatUint(uint64(s.pg.PID()), 10) }
