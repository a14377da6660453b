package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// consoleProcess is a running "sqlpreview console" with what it prints.
type consoleProcess struct {
	*exec.Cmd
	stdin  io.WriteCloser
	lines  *bufio.Reader
	stderr lockedBuffer
}

// startConsole runs the command as a process of its own.
func startConsole(t *testing.T, dsn string, arguments ...string) *consoleProcess {
	t.Helper()
	p := &consoleProcess{Cmd: exec.Command("sqlpreview", append([]string{"console"}, arguments...)...)}
	p.Env = append(os.Environ(), "OP_PREVIEW_DSN="+dsn)
	stdout, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.stdin, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	p.Stderr, p.lines = &p.stderr, bufio.NewReader(stdout)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() }) // no effect on one that has ended
	return p
}

// link is the next link that is printed, in its parts.
func (p *consoleProcess) link(t *testing.T) (base, token string) {
	t.Helper()
	line, err := p.lines.ReadString('\n')
	parts := regexp.MustCompile(`^(http://127\.0\.0\.1:\d+)/#([A-Za-z0-9_-]{43})\n$`).FindStringSubmatch(line)
	if err != nil || parts == nil {
		t.Fatalf("it prints %q, %v: %s", line, err, p.stderr.String())
	}
	return parts[1], parts[2]
}

// enter presses Enter.
func (p *consoleProcess) enter(t *testing.T) {
	t.Helper()
	if _, err := io.WriteString(p.stdin, "\n"); err != nil {
		t.Fatal(err)
	}
}

// stop sends a signal and expects an end in good order.
func (p *consoleProcess) stop(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := p.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(p.lines)
	if err := p.Wait(); err != nil || len(rest) > 0 {
		t.Errorf("it ended with %v and %q: %s", err, rest, p.stderr.String())
	}
}

// ask posts JSON, as the page does.
func ask(ctx context.Context, address, bearer, body string) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}

// mustAsk is ask for an answer of the status.
func mustAsk(t *testing.T, status int, address, bearer, body string) string {
	t.Helper()
	got, answer, err := ask(t.Context(), address, bearer, body)
	if err != nil || got != status {
		t.Fatalf("%s: %d %s %v, want %d", address, got, answer, err, status)
	}
	return answer
}

// exchange opens a session with the token of a link.
func exchange(t *testing.T, base, token string) string {
	t.Helper()
	var session struct{ Token string }
	if err := json.Unmarshal([]byte(mustAsk(t, 200, base+"/console/session", "", `{"token":"`+token+`"}`)), &session); err != nil {
		t.Fatal(err)
	}
	return session.Token
}
