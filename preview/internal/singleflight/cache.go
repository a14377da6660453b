package singleflight

import (
	"context"
	"sync"
	"time"
)

// Cache remembers answers for a while and asks once for all who want one that it
// does not have. An error is not remembered, and drops what was. Its methods may
// be called from many goroutines at a time.
type Cache[K comparable, V any] struct {
	options Options[V]
	calls   Group[K, V]

	mu    sync.Mutex
	kept  map[K]entry[V]
	bytes int
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
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

type entry[V any] struct {
	value V
	// began is when the question was asked: the answer may have changed since.
	began time.Time
}

// NewCache makes an empty Cache.
func NewCache[K comparable, V any](options Options[V]) *Cache[K, V] {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Cache[K, V]{options: options, calls: Group[K, V]{Now: options.Now, Detach: true}, kept: make(map[K]entry[V])}
}

// Get returns the answer for a key, asked for no longer than maxAge ago, else it
// calls ask; with a maxAge of 0 or less it always does. A question that was
// asked too long ago is not joined while it is under way. The context of ask ends
// after the Cache's timeout; a caller that goes away leaves the question to the
// others, and its answer to the next.
func (c *Cache[K, V]) Get(ctx context.Context, key K, maxAge time.Duration, ask func(context.Context) (V, error)) (V, error) {
	since := c.options.Now().Add(-max(0, maxAge))
	c.mu.Lock()
	known, ok := c.kept[key]
	c.mu.Unlock()
	if ok && known.began.After(since) {
		return known.value, nil
	}
	if err := ctx.Err(); err != nil {
		var none V
		return none, err
	}
	result, err := c.calls.Do(ctx, key, since, func(ctx context.Context) (V, error) {
		ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
		defer cancel()
		began := c.options.Now()
		value, err := ask(ctx)
		c.note(key, entry[V]{value, began}, err)
		return value, err
	})
	return result.Value, err
}

// Kept is how many answers are kept, and how many bytes they take by Options.Size.
func (c *Cache[K, V]) Kept() (entries, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.kept), c.bytes
}

// note keeps an answer, unless what is known was asked for later.
func (c *Cache[K, V]) note(key K, e entry[V], err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.kept[key]
	if ok && known.began.After(e.began) {
		return
	}
	if ok {
		c.bytes -= c.size(known.value)
		delete(c.kept, key)
	}
	if err != nil || c.options.MaxEntries <= 0 {
		return
	}
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
