package singleflight

import (
	"context"
	"errors"
	"slices"
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

func TestCacheRemembersErrors(t *testing.T) {
	for _, test := range []struct {
		name    string
		options Options[int]
		// The answers to a question that succeeds at 0 s, fails at 10 s, is repeated at
		// 12 s and asked again at 13 s, when it succeeds.
		want []int // 0 for the error
		// The answer of Peek after the failure, 0 for none.
		peek int
	}{
		{"not at all", Options[int]{}, []int{1, 0, 3, 3}, 0},
		{"for three seconds", Options[int]{ErrorAge: 3 * time.Second}, []int{1, 0, 0, 3}, 0},
		{"beside the answer", Options[int]{ErrorAge: 3 * time.Second, KeepOnError: true}, []int{1, 0, 0, 3}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test.options.Timeout, test.options.MaxEntries = time.Second, 2
				cache := NewCache[string](test.options)
				var c counted
				get := func(after time.Duration, err error) int {
					time.Sleep(after)
					c.err = err
					n, got := cache.Get(t.Context(), "a", 5*time.Second, c.ask)
					if got != nil {
						n = 0
					}
					return n
				}
				answers := []int{get(0, nil), get(10*time.Second, errors.New("gone"))}
				if n, age, ok := cache.Peek("a"); ok != (test.peek != 0) || n != test.peek || ok && age != 10*time.Second {
					t.Errorf("Peek returns %d, %v, %v", n, age, ok)
				}
				answers = append(answers, get(2*time.Second, nil), get(time.Second, nil))
				if !slices.Equal(answers, test.want) {
					t.Errorf("got %v, want %v", answers, test.want)
				}
				// A caller that wants an answer of now does not get an old error.
				c.err = errors.New("gone")
				if _, err := cache.Get(t.Context(), "a", 0, c.ask); err == nil {
					t.Error("no error")
				}
				c.err = nil
				if _, err := cache.Get(t.Context(), "a", 0, c.ask); err != nil {
					t.Errorf("an old error answers a caller that wants an answer of now: %v", err)
				}
				for _, key := range []string{"b", "c", "d", "e"} {
					_, _ = cache.Get(t.Context(), key, 0, func(context.Context) (int, error) { return 0, errors.New("gone") })
				}
				if len(cache.failed) > 2 {
					t.Errorf("%d errors are kept", len(cache.failed))
				}
			})
		})
	}
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
