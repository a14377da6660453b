package singleflight

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// counted is an answer that says how often it was asked for.
type counted struct {
	mu    sync.Mutex
	calls int
	err   error
	takes time.Duration
}

func (c *counted) ask(ctx context.Context) (int, error) {
	c.mu.Lock()
	c.calls++
	n, err := c.calls, c.err
	c.mu.Unlock()
	select {
	case <-time.After(c.takes):
		return n, err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := NewCache[string](Options[int]{Timeout: time.Second, MaxEntries: 2})
		c := &counted{takes: time.Millisecond}
		get := func(key string, maxAge time.Duration) int {
			t.Helper()
			n, err := cache.Get(t.Context(), key, maxAge, c.ask)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		first, second := get("a", time.Minute), get("a", time.Minute)
		if first != 1 || second != 1 {
			t.Error("an answer is not remembered")
		}
		if get("a", 0) != 2 || get("a", time.Minute) != 2 {
			t.Error("an answer of now was not asked for, or not kept")
		}
		time.Sleep(time.Minute)
		if get("a", time.Minute) != 3 {
			t.Error("an old answer was used")
		}
		// Many callers, one question.
		c.takes = 500 * time.Millisecond
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				if get("b", time.Minute) != 4 {
					t.Error("a question was asked twice")
				}
			})
		}
		group.Wait()
		// A question that began too early is not joined.
		group.Go(func() { get("c", time.Minute) })
		synctest.Wait()
		time.Sleep(100 * time.Millisecond)
		if get("c", 50*time.Millisecond) != 6 {
			t.Error("a question that began too early was joined")
		}
		group.Wait()
		if get("c", time.Minute) != 6 {
			t.Error("the answer that was asked for first is kept over the later one")
		}
		// Errors are not remembered, and drop what was known.
		c.err = errors.New("gone")
		if _, err := cache.Get(t.Context(), "c", 0, c.ask); err == nil {
			t.Error("no error")
		}
		c.err = nil
		if get("c", time.Minute) != 8 {
			t.Error("an answer is used that has gone since")
		}
		// A question takes no longer than the timeout, and a caller who has gone asks none.
		c.takes = time.Hour
		start := time.Now()
		if _, err := cache.Get(t.Context(), "d", 0, c.ask); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		before := c.calls
		if _, err := cache.Get(gone, "d", 0, c.ask); !errors.Is(err, context.Canceled) || c.calls != before {
			t.Errorf("%v, %d questions", err, c.calls-before)
		}
	})
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	cache := NewCache[int](Options[string]{Timeout: time.Second, MaxEntries: 3, MaxBytes: 10, Size: func(s string) int { return len(s) }})
	put := func(key int, text string) {
		if _, err := cache.Get(t.Context(), key, time.Hour, func(context.Context) (string, error) { return text, nil }); err != nil {
			t.Fatal(err)
		}
	}
	for key := range 10 {
		put(key, "xx")
		if len(cache.kept) > 3 || cache.bytes != 2*len(cache.kept) {
			t.Fatalf("%d entries of %d bytes", len(cache.kept), cache.bytes)
		}
	}
	put(20, "yyyyyyyyy")
	put(21, "zzzzzzzzzzzzzzzz")
	if cache.bytes > 10 {
		t.Errorf("%d bytes are kept", cache.bytes)
	}
}
