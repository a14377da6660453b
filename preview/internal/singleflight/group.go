// Package singleflight lets callers that want the same answer at the same time
// share one call for it ([Group]), and remembers answers for a while ([Cache]).
//
// It differs from golang.org/x/sync/singleflight in who can end a call: a caller
// that goes away leaves the others their call, and the last one ends it.
package singleflight

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrPanicked is the error of a call whose function panicked. What it panicked
// with is withheld.
var ErrPanicked = errors.New("the shared call panicked")

// Group has the calls that are under way. The zero value has none; its methods
// may be called from many goroutines at a time. It keeps no answer and no error.
type Group[K comparable, V any] struct {
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// Detach lets a call go on when its last caller has gone, who then does not wait
	// for it. The function must end by itself. Default: the last caller ends the call.
	Detach bool

	mu      sync.Mutex
	running map[K]*call[V]
}

// Result is what a call returned.
type Result[V any] struct {
	// Value is shared, so it must not be changed.
	Value V
	// Began is when the call was made.
	Began time.Time
	// Joined reports whether another caller's call gave the answer.
	Joined bool
}

type call[V any] struct {
	began   time.Time
	cancel  context.CancelFunc
	waiting int // callers; guarded by Group.mu
	done    chan struct{}
	value   V
	err     error
}

// Do returns what f returns, which is called once for all callers that ask for
// the same key at the same time. A call that began before since is not joined.
//
// The context of f has the values of the first caller's and ends when the last
// caller has gone. A caller whose own context ends gets that context's error at
// once; the last of them waits for f to return, so that nothing goes on unseen.
func (g *Group[K, V]) Do(ctx context.Context, key K, since time.Time, f func(context.Context) (V, error)) (Result[V], error) {
	shared, joined := g.join(ctx, key, since, f)
	select {
	case <-shared.done:
	case <-ctx.Done():
		if g.leave(key, shared) {
			<-shared.done
		}
		return Result[V]{}, ctx.Err()
	}
	g.leave(key, shared)
	return Result[V]{Value: shared.value, Began: shared.began, Joined: joined}, shared.err
}

// join enters the call that is under way, or makes one.
func (g *Group[K, V]) join(ctx context.Context, key K, since time.Time, f func(context.Context) (V, error)) (_ *call[V], joined bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := g.running[key]; known != nil && !known.began.Before(since) {
		known.waiting++
		return known, true
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) //nolint:gosec // the last caller to leave calls it
	made := &call[V]{began: g.now(), cancel: cancel, waiting: 1, done: make(chan struct{})}
	if g.running == nil {
		g.running = make(map[K]*call[V])
	}
	g.running[key] = made
	go g.run(ctx, key, made, f)
	return made, false
}

func (g *Group[K, V]) run(ctx context.Context, key K, made *call[V], f func(context.Context) (V, error)) {
	made.err = ErrPanicked
	defer func() {
		_ = recover() // then the error stays as it is
		if g.Detach {
			made.cancel()
		}
		g.mu.Lock()
		g.forget(key, made)
		g.mu.Unlock()
		close(made.done)
	}()
	made.value, made.err = f(ctx)
}

// leave reports whether the caller was the last; then the call is ended.
func (g *Group[K, V]) leave(key K, shared *call[V]) (last bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if shared.waiting--; shared.waiting > 0 || g.Detach {
		return false
	}
	g.forget(key, shared)
	shared.cancel()
	return true
}

// forget ends joining. The caller holds the lock.
func (g *Group[K, V]) forget(key K, shared *call[V]) {
	if g.running[key] == shared {
		delete(g.running, key)
	}
}

func (g *Group[K, V]) now() time.Time {
	if g.Now == nil {
		return time.Now()
	}
	return g.Now()
}
