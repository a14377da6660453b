package singleflight

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// waiting is how many callers wait for a key's call.
func (g *Group[K, V]) waiting(key K) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := g.running[key]; known != nil {
		return known.waiting
	}
	return 0
}

// until waits for a condition that must come true.
func until(t *testing.T, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a minute later it has not come about")
		}
	}
}

// blocking is a function that returns a number when it may, or when it is
// cancelled.
type blocking struct {
	release chan struct{}
	calls   atomic.Int32
	ended   atomic.Int32 // calls that were cancelled
}

func newBlocking() *blocking { return &blocking{release: make(chan struct{})} }

func (b *blocking) call(ctx context.Context) (int, error) {
	number := b.calls.Add(1)
	select {
	case <-b.release:
		return int(number), nil
	case <-ctx.Done():
		b.ended.Add(1)
		return 0, errors.New("ended")
	}
}

func TestManyShareOneCall(t *testing.T) {
	t.Parallel()
	const n = 50
	var calls Group[string, int]
	f := newBlocking()
	var wait sync.WaitGroup
	var joined atomic.Int32
	for range n {
		wait.Go(func() {
			answer, err := calls.Do(t.Context(), "a", time.Time{}, f.call)
			if err != nil || answer.Value != 1 || answer.Began.IsZero() {
				t.Errorf("%+v, %v", answer, err)
			}
			if answer.Joined {
				joined.Add(1)
			}
		})
	}
	until(t, func() bool { return calls.waiting("a") == n })
	close(f.release)
	wait.Wait()
	if f.calls.Load() != 1 || joined.Load() != n-1 {
		t.Errorf("%d calls, %d joined", f.calls.Load(), joined.Load())
	}
	// Nothing is kept.
	if answer, err := calls.Do(t.Context(), "a", time.Time{}, f.call); err != nil || answer.Value != 2 || answer.Joined {
		t.Errorf("later: %+v, %v", answer, err)
	}
}

func TestKeysAreApart(t *testing.T) {
	t.Parallel()
	var calls Group[string, int]
	a, b := newBlocking(), newBlocking()
	close(b.release)
	var wait sync.WaitGroup
	wait.Go(func() {
		if answer, err := calls.Do(t.Context(), "a", time.Time{}, a.call); err != nil || answer.Joined {
			t.Errorf("%+v, %v", answer, err)
		}
	})
	until(t, func() bool { return calls.waiting("a") == 1 })
	if answer, err := calls.Do(t.Context(), "b", time.Time{}, b.call); err != nil || answer.Joined {
		t.Errorf("%+v, %v", answer, err)
	}
	close(a.release)
	wait.Wait()
}

// TestLastCallerEndsTheCall: the first caller and others go away; who stays gets the
// answer. When all have gone the call is ended, and no later caller gets it.
func TestLastCallerEndsTheCall(t *testing.T) {
	t.Parallel()
	var calls Group[string, int]
	f := newBlocking()
	var wait sync.WaitGroup
	first, goAway := context.WithCancel(t.Context())
	wait.Go(func() {
		if _, err := calls.Do(first, "a", time.Time{}, f.call); !errors.Is(err, context.Canceled) {
			t.Errorf("the first: %v", err)
		}
	})
	until(t, func() bool { return calls.waiting("a") == 1 })
	second, goAwayToo := context.WithCancel(t.Context())
	wait.Go(func() {
		if _, err := calls.Do(second, "a", time.Time{}, f.call); !errors.Is(err, context.Canceled) {
			t.Errorf("the second: %v", err)
		}
	})
	until(t, func() bool { return calls.waiting("a") == 2 })
	goAway()
	until(t, func() bool { return calls.waiting("a") == 1 })
	if f.ended.Load() != 0 {
		t.Error("the first caller ended the call of the second")
	}
	goAwayToo()
	wait.Wait()
	if f.ended.Load() != 1 {
		t.Error("the last caller has returned and the call goes on")
	}
	close(f.release)
	if answer, err := calls.Do(t.Context(), "a", time.Time{}, f.call); err != nil || answer.Value != 2 {
		t.Errorf("afterwards: %+v, %v", answer, err)
	}
}

func TestRemainingCallersGetTheAnswer(t *testing.T) {
	t.Parallel()
	var calls Group[string, int]
	f := newBlocking()
	var wait sync.WaitGroup
	first, goAway := context.WithCancel(t.Context())
	wait.Go(func() {
		if _, err := calls.Do(first, "a", time.Time{}, f.call); !errors.Is(err, context.Canceled) {
			t.Errorf("the first: %v", err)
		}
	})
	until(t, func() bool { return calls.waiting("a") == 1 })
	wait.Go(func() {
		if answer, err := calls.Do(t.Context(), "a", time.Time{}, f.call); err != nil || answer.Value != 1 || !answer.Joined {
			t.Errorf("the second: %+v, %v", answer, err)
		}
	})
	until(t, func() bool { return calls.waiting("a") == 2 })
	goAway()
	until(t, func() bool { return calls.waiting("a") == 1 })
	close(f.release)
	wait.Wait()
}

// TestAnOldCallIsNotJoined: who needs an answer of now does not get one to a
// question that was asked before.
func TestAnOldCallIsNotJoined(t *testing.T) {
	t.Parallel()
	var calls Group[string, int]
	old, recent := newBlocking(), newBlocking()
	close(recent.release)
	var wait sync.WaitGroup
	wait.Go(func() {
		if answer, err := calls.Do(t.Context(), "a", time.Time{}, old.call); err != nil || answer.Value != 1 {
			t.Errorf("%+v, %v", answer, err)
		}
	})
	until(t, func() bool { return calls.waiting("a") == 1 })
	if answer, err := calls.Do(t.Context(), "a", time.Now().Add(time.Nanosecond), recent.call); err != nil || answer.Joined {
		t.Errorf("%+v, %v", answer, err)
	}
	close(old.release)
	wait.Wait()
	if old.calls.Load() != 1 || recent.calls.Load() != 1 {
		t.Errorf("%d and %d calls", old.calls.Load(), recent.calls.Load())
	}
}

func TestErrorsAndPanicsAreNotKept(t *testing.T) {
	t.Parallel()
	var calls Group[string, int]
	broken := errors.New("broken")
	for _, test := range []struct {
		f    func(context.Context) (int, error)
		want error
	}{
		{func(context.Context) (int, error) { return 0, broken }, broken},
		{func(context.Context) (int, error) { panic("secret") }, ErrPanicked},
		{func(context.Context) (int, error) { return 7, nil }, nil},
	} {
		if _, err := calls.Do(t.Context(), "a", time.Time{}, test.f); !errors.Is(err, test.want) {
			t.Errorf("%v, want %v", err, test.want)
		}
	}
}
