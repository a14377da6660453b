package hostile

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

// Server is a listening server.
type Server struct {
	listener  net.Listener
	behaviour Behaviour
	cancel    context.CancelFunc
	work      sync.WaitGroup
	mu        sync.Mutex
	open      map[net.Conn]bool
}

// patience is how long the server waits for a client to read or write.
const patience = 30 * time.Second

// Start listens on a free port of loopback.
func Start(b Behaviour) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("hostile: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{listener: listener, behaviour: b, cancel: cancel, open: map[net.Conn]bool{}}
	s.work.Add(1)
	go s.accept(ctx)
	return s, nil
}

// DSN is a connection string to the server.
func (s *Server) DSN(password string) string {
	addr := s.listener.Addr().(*net.TCPAddr) //nolint:errcheck // a TCP listener's address is a TCP address
	return fmt.Sprintf("host=127.0.0.1 port=%d user=u dbname=d sslmode=disable password=%s", addr.Port, password)
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
			_ = conn.SetDeadline(time.Now().Add(patience))
			p := newPeer(ctx, conn)
			if p.greet(s.behaviour) {
				p.serve(s.behaviour)
			}
			_ = conn.Close()
			s.mu.Lock()
			delete(s.open, conn)
			s.mu.Unlock()
		}()
	}
}
