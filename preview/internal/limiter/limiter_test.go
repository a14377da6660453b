package limiter_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/limiter"
)

const noLimit = -1

func TestAcquire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter.New(1, limiter.Queue(1))
		held, err := l.Acquire(t.Context(), 0)
		if err != nil || l.InUse() != 1 || l.Max() != 1 {
			t.Fatalf("%v, %d of %d in use", err, l.InUse(), l.Max())
		}
		if l.TryAcquire() != nil {
			t.Fatal("two permits of one are out")
		}
		start := time.Now()
		if _, err := l.Acquire(t.Context(), time.Minute); !errors.Is(err, limiter.ErrTimeout) || time.Since(start) != time.Minute {
			t.Errorf("%v after %v, want a timeout after a minute", err, time.Since(start))
		}
		second := make(chan *limiter.Permit)
		go func() {
			p, err := l.Acquire(t.Context(), noLimit)
			if err != nil {
				t.Error(err)
			}
			second <- p
		}()
		synctest.Wait()
		if l.Waiting() != 1 {
			t.Errorf("%d wait, want 1", l.Waiting())
		}
		if _, err := l.Acquire(t.Context(), noLimit); !errors.Is(err, limiter.ErrQueueFull) {
			t.Errorf("one more than may wait: %v", err)
		}
		held.Release()
		held.Release() // once only
		p := <-second
		if l.InUse() != 1 || l.Waiting() != 0 || l.TryAcquire() != nil {
			t.Errorf("%d in use, %d wait", l.InUse(), l.Waiting())
		}
		p.Release()
		(*limiter.Permit)(nil).Release()
		if l.InUse() != 0 {
			t.Errorf("%d in use at the end", l.InUse())
		}
	})
}

// TestContextEnds: the context's error is told apart from the limiter's own, and a
// caller that gave up leaves nothing behind.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter.New(1)
		held := l.TryAcquire()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.Acquire(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("at the context's deadline: %v", err)
		}
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := l.Acquire(ctx, noLimit); !errors.Is(err, context.Canceled) {
			t.Errorf("after a cancel: %v", err)
		}
		held.Release()
		if p, err := l.Acquire(ctx, 0); err != nil { // free: given whatever the context is
			t.Error(err)
		} else {
			p.Release()
		}
	})
}

// TestOrder: callers are served in the order in which they asked.
func TestOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter.New(1)
		held := l.TryAcquire()
		var order []int
		for i := range 5 {
			go func() {
				p, err := l.Acquire(t.Context(), noLimit)
				if err != nil {
					t.Error(err)
					return
				}
				order = append(order, i)
				p.Release()
			}()
			synctest.Wait()
		}
		held.Release()
		synctest.Wait()
		for i, got := range order {
			if got != i {
				t.Fatalf("served in the order %v", order)
			}
		}
		if len(order) != 5 {
			t.Fatalf("served %v", order)
		}
	})
}

func TestLeases(t *testing.T) {
	t.Parallel()
	l := limiter.New(2)
	limiter.Lease(t.Context(), l.TryAcquire())
	if l.InUse() != 0 {
		t.Error("a context without leases kept a permit")
	}
	ctx, release := limiter.WithLeases(t.Context())
	limiter.Lease(ctx, l.TryAcquire())
	limiter.Lease(context.WithoutCancel(ctx), l.TryAcquire())
	if l.InUse() != 2 {
		t.Errorf("%d leases, want 2", l.InUse())
	}
	release()
	release()
	limiter.Lease(ctx, l.TryAcquire())
	if l.InUse() != 0 {
		t.Errorf("%d in use after the leases ended", l.InUse())
	}
}

// TestRace: never more than max at a time, and all permits are back at the end.
func TestRace(t *testing.T) {
	t.Parallel()
	l := limiter.New(3)
	var inside, most atomic.Int64
	var group sync.WaitGroup
	for range 200 {
		group.Go(func() {
			p, err := l.Acquire(t.Context(), noLimit)
			if err != nil {
				t.Error(err)
				return
			}
			n := inside.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			inside.Add(-1)
			p.Release()
		})
	}
	group.Wait()
	if most.Load() > 3 || l.InUse() != 0 || l.Waiting() != 0 {
		t.Errorf("%d at a time; %d in use, %d waiting at the end", most.Load(), l.InUse(), l.Waiting())
	}
}

// TestBySize: with every permit for large work out, small work gets one.
func TestBySize(t *testing.T) {
	t.Parallel()
	b := limiter.NewBySize(2, 10, limiter.Queue(0))
	for range 2 {
		if _, err := b.Acquire(t.Context(), 11, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Acquire(t.Context(), 11, 0); !errors.Is(err, limiter.ErrQueueFull) {
		t.Errorf("a third large permit of two: %v", err)
	}
	if _, err := b.Acquire(t.Context(), 10, 0); err != nil {
		t.Errorf("small work: %v", err)
	}
}
