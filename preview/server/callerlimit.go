package server

import (
	"container/list"
	"context"
	"sync"
)

// callerLimiter bounds how many permits are held at a time, in all and by one
// caller: a caller gets one more only while it holds fewer than are free. So one
// caller alone gets half of them, two get a third each, and there is always one
// for a caller who has none. (The rule is known as dynamic thresholds, from
// Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory packet
// switches", 1998.)
type callerLimiter struct {
	max int

	mu      sync.Mutex
	held    int
	by      map[string]int
	waiting *list.List // of *waiter, first come first
}

type waiter struct {
	caller  string
	granted chan struct{}
}

func newCallerLimiter(most int) *callerLimiter {
	return &callerLimiter{max: most, by: map[string]int{}, waiting: list.New()}
}

// tryAcquire takes a permit if there is one for the caller. release gives it back
// and must be called once.
func (l *callerLimiter) tryAcquire(caller string) (release func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.take(caller) {
		return nil, false
	}
	return func() { l.release(caller) }, true
}

// acquire waits for a permit until ctx ends.
func (l *callerLimiter) acquire(ctx context.Context, caller string) (release func(), err error) {
	l.mu.Lock()
	if l.take(caller) {
		l.mu.Unlock()
		return func() { l.release(caller) }, nil
	}
	w := &waiter{caller: caller, granted: make(chan struct{})}
	element := l.waiting.PushBack(w)
	l.mu.Unlock()
	select {
	case <-w.granted:
		return func() { l.release(caller) }, nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-w.granted: // meanwhile
		return func() { l.release(caller) }, nil
	default:
		l.waiting.Remove(element)
		return nil, context.Cause(ctx)
	}
}

// take takes a permit; mu is held.
func (l *callerLimiter) take(caller string) bool {
	if l.by[caller] >= l.max-l.held {
		return false
	}
	l.held++
	l.by[caller]++
	return true
}

func (l *callerLimiter) release(caller string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held--
	if l.by[caller]--; l.by[caller] == 0 {
		delete(l.by, caller)
	}
	for element := l.waiting.Front(); element != nil && l.held < l.max; {
		next := element.Next()
		if w := element.Value.(*waiter); l.take(w.caller) { //nolint:forcetypeassert // what acquire pushed
			close(w.granted)
			l.waiting.Remove(element)
		}
		element = next
	}
}

// keyedLimiter is a callerLimiter for each key that is in use.
type keyedLimiter struct {
	max int // 0 for no bound

	mu   sync.Mutex
	keys map[string]*callerLimiter
}

func newKeyedLimiter(most int) *keyedLimiter {
	return &keyedLimiter{max: most, keys: map[string]*callerLimiter{}}
}

// tryAcquire takes a permit of key if there is one for the caller. release gives
// it back and must be called once.
func (l *keyedLimiter) tryAcquire(key, caller string) (release func(), ok bool) {
	if l.max == 0 {
		return func() {}, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.keys[key]
	if limiter == nil {
		limiter = newCallerLimiter(l.max)
	}
	free, ok := limiter.tryAcquire(caller)
	if !ok {
		return nil, false
	}
	l.keys[key] = limiter
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		free()
		if limiter.held == 0 { // only this type uses it, and holds mu
			delete(l.keys, key)
		}
	}, true
}
