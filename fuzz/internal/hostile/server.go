package hostile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Server is a listening server.
type Server struct {
	listener  net.Listener
	behaviour Behaviour
	upstream  *pgconn.Config
	cancel    context.CancelFunc
	work      sync.WaitGroup
	mu        sync.Mutex
	open      map[net.Conn]bool
}

// ioTimeout is how long the server waits for a client to read or write.
const ioTimeout = 30 * time.Second

// Start listens on a free port of loopback. upstream is the connection string
// of the real server; a client must use its user and database.
func Start(b Behaviour, upstream string) (*Server, error) {
	config, err := pgconn.ParseConfig(upstream)
	if err != nil {
		return nil, errors.New("hostile: the connection string is not valid")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("hostile: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{listener: listener, behaviour: b, upstream: config, cancel: cancel, open: map[net.Conn]bool{}}
	s.work.Add(1)
	go s.accept(ctx)
	return s, nil
}

// DSN is a connection string to the server.
func (s *Server) DSN(password string) string {
	addr := s.listener.Addr().(*net.TCPAddr) // a TCP listener's address is a TCP address
	return fmt.Sprintf("host=127.0.0.1 port=%d user=%s dbname=%s sslmode=disable password=%s", addr.Port, s.upstream.User, s.upstream.Database, password)
}

// Close ends the server and every connection, and waits until all is done.
func (s *Server) Close() {
	s.cancel()
	_ = s.listener.Close()
	s.mu.Lock()
	for conn := range s.open {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.work.Wait()
}

func (s *Server) accept(ctx context.Context) {
	defer s.work.Done()
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.open[conn] = true
		s.mu.Unlock()
		s.work.Add(1)
		go func() {
			defer s.work.Done()
			_ = conn.SetDeadline(time.Now().Add(ioTimeout))
			s.treat(ctx, conn)
			_ = conn.Close()
			s.mu.Lock()
			delete(s.open, conn)
			s.mu.Unlock()
		}()
	}
}

// treat deals with one connection.
func (s *Server) treat(ctx context.Context, conn net.Conn) {
	p := &peer{ctx: ctx, conn: conn}
	if s.behaviour.greet != nil {
		if s.behaviour.greet(p) {
			_, _ = io.Copy(io.Discard, conn) // until the client goes away
		}
		return
	}
	network, address := pgconn.NetworkAddress(s.upstream.Host, s.upstream.Port)
	real, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return
	}
	_ = real.SetDeadline(time.Now().Add(ioTimeout))
	r := &relay{peer: p, real: real, behaviour: s.behaviour}
	r.run()
}
