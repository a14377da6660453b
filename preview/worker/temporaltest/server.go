package temporaltest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Variable is the environment variable that names the server's program.
const Variable = "OP_PREVIEW_TEST_TEMPORAL"

// ErrNotBuilt is wrapped by the error of [New] when there is no program.
var ErrNotBuilt = errors.New("Temporal's server is not built") //nolint:staticcheck // a name

// startTries bounds the tries to start: a port that was free when it was chosen
// may be taken by another process.
const startTries = 5

// Options steers [New]. The zero value is a server in memory on a free port of
// 127.0.0.1.
type Options struct {
	// Program is the server's program. Default: what OP_PREVIEW_TEST_TEMPORAL names.
	Program string
	// Namespace is made at the start. Default "default".
	Namespace string
	// File is the SQLite file of the state. Default: none, the state is in memory
	// and ends with the server.
	File string
	// TLS is a folder that [WriteCertificates] filled: every client must show a
	// certificate. Default: plaintext.
	TLS string
}

// Server is a running server.
type Server struct {
	options Options
	address string

	mu      sync.Mutex
	process *process // nil when it is stopped
}

// process is one run of the program.
type process struct {
	command *exec.Cmd
	stdin   io.Closer
	stderr  *tail
	ended   chan struct{}
}

// New starts a server, which takes about a second, and returns when its namespace
// answers. ctx bounds the start only; Close ends the server. When there is no
// program the error wraps [ErrNotBuilt] and says how to get it.
func New(ctx context.Context, o Options) (*Server, error) {
	if o.Program == "" {
		o.Program = os.Getenv(Variable)
	}
	if o.Namespace == "" {
		o.Namespace = "default"
	}
	if o.Program == "" {
		return nil, fmt.Errorf("%w: make test-worker builds it and runs these tests (%s names the program)", ErrNotBuilt, Variable)
	}
	if _, err := os.Stat(o.Program); err != nil {
		return nil, fmt.Errorf("%w: %s names a file that is not there; make temporal builds it", ErrNotBuilt, Variable)
	}
	s := &Server{options: o}
	return s, s.start(ctx, "127.0.0.1:0")
}

// Address is where clients connect, host:port. It stays the same over a restart.
func (s *Server) Address() string { return s.address }

// Namespace is the namespace that was made.
func (s *Server) Namespace() string { return s.options.Namespace }

// PID is the process id of the server, 0 while it is stopped.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return 0
	}
	return s.process.command.Process.Pid
}

// Stop ends the server in good order (SIGTERM).
func (s *Server) Stop() error { return s.end(syscall.SIGTERM) }

// Kill ends the server at once (SIGKILL), as a crash does.
func (s *Server) Kill() error { return s.end(syscall.SIGKILL) }

// Restart starts a server that Stop or Kill ended, on the same address and, where
// Options.File is set, with the same state; it returns when the namespace answers.
func (s *Server) Restart(ctx context.Context) error {
	if s.PID() != 0 {
		return errors.New("temporaltest: the server runs; Stop or Kill it first")
	}
	return s.start(ctx, s.address)
}

// Close ends the server if it runs. It may be called more than once.
func (s *Server) Close() error { return s.Stop() }

func (s *Server) end(signal syscall.Signal) error {
	s.mu.Lock()
	p := s.process
	s.process = nil
	s.mu.Unlock()
	if p == nil {
		return nil
	}
	defer p.stdin.Close() //nolint:errcheck // it only says that this side goes on
	if err := p.command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(30 * time.Second):
		_ = p.command.Process.Kill()
		<-p.ended
		return errors.New("temporaltest: the server did not end within 30 s and was killed")
	}
}

// start starts the program and waits until it is ready.
func (s *Server) start(ctx context.Context, listen string) (err error) {
	for range startTries {
		var p *process
		var address string
		if p, address, err = s.try(ctx, listen); err == nil {
			s.mu.Lock()
			s.process, s.address = p, address
			s.mu.Unlock()
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("temporaltest: the start was given up: %w", ctx.Err())
		}
	}
	return err
}

func (s *Server) try(ctx context.Context, listen string) (*process, string, error) {
	arguments := []string{"-until-eof", "-listen", listen, "-namespace", s.options.Namespace}
	if s.options.File != "" {
		arguments = append(arguments, "-file", s.options.File)
	}
	if s.options.TLS != "" {
		arguments = append(arguments, "-tls", s.options.TLS)
	}
	p := &process{command: exec.Command(s.options.Program, arguments...), stderr: &tail{}, ended: make(chan struct{})}
	p.command.Stderr = p.stderr
	// A Ctrl-C at the terminal reaches this process alone, which decides.
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := p.command.StdinPipe()
	if err != nil {
		return nil, "", err
	}
	p.stdin = stdin
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := p.command.Start(); err != nil {
		return nil, "", fmt.Errorf("temporaltest: the server does not start: %w", err)
	}
	// Without an answer reading ends when the process does.
	stop := context.AfterFunc(ctx, func() { _ = p.command.Process.Kill() })
	defer stop()
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	go func() {
		_, _ = io.Copy(io.Discard, stdout)
		_ = p.command.Wait()
		close(p.ended)
	}()
	if address, ok := strings.CutPrefix(strings.TrimSpace(line), "ready "); ok && ctx.Err() == nil {
		return p, address, nil
	}
	_ = p.command.Process.Kill()
	<-p.ended
	_ = stdin.Close()
	return nil, "", fmt.Errorf("temporaltest: the server ended before it was ready: %s", p.stderr)
}

// tail keeps the last bytes that were written to it.
type tail struct {
	mu    sync.Mutex
	bytes []byte
}

const tailBytes = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes = append(t.bytes, p...)
	if over := len(t.bytes) - tailBytes; over > 0 {
		t.bytes = append(t.bytes[:0], t.bytes[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.bytes)
}
