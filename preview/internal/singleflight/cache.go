package singleflight

import (
	"context"
	"sync"
	"time"
)

// Cache remembers answers for a while and asks once for all callers that want one
// which it does not have. What an error does is said by Options: by default it is
// not remembered, and the answer before it is dropped. The methods may be called
// from many goroutines at a time.
type Cache[K comparable, V any] struct {
	options Options[V]
	calls   Group[K, V]

	mu     sync.Mutex
	kept   map[K]entry[V]
	failed map[K]failure
	bytes  int
}

// Options are those of a Cache.
type Options[V any] struct {
	// Timeout bounds one question. Required.
	Timeout time.Duration
	// MaxEntries bounds what is kept; with 0 nothing is. When it is reached all is
	// forgotten, and asked for again when it is wanted.
	MaxEntries int
	// Size is how many bytes an answer takes, and MaxBytes bounds what all may take;
	// without Size there is no such bound.
	Size     func(V) int
	MaxBytes int
	// ErrorAge is how long an error is remembered, counted from when it came; meanwhile
	// Get returns it where it would have asked. Default 0: it is not remembered.
	ErrorAge time.Duration
	// KeepOnError keeps the last answer for its time when a later question fails.
	// Default: a failed question drops it.
	KeepOnError bool
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

type entry[V any] struct {
	value V
	// began is when the question was asked: the answer may have changed since.
	began time.Time
}

type failure struct {
	err   error
	until time.Time
}

// NewCache makes an empty Cache.
func NewCache[K comparable, V any](options Options[V]) *Cache[K, V] {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Cache[K, V]{
		options: options, calls: Group[K, V]{Now: options.Now, Detach: true},
		kept: make(map[K]entry[V]), failed: make(map[K]failure),
	}
}

// Get returns the answer for a key, asked for no longer than maxAge ago, else it
// calls ask; with a maxAge of 0 or less it always does. A question that was
// asked too long ago is not joined while it is under way. The context of ask ends
// after the Cache's timeout; a caller that goes away leaves the question to the
// others, and its answer to the next.
func (c *Cache[K, V]) Get(ctx context.Context, key K, maxAge time.Duration, ask func(context.Context) (V, error)) (V, error) {
	var none V
	now := c.options.Now()
	since := now.Add(-max(0, maxAge))
	c.mu.Lock()
	known, ok := c.kept[key]
	failed := c.failed[key]
	c.mu.Unlock()
	switch {
	case ok && known.began.After(since):
		return known.value, nil
	case maxAge > 0 && now.Before(failed.until):
		return none, failed.err
	case ctx.Err() != nil:
		return none, ctx.Err()
	}
	result, err := c.calls.Do(ctx, key, since, func(ctx context.Context) (V, error) {
		ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
		defer cancel()
		began := c.options.Now()
		value, err := ask(ctx)
		c.keep(key, entry[V]{value, began}, err)
		return value, err
	})
	return result.Value, err
}

// Peek returns the answer that is remembered for a key and how long ago it was asked
// for, and asks nothing.
func (c *Cache[K, V]) Peek(key K) (value V, age time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.kept[key]
	return known.value, c.options.Now().Sub(known.began), ok
}

// Kept is how many answers are kept, and how many bytes they take by Options.Size.
func (c *Cache[K, V]) Kept() (entries, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.kept), c.bytes
}

// keep remembers an answer or an error, unless what is known was asked for later.
func (c *Cache[K, V]) keep(key K, e entry[V], err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.kept[key]
	if ok && known.began.After(e.began) {
		return
	}
	delete(c.failed, key)
	if err != nil && c.options.ErrorAge > 0 && c.options.MaxEntries > 0 {
		if len(c.failed) >= c.options.MaxEntries {
			clear(c.failed)
		}
		c.failed[key] = failure{err, c.options.Now().Add(c.options.ErrorAge)}
	}
	if err != nil && c.options.KeepOnError {
		return
	}
	if ok {
		c.bytes -= c.size(known.value)
		delete(c.kept, key)
	}
	if err == nil && c.options.MaxEntries > 0 {
		c.insert(key, e)
	}
}

// insert adds an entry that is not there, within the bounds. The caller holds the
// lock.
func (c *Cache[K, V]) insert(key K, e entry[V]) {
	size := c.size(e.value)
	if len(c.kept) >= c.options.MaxEntries || c.options.Size != nil && c.bytes+size > c.options.MaxBytes {
		clear(c.kept)
		c.bytes = 0
	}
	if c.options.Size != nil && size > c.options.MaxBytes {
		return
	}
	c.kept[key] = e
	c.bytes += size
}

func (c *Cache[K, V]) size(value V) int {
	if c.options.Size == nil {
		return 0
	}
	return c.options.Size(value)
}
