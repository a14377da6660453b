package secretmanager

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/op-data/sqlpreview/preview"
)

const (
	// refreshAge is how old a secret must be to be fetched again because the
	// database refused it. So a connection whose password is simply wrong costs the
	// manager one request in this time, however often it is used.
	refreshAge = 5 * time.Second
	// maxKept and maxKeptBytes bound the memory: a secret is fetched again sooner.
	maxKept      = 256
	maxKeptBytes = 1 << 20
)

// cache remembers secrets. What could not be fetched is not remembered, and what
// is too old is not used even if it cannot be fetched again: a secret that was
// withdrawn must stop working.
type cache struct {
	store   Store
	maxAge  time.Duration
	timeout time.Duration
	now     func() time.Time
	flights singleflight.Group

	mu    sync.Mutex
	kept  map[Secret]entry
	bytes int
}

type entry struct {
	text preview.Secret
	// since is when the fetching began: the secret may have changed while it went on.
	since time.Time
}

func newCache(store Store, options Options) *cache {
	return &cache{store: store, maxAge: options.MaxAge, timeout: options.Timeout, now: time.Now, kept: map[Secret]entry{}}
}

func (c *cache) get(ctx context.Context, secret Secret) (preview.Secret, error) {
	// A flight that began before the database refused may bring what it refused.
	flight, maxAge := "any", c.maxAge
	if preview.IsRefresh(ctx) {
		flight, maxAge = "fresh", min(maxAge, refreshAge)
	}
	c.mu.Lock()
	known, ok := c.kept[secret]
	c.mu.Unlock()
	if ok && c.now().Sub(known.since) < maxAge {
		return known.text, nil
	}
	key := flight + "\x00" + secret.Name + "\x00" + secret.Version + "\x00" + secret.Stage
	result := c.flights.DoChan(key, func() (any, error) {
		// One request serves all who ask meanwhile, so it must not end with the one
		// who asked first.
		shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout)
		defer cancel()
		return c.fetch(shared, secret)
	})
	select {
	case <-ctx.Done():
		return preview.Secret{}, ctx.Err()
	case r := <-result:
		text, _ := r.Val.(preview.Secret)
		return text, r.Err
	}
}

func (c *cache) fetch(ctx context.Context, secret Secret) (preview.Secret, error) {
	began := c.now()
	text, err := c.store.Get(ctx, secret)
	if err != nil {
		return preview.Secret{}, err
	}
	kept, err := checked(text)
	if err == nil && c.maxAge > 0 {
		c.keep(secret, entry{kept, began}, len(text))
	}
	return kept, err
}

func (c *cache) keep(secret Secret, e entry, size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.kept[secret]
	if ok && known.since.After(e.since) {
		return
	}
	if len(c.kept) >= maxKept || c.bytes+size > maxKeptBytes {
		clear(c.kept)
		c.bytes = 0
	}
	c.kept[secret] = e
	c.bytes += size // what an older text took is counted too: too much is cleared sooner
}
