package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

// Options steers [New]. The zero value is a server for most tests.
type Options struct {
	// BinDir is the folder with initdb and postgres. Empty: see the package
	// comment.
	BinDir string
	// Own asks for a server that belongs to the caller alone, which may stop
	// it; OP_PREVIEW_TEST_DSN is then ignored. Any other field that is set
	// implies it.
	Own bool
	// TCP makes the server listen on a free port of 127.0.0.1 as well, with
	// passwords checked by SCRAM-SHA-256.
	TCP bool
	// Encoding is the cluster's encoding by PostgreSQL's name for it. Empty
	// means UTF8. The locale is always C, which every encoding allows.
	Encoding string
	// Settings are added to postgresql.conf.
	Settings map[string]string
}

// Server is a running PostgreSQL.
type Server struct {
	external string // the DSN of a server that is not ours
	cluster  *cluster
	once     sync.Once
	closeErr error
}

// New starts a throw-away PostgreSQL, which takes about a second, and returns
// when it answers. ctx bounds the start only; Close ends the server. When no
// PostgreSQL is installed the error wraps [ErrNotInstalled] and says what to do.
func New(ctx context.Context, o Options) (*Server, error) {
	own := o.Own || o.TCP || o.BinDir != "" || o.Encoding != "" || len(o.Settings) > 0
	if dsn := os.Getenv("OP_PREVIEW_TEST_DSN"); dsn != "" && !own {
		conn, err := pgconn.Connect(ctx, dsn)
		if err != nil {
			// The driver's own text may hold the connection string.
			return nil, errors.New("the server that OP_PREVIEW_TEST_DSN names does not answer")
		}
		return &Server{external: dsn}, conn.Close(ctx)
	}
	c, err := newCluster(ctx, o)
	if err != nil {
		return nil, err
	}
	return &Server{cluster: c}, nil
}

// DSN is the superuser's connection string, to the database postgres over the
// Unix socket; or OP_PREVIEW_TEST_DSN as it is.
func (s *Server) DSN() string {
	if s.cluster == nil {
		return s.external
	}
	return s.cluster.dsn(superuser, "postgres")
}

// DSNFor is the connection string of a user and a database over the Unix
// socket, which asks for no password. Of a server that is not ours only
// the user and the database are replaced, so the user needs no password there
// either.
func (s *Server) DSNFor(user, database string) string {
	if s.cluster == nil {
		return replaceInDSN(s.external, user, database)
	}
	return s.cluster.dsn(user, database)
}

// TCP returns host, port and the superuser's password for a connection over
// TCP. It panics unless Options.TCP was set.
func (s *Server) TCP() (host string, port int, password string) {
	if s.cluster == nil || s.cluster.tcpPort == 0 {
		panic("pgtest: the server was started without Options.TCP")
	}
	return "127.0.0.1", s.cluster.tcpPort, s.cluster.secret
}

// PID is the process id of the server's first process, or 0 when the server is
// not ours. The processes of its sessions are its children.
func (s *Server) PID() int {
	if s.cluster == nil {
		return 0
	}
	return s.cluster.pid
}

// SocketDir is the folder of the Unix socket, or empty when the server is not
// ours.
func (s *Server) SocketDir() string {
	if s.cluster == nil {
		return ""
	}
	return s.cluster.dir
}

// Stop ends the server's processes and keeps its data; Start starts them again.
func (s *Server) Stop() error {
	if s.cluster == nil {
		return errors.New("pgtest: the server is not ours to stop; ask for Options.Own")
	}
	return s.cluster.stop("stop")
}

// Start starts a server that Stop stopped, and returns when it answers.
func (s *Server) Start(ctx context.Context) error {
	if s.cluster == nil {
		return errors.New("pgtest: the server is not ours to start; ask for Options.Own")
	}
	return s.cluster.start(ctx)
}

// Close stops the server and removes its directory; of a server that is not
// ours it does nothing. It may be called more than once.
func (s *Server) Close() error {
	s.once.Do(func() {
		if s.cluster != nil {
			s.closeErr = s.cluster.close()
		}
	})
	return s.closeErr
}

// CreateDatabase makes a database with a name of its own, runs the statements
// in it and returns its name and a function that drops it.
func (s *Server) CreateDatabase(ctx context.Context, statements string) (name string, drop func() error, err error) {
	name = "pgtest_" + strings.ToLower(rand.Text())
	if err := s.exec(ctx, s.DSN(), "create database "+name+" template template0"); err != nil {
		return "", nil, err
	}
	drop = func() error {
		return s.exec(context.Background(), s.DSN(), "drop database if exists "+name+" with (force)")
	}
	if statements != "" {
		if err := s.exec(ctx, s.superuserDSN(name), statements); err != nil {
			return "", nil, errors.Join(err, drop())
		}
	}
	return name, drop, nil
}

func (s *Server) superuserDSN(database string) string {
	if s.cluster == nil {
		return replaceInDSN(s.external, "", database)
	}
	return s.cluster.dsn(superuser, database)
}

func (s *Server) exec(ctx context.Context, dsn, statements string) error {
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	_, err = conn.Exec(ctx, statements).ReadAll()
	return errors.Join(err, conn.Close(ctx))
}
