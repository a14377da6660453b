package secretmanager

import (
	"context"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/internal/singleflight"
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
	store  Store
	maxAge time.Duration
	now    func() time.Time
	kept   *singleflight.Cache[Secret, preview.Secret]
}

func newCache(store Store, options Options) *cache {
	c := &cache{store: store, maxAge: options.MaxAge, now: time.Now}
	entries := maxKept
	if c.maxAge <= 0 {
		entries = 0
	}
	c.kept = singleflight.NewCache[Secret](singleflight.Options[preview.Secret]{
		Timeout: options.Timeout, MaxEntries: entries, MaxBytes: maxKeptBytes,
		Size: func(text preview.Secret) int { return len(text.Reveal()) },
		Now:  func() time.Time { return c.now() },
	})
	return c
}

func (c *cache) get(ctx context.Context, secret Secret) (preview.Secret, error) {
	maxAge := c.maxAge
	if preview.IsRefresh(ctx) {
		// What was asked for before the database refused may be what it refused.
		maxAge = min(maxAge, refreshAge)
	}
	return c.kept.Get(ctx, secret, maxAge, func(ctx context.Context) (preview.Secret, error) {
		text, err := c.store.Get(ctx, secret)
		if err != nil {
			return preview.Secret{}, err
		}
		return checked(text)
	})
}
