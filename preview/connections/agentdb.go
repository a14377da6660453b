package connections

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
)

// errAgentDatabase stands for every failure of the agent's database: the
// driver's own text may name the user and the host.
var errAgentDatabase = errors.New("connections: the agent's database cannot be asked")

// agentSlots is how many sessions the agent's database may have.
const agentSlots = 4

// agentDB is the agent's database. It needs a few sessions and no types, so it is
// built on pgconn and puddle alone, without the rest of the driver.
type agentDB struct {
	slots *puddle.Pool[*agentSession]
}

// agentSession is one session with the agent's database.
type agentSession struct {
	conn *pgconn.PgConn
	used bool // it has answered before
}

func newAgentDB(config *pgconn.Config) *agentDB {
	slots, err := puddle.NewPool(&puddle.Config[*agentSession]{
		MaxSize: agentSlots,
		Constructor: func(ctx context.Context) (*agentSession, error) {
			// ctx is the pool's. The caller's may end while others wait for the session.
			ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
			defer cancel()
			conn, err := pgconn.ConnectConfig(ctx, config)
			return &agentSession{conn: conn}, err
		},
		Destructor: func(s *agentSession) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_ = s.conn.Close(ctx) // it ends anyway
		},
	})
	if err != nil {
		panic(err) // MaxSize is not positive
	}
	return &agentDB{slots: slots}
}

// query runs a statement and returns its rows. A value is nil for NULL.
func (db *agentDB) query(ctx context.Context, sql string, arguments ...string) ([][][]byte, error) {
	parameters := make([][]byte, len(arguments))
	for i, argument := range arguments {
		parameters[i] = []byte(argument)
	}
	for {
		slot, err := db.slots.Acquire(ctx)
		if err != nil {
			return nil, errAgentDatabase
		}
		session := slot.Value()
		result := session.conn.ExecParams(ctx, sql, parameters, nil, nil, nil).Read()
		if !session.conn.IsClosed() {
			session.used = true
			slot.Release()
			if result.Err != nil {
				return nil, errAgentDatabase
			}
			return result.Rows, nil
		}
		stale := session.used && ctx.Err() == nil
		slot.Destroy()
		if !stale {
			return nil, errAgentDatabase
		}
		// The server had closed the session while it was idle. The others may be closed
		// too; each is tried at most once.
	}
}

// close closes the sessions and waits for those in use. No query is answered
// afterwards.
func (db *agentDB) close() { db.slots.Close() }
