package readiness

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock stands still until a test moves it on.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

// TestFollowsTheAuditLog: a sidecar that cannot write its audit log answers nothing,
// so it is not ready; after a while it tries again, and at once after a written line.
func TestFollowsTheAuditLog(t *testing.T) {
	var c clock
	r := New(Options{Now: c.now, Probe: func(context.Context) error { return nil }})
	for _, step := range []struct {
		name  string
		do    func()
		ready bool
	}{
		{"at the start", func() {}, true},
		{"not written", func() { r.SetAuditWritten(false) }, false},
		{"a little later", func() { c.Time = c.Add(auditRetryAge - 1) }, false},
		{"to be tried again", func() { c.Time = c.Add(1) }, true},
		{"not written again", func() { r.SetAuditWritten(false) }, false},
		{"written", func() { r.SetAuditWritten(true) }, true},
	} {
		step.do()
		err := r.Check(t.Context())
		if (err == nil) != step.ready || err != nil && !strings.Contains(err.Error(), "the egress record") {
			t.Errorf("%s: got %v", step.name, err)
		}
	}
}

// TestRemembersAnswers: success is remembered longer than failure, and a stop for good.
func TestRemembersAnswers(t *testing.T) {
	for _, ages := range []struct{ ready, unready time.Duration }{{0, 0}, {3 * time.Second, 2 * time.Second}} {
		var c clock
		asked := 0
		var answer error
		r := New(Options{Now: c.now, ReadyAge: ages.ready, UnreadyAge: ages.unready, Probe: func(context.Context) error { asked++; return answer }})
		readyAge, unreadyAge := r.options.ReadyAge, r.options.UnreadyAge
		for _, step := range []struct {
			name  string
			after time.Duration
			next  error
			ready bool
			asked int
		}{
			{"first", 0, nil, true, 1},
			{"ready is remembered", readyAge - 1, errors.New("down"), true, 1},
			{"asked again", 1, errors.New("down"), false, 2},
			{"not ready is remembered", unreadyAge - 1, nil, false, 2},
			{"asked again, and ready", 1, nil, true, 3},
		} {
			c.Time, answer = c.Add(step.after), step.next
			if err := r.Check(t.Context()); (err == nil) != step.ready || asked != step.asked {
				t.Errorf("%s: got %v after %d questions", step.name, err, asked)
			}
		}
		r.Drain()
		if err := r.Check(t.Context()); err == nil || err.Error() != "not ready: stopping" {
			t.Errorf("while stopping: %v", err)
		}
	}
}

// TestChangesAreLogged: becoming unready and ready again is a line each, and
// nothing between.
func TestChangesAreLogged(t *testing.T) {
	var out bytes.Buffer
	var c clock
	var answer error
	r := New(Options{Now: c.now, Log: slog.New(slog.NewTextHandler(&out, nil)), Probe: func(context.Context) error { return answer }})
	down := &Error{Message: "DATABASE_UNAVAILABLE", Detail: "nothing listens"}
	for i, next := range []error{nil, nil, down, down, nil, nil, down} {
		answer = next
		c.Time = c.Add(time.Hour)
		if err := r.Check(t.Context()); err != next { //nolint:errorlint // the same value
			t.Errorf("step %d: got %v", i, err)
		}
	}
	got := out.String()
	if strings.Count(got, "\n") != 3 || strings.Count(got, `level=WARN msg="not ready" reason=DATABASE_UNAVAILABLE why="nothing listens"`) != 2 ||
		strings.Count(got, `level=INFO msg="ready again"`) != 1 {
		t.Errorf("the log says\n%s", got)
	}
}

// TestCallerThatGivesUp: its context's error is no answer, so it is not logged.
func TestCallerThatGivesUp(t *testing.T) {
	var out bytes.Buffer
	r := New(Options{Log: slog.New(slog.NewTextHandler(&out, nil)), Probe: func(context.Context) error { return nil }})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Check(gone); !errors.Is(err, context.Canceled) || out.Len() != 0 {
		t.Errorf("got %v, logged %q", err, out.String())
	}
}
