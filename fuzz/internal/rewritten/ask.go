package rewritten

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// title and routine are how the server marks the tree. A function can raise a
// notice with the same words, but not from this routine.
const (
	title   = "rewritten parse tree:"
	routine = "elog_node_display"
)

// Answer is what the server said of a text at Parse.
type Answer struct {
	// Queries are the trees that the text was rewritten to: one for a query.
	Queries []*Node
	// Outputs are the types of the output columns.
	Outputs []uint32
	// Refused is the server's error when it does not analyse the text.
	Refused *pgconn.PgError
	// Trees counts the trees that were sent. More than one means that code of the
	// database's ran at Parse and was itself rewritten.
	Trees int
	// Unreadable says why the tree could not be read; nothing may be concluded then.
	Unreadable error
}

// Analysed tells that the server analysed the text.
func (a *Answer) Analysed() bool { return a.Refused == nil }

// Readable tells that the tree could be read.
func (a *Answer) Readable() bool { return a.Analysed() && a.Unreadable == nil }

// Session asks a server. It is not for use by more than one goroutine at a time.
type Session struct {
	dsn   string
	pins  []string
	conn  *pgconn.PgConn
	trees []string
}

// NewSession returns a session, which connects when it is first asked. The pins
// are run once, when it has connected.
func NewSession(dsn string, pins ...string) *Session { return &Session{dsn: dsn, pins: pins} }

func (s *Session) connect(ctx context.Context) error {
	if s.conn != nil && !s.conn.IsClosed() {
		return nil
	}
	config, err := pgconn.ParseConfig(s.dsn)
	if err != nil {
		return errors.New("rewritten: the connection string cannot be read")
	}
	config.OnNotice = s.note
	if s.conn, err = pgconn.ConnectConfig(ctx, config); err != nil {
		return fmt.Errorf("rewritten: connecting: %w", err)
	}
	for _, pin := range s.pins {
		if _, err := s.conn.Exec(ctx, pin).ReadAll(); err != nil {
			return fmt.Errorf("rewritten: %w", err)
		}
	}
	return nil
}

func (s *Session) note(_ *pgconn.PgConn, n *pgconn.Notice) {
	if n.Routine == routine && n.Message == title {
		s.trees = append(s.trees, n.Detail)
	}
}

// Conn returns the session's connection, for questions to the catalog.
func (s *Session) Conn(ctx context.Context) (*pgconn.PgConn, error) {
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	return s.conn, nil
}

// PID is the process id of the session, or 0 before it is connected.
func (s *Session) PID() uint32 {
	if s.conn == nil {
		return 0
	}
	return s.conn.PID()
}

// Close ends the session.
func (s *Session) Close(ctx context.Context) error {
	if s.conn == nil {
		return nil
	}
	return s.conn.Close(ctx)
}

// switchOn makes the session send its trees. debug_print_rewritten comes last: a
// later SET would send a tree of its own.
const switchOn = "begin read only; set local statement_timeout = '3s'; set local debug_pretty_print = off; set local client_min_messages = log; set local debug_print_rewritten = on"

// Ask makes the server parse, analyse and rewrite one text, in a read-only
// transaction that is rolled back. Nothing is executed, but the input functions
// of literals have run. parameters are the types of $1 and so on. An error means that the server could not be asked.
func (s *Session) Ask(ctx context.Context, sql string, parameters ...uint32) (*Answer, error) {
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	if _, err := s.conn.Exec(ctx, switchOn).ReadAll(); err != nil {
		return nil, fmt.Errorf("rewritten: %w", err)
	}
	s.trees = nil
	description, err := s.conn.Prepare(ctx, "rewritten_text", sql, parameters)
	a := &Answer{Trees: len(s.trees)}
	trees := s.trees
	s.trees = nil
	if err != nil && !errors.As(err, &a.Refused) {
		_ = s.conn.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("rewritten: preparing: %w", err)
	}
	// Code that ran at Parse may have kept a lock.
	if _, err := s.conn.Exec(ctx, "rollback; deallocate all; select pg_catalog.pg_advisory_unlock_all()").ReadAll(); err != nil {
		_ = s.conn.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("rewritten: %w", err)
	}
	if a.Analysed() {
		a.take(description, trees)
	}
	return a, nil
}

// take reads what the server said of a text that it analysed.
func (a *Answer) take(description *pgconn.StatementDescription, trees []string) {
	for _, f := range description.Fields {
		a.Outputs = append(a.Outputs, f.DataTypeOID)
	}
	if len(trees) == 0 {
		a.Unreadable = fmt.Errorf("%w: the server sent none", ErrUnreadable)
		return
	}
	a.Queries, a.Unreadable = readQueries(trees[len(trees)-1])
}

// readQueries reads a tree as the server sends it: a list of queries.
func readQueries(text string) ([]*Node, error) {
	text, err := unwrap(text)
	if err != nil {
		return nil, err
	}
	item, err := Read(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return item.Nodes(), nil
}
