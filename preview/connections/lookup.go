package connections

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// errAgentDatabase stands for every failure of the agent's database: the
// driver's own text may name the user and the host.
var errAgentDatabase = errors.New("connections: the agent's database cannot be asked")

// agentSessions is how many sessions the agent's database is asked through.
const agentSessions = 4

// lookups asks one statement of a database again and again. It needs a few
// sessions and no types, so it stands on pgconn alone and spares the binary the
// rest of the driver.
type lookups struct {
	config *pgconn.Config
	sql    string
	// places bounds the sessions; a place holds an idle session or nil.
	places chan *pgconn.PgConn
	closed chan struct{}
}

func newLookups(config *pgconn.Config, sql string) *lookups {
	l := &lookups{config: config, sql: sql, places: make(chan *pgconn.PgConn, agentSessions), closed: make(chan struct{})}
	for range agentSessions {
		l.places <- nil
	}
	return l
}

// ask runs the statement and returns its first row's one value, nil for NULL;
// found tells whether there is a row.
func (l *lookups) ask(ctx context.Context, arguments ...string) (value []byte, found bool, err error) {
	rows, err := l.query(ctx, l.sql, arguments...)
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	return rows[0][0], true, nil
}

// query runs any statement and returns its rows.
func (l *lookups) query(ctx context.Context, sql string, arguments ...string) (rows [][][]byte, err error) {
	var conn *pgconn.PgConn
	select {
	case conn = <-l.places:
	case <-ctx.Done():
		return nil, errAgentDatabase
	case <-l.closed:
		return nil, errAgentDatabase
	}
	defer func() { l.places <- conn }()
	used := conn != nil
	rows, err = l.run(ctx, &conn, sql, arguments)
	if err != nil && used && conn == nil && ctx.Err() == nil {
		// The server had closed the idle session.
		rows, err = l.run(ctx, &conn, sql, arguments)
	}
	return rows, err
}

// run asks over *conn, which it makes if it is nil, and sets it to nil when the
// session is of no more use.
func (l *lookups) run(ctx context.Context, conn **pgconn.PgConn, sql string, arguments []string) ([][][]byte, error) {
	if *conn == nil {
		made, err := pgconn.ConnectConfig(ctx, l.config)
		if err != nil {
			return nil, errAgentDatabase
		}
		*conn = made
	}
	parameters := make([][]byte, len(arguments))
	for i, argument := range arguments {
		parameters[i] = []byte(argument)
	}
	result := (*conn).ExecParams(ctx, sql, parameters, nil, nil, nil).Read()
	if result.Err != nil {
		l.drop(*conn)
		*conn = nil
		return nil, errAgentDatabase
	}
	return result.Rows, nil
}

func (l *lookups) drop(conn *pgconn.PgConn) {
	if conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

// close ends the sessions, waiting for those in use; nobody is answered
// afterwards.
func (l *lookups) close() {
	close(l.closed)
	for range agentSessions {
		l.drop(<-l.places)
	}
}
