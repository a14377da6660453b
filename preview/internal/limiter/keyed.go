package limiter

import (
	"context"
	"sync"
	"time"
)

// Keyed is a Limiter for each key, for instance for each caller, so that one key
// cannot take what the others need. It keeps a key only while permits of it are
// out or waited for. Its methods may be called from many goroutines at a time.
type Keyed struct {
	max     int
	options []Option

	mu    sync.Mutex
	byKey map[string]*keyedEntry
}

type keyedEntry struct {
	*Limiter
	users int // permits and waiting callers; guarded by Keyed.mu
}

// NewKeyed makes a Keyed of max permits for each key; the options are those of
// each key's Limiter.
func NewKeyed(max int, options ...Option) *Keyed {
	return &Keyed{max: max, options: options, byKey: make(map[string]*keyedEntry)}
}

// Acquire takes a permit of a key, as [Limiter.Acquire] does.
func (k *Keyed) Acquire(ctx context.Context, key string, wait time.Duration) (release func(), _ error) {
	entry := k.enter(key)
	permit, err := entry.Acquire(ctx, wait)
	if err != nil {
		k.leave(key, entry)
		return nil, err
	}
	var once sync.Once
	return func() {
		once.Do(func() {
			permit.Release()
			k.leave(key, entry)
		})
	}, nil
}

// Keys is how many keys have permits out or waited for.
func (k *Keyed) Keys() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.byKey)
}

func (k *Keyed) enter(key string) *keyedEntry {
	k.mu.Lock()
	defer k.mu.Unlock()
	entry := k.byKey[key]
	if entry == nil {
		entry = &keyedEntry{Limiter: New(k.max, k.options...)}
		k.byKey[key] = entry
	}
	entry.users++
	return entry
}

func (k *Keyed) leave(key string, entry *keyedEntry) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if entry.users--; entry.users == 0 {
		delete(k.byKey, key)
	}
}
