package server

import (
	"context"
	"errors"
	"testing"
)

// TestCallersShare: how many permits each of several greedy callers gets, and that
// there is always one for a caller who has none.
func TestCallersShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		permits int
		callers []string
		want    map[string]int
	}{
		{256, []string{"a"}, map[string]int{"a": 128}},
		{256, []string{"a", "b"}, map[string]int{"a": 86, "b": 85}},
		{256, []string{"a", "b", "c"}, map[string]int{"a": 64, "b": 64, "c": 64}},
		{1, []string{"a", "b"}, map[string]int{"a": 1}},
		{2, []string{"a", "b"}, map[string]int{"a": 1, "b": 1}},
	} {
		l := newCallerLimiter(c.permits)
		got := map[string]int{}
		for range c.permits {
			for _, caller := range c.callers {
				if _, ok := l.tryAcquire(caller); ok {
					got[caller]++
				}
			}
		}
		for _, caller := range c.callers {
			if got[caller] != c.want[caller] {
				t.Errorf("%d permits, %d callers: got %v, want %v", c.permits, len(c.callers), got, c.want)
			}
		}
		if _, ok := l.tryAcquire("another"); !ok && c.permits > 2 {
			t.Errorf("%d permits, %d callers: none is left for one more", c.permits, len(c.callers))
		}
	}
}

func TestPermitsComeBack(t *testing.T) {
	t.Parallel()
	l := newCallerLimiter(4)
	var releases []func()
	for {
		release, ok := l.tryAcquire("a")
		if !ok {
			break
		}
		releases = append(releases, release)
	}
	gone, cancel := context.WithCancelCause(t.Context())
	left := errors.New("left")
	cancel(left)
	if _, err := l.acquire(gone, "a"); !errors.Is(err, left) {
		t.Errorf("one who left waits on: %v", err)
	}
	granted := make(chan func())
	go func() {
		release, err := l.acquire(context.Background(), "a")
		if err != nil {
			t.Error(err)
		}
		granted <- release
	}()
	for waiting := 0; waiting == 0; {
		l.mu.Lock()
		waiting = l.waiting.Len()
		l.mu.Unlock()
	}
	releases[0]()
	releases[0] = <-granted
	for _, release := range releases {
		release()
	}
	if l.held != 0 || len(l.by) != 0 || l.waiting.Len() != 0 {
		t.Errorf("held %d, by %v, waiting %d", l.held, l.by, l.waiting.Len())
	}
}

func TestPermitsOfAKey(t *testing.T) {
	t.Parallel()
	l := newKeyedLimiter(4)
	first, ok := l.tryAcquire("shop", "a")
	second, ok2 := l.tryAcquire("shop", "a")
	_, third := l.tryAcquire("shop", "a")
	other, ok3 := l.tryAcquire("shop", "b")
	elsewhere, ok4 := l.tryAcquire("crm", "a")
	if !ok || !ok2 || third || !ok3 || !ok4 {
		t.Fatalf("got %v %v %v %v %v", ok, ok2, third, ok3, ok4)
	}
	for _, release := range []func(){first, second, other, elsewhere} {
		release()
	}
	if len(l.keys) != 0 {
		t.Errorf("%d keys are kept", len(l.keys))
	}
}
