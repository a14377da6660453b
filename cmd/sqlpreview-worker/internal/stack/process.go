package stack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Process is a program that runs beside this one and never outlives it: however
// this process ends, a small shell that reads from it then kills the program.
type Process struct {
	command *exec.Cmd
	watcher *exec.Cmd
	pipe    io.Closer
	output  *buffer
	ended   chan struct{}
	err     error // what Wait said; read after ended
	release sync.Once
}

// endTimeout is what a program gets to end in good order: longer than the
// sidecar's and the worker's own drain.
const endTimeout = 40 * time.Second

// start starts a program with this environment and nothing of the caller's own but
// PATH and TMPDIR.
func start(program string, arguments, environment []string) (*Process, error) {
	p := &Process{command: exec.Command(program, arguments...), output: &buffer{}, ended: make(chan struct{})}
	p.command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir(), "HOME=" + os.TempDir()}, environment...)
	p.command.Stdout, p.command.Stderr = p.output, p.output
	// A Ctrl-C at the terminal reaches this process alone, which decides.
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("stack: %s does not start: %w", program, err)
	}
	go func() {
		p.err = p.command.Wait()
		close(p.ended)
	}()
	p.watcher = exec.Command("/bin/sh", "-c", `read -r line; kill -KILL "$1"`, "sh", strconv.Itoa(p.PID()))
	p.watcher.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := p.watcher.StdinPipe()
	if err == nil {
		p.pipe = pipe
		err = p.watcher.Start()
	}
	if err != nil {
		_ = p.command.Process.Kill()
		<-p.ended
		return nil, err
	}
	return p, nil
}

// PID is the process id of the program.
func (p *Process) PID() int { return p.command.Process.Pid }

// Output is all that the program wrote to standard output and error so far.
func (p *Process) Output() string { return p.output.String() }

// Ended is closed when the program has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Signal sends a signal; a program that has ended gets none.
func (p *Process) Signal(signal syscall.Signal) {
	_ = p.command.Process.Signal(signal)
}

// Kill ends the program at once, as a crash does.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	_ = p.Wait()
}

// Stop ends the program in good order with SIGTERM, and says how it ended: nil is
// exit status 0.
func (p *Process) Stop() error {
	p.Signal(syscall.SIGTERM)
	return p.Wait()
}

// Wait waits for the program's end, which something else brings about, and says how
// it ended: nil is exit status 0. One that goes on is killed after 40 s.
func (p *Process) Wait() error {
	var late error
	select {
	case <-p.ended:
	case <-time.After(endTimeout):
		late = fmt.Errorf("stack: %s did not end within %v and was killed", p.command.Path, endTimeout)
		_ = p.command.Process.Kill()
		<-p.ended
	}
	p.release.Do(func() {
		// First the watcher: the id of a program that has ended may become another's.
		_ = p.watcher.Process.Kill()
		_ = p.watcher.Wait()
		_ = p.pipe.Close()
	})
	return errors.Join(late, p.err)
}

// buffer is written by a process and read by others.
type buffer struct {
	mu    sync.Mutex
	bytes bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes.String()
}
