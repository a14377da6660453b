// Package share lets callers that want the same answer at the same time share
// one call for it.
//
// It differs from golang.org/x/sync/singleflight in who can end a call: a caller
// that goes away leaves the others their call, and the last one ends it. Nothing
// is kept: not an answer, and not an error.
package share

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrPanicked is the error of a call whose function panicked. What it panicked
// with is withheld.
var ErrPanicked = errors.New("the shared call panicked")

// Calls are the calls that are under way. The zero value has none; its methods
// may be called from many goroutines at a time.
type Calls[V any] struct {
	mu      sync.Mutex
	running map[string]*call[V]
}

// Answer is what a call returned.
type Answer[V any] struct {
	// Value is shared: nobody may change it.
	Value V
	// Began is when the call was made.
	Began time.Time
	// Joined tells that another caller's call gave the answer.
	Joined bool
}

type call[V any] struct {
	began   time.Time
	cancel  context.CancelFunc
	waiting int // callers; guarded by Calls.mu
	done    chan struct{}
	value   V
	err     error
}

// Do returns what f returns, which is called once for all callers that ask for
// the same key at the same time. A call that began before since is not joined.
//
// The context of f has the values of the first caller's and ends when the last
// caller has gone. A caller whose own context ends gets that context's error at
// once; the last of them waits for f to return, so that nothing goes on behind
// its back.
func (c *Calls[V]) Do(ctx context.Context, key string, since time.Time, f func(context.Context) (V, error)) (Answer[V], error) {
	shared, joined := c.join(ctx, key, since, f)
	select {
	case <-shared.done:
	case <-ctx.Done():
		if c.leave(key, shared) {
			<-shared.done
		}
		return Answer[V]{}, ctx.Err()
	}
	c.leave(key, shared)
	return Answer[V]{Value: shared.value, Began: shared.began, Joined: joined}, shared.err
}

// join enters the call that is under way, or makes one.
func (c *Calls[V]) join(ctx context.Context, key string, since time.Time, f func(context.Context) (V, error)) (_ *call[V], joined bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.running[key]; known != nil && !known.began.Before(since) {
		known.waiting++
		return known, true
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) //nolint:gosec // the last caller to leave calls it
	made := &call[V]{began: time.Now(), cancel: cancel, waiting: 1, done: make(chan struct{})}
	if c.running == nil {
		c.running = make(map[string]*call[V])
	}
	c.running[key] = made
	go c.run(ctx, key, made, f)
	return made, false
}

func (c *Calls[V]) run(ctx context.Context, key string, made *call[V], f func(context.Context) (V, error)) {
	made.err = ErrPanicked
	defer func() {
		_ = recover() // then the error stays as it is
		c.mu.Lock()
		c.forget(key, made)
		c.mu.Unlock()
		close(made.done)
	}()
	made.value, made.err = f(ctx)
}

// leave tells whether the caller was the last; then the call is ended.
func (c *Calls[V]) leave(key string, shared *call[V]) (last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if shared.waiting--; shared.waiting > 0 {
		return false
	}
	c.forget(key, shared)
	shared.cancel()
	return true
}

// forget lets nobody join any more. The caller holds the lock.
func (c *Calls[V]) forget(key string, shared *call[V]) {
	if c.running[key] == shared {
		delete(c.running, key)
	}
}
