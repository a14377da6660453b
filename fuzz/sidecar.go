package fuzz

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/op-data/sqlpreview/fuzz/gateway"
)

// sidecar is a sidecar's process of our own, all of whose words are kept.
type sidecar struct {
	cmd    *exec.Cmd
	client *gateway.Sidecar
	folder string
	words  words
	ended  chan error
}

// words collects what a process says.
type words struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (w *words) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

// take returns what was said since the last time.
func (w *words) take() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.text.Reset()
	return w.text.String()
}

// starting is how long a sidecar may take to answer first.
const starting = 30 * time.Second

// startSidecar runs `binary serve` on a socket of its own, with the connection
// string in the environment, and waits until it answers.
func startSidecar(ctx context.Context, binary, dsn string, limit time.Duration) (_ *sidecar, err error) {
	folder, err := os.MkdirTemp("/tmp", "fuzz") // a socket's path must be short
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(folder, "s.sock")
	s := &sidecar{folder: folder, ended: make(chan error, 1)}
	s.cmd = exec.Command(binary, "serve", "--listen", "unix:"+socket)
	s.cmd.Env = append(os.Environ(), "OP_PREVIEW_DSN="+dsn)
	s.cmd.Stdout, s.cmd.Stderr = &s.words, &s.words
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the sidecar: %w", err), os.RemoveAll(folder))
	}
	go func() { s.ended <- s.cmd.Wait() }()
	s.client = gateway.NewSidecar("unix:"+socket, "", limit)
	for begin := time.Now(); ; {
		_, err := s.client.Query(ctx, "select 1")
		if err == nil || gateway.AsRefusal(err) != nil {
			return s, nil //nolint:nilerr // a refusal is an answer
		}
		select {
		case err := <-s.ended:
			s.ended <- err
			return nil, errors.Join(fmt.Errorf("the sidecar ended: %w: %s", err, s.words.take()), s.close())
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), s.close())
		case <-time.After(between):
		}
		if time.Since(begin) > starting {
			return nil, errors.Join(fmt.Errorf("the sidecar does not answer: %w", err), s.close())
		}
	}
}

// close asks the sidecar to end, waits, and removes its folder.
func (s *sidecar) close() error {
	s.client.Close()
	_ = s.cmd.Process.Signal(os.Interrupt) // it may have ended
	var err error
	select {
	case <-s.ended: //nolint:errcheck // it was asked to end
	case <-time.After(starting):
		err = errors.Join(errors.New("the sidecar did not end when it was asked to"), s.cmd.Process.Kill())
		<-s.ended //nolint:errcheck // it was killed
	}
	return errors.Join(err, os.RemoveAll(s.folder))
}

// checkLog looks for secrets in what our sidecar has said, and whether it lives.
func (e *env) checkLog(o *outcome) {
	if e.sidecar == nil {
		return
	}
	said := e.sidecar.words.take()
	for _, secret := range e.fixture.Secrets {
		// What a cell may hold, a log may not.
		if at := strings.Index(said, secret.Text); at >= 0 {
			line := said[strings.LastIndexByte(said[:at], '\n')+1:]
			line, _, _ = strings.Cut(line, "\n")
			o.violate(noLeak, "log "+secret.Name, fmt.Sprintf("the sidecar's log has the planted secret: %.300s", line))
		}
	}
	select {
	case err := <-e.sidecar.ended:
		e.sidecar.ended <- err
		o.violate(liveness, "sidecar ended", fmt.Sprintf("the sidecar's process ended: %v: %.500s", err, said))
	default:
	}
}
