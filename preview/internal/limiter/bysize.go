package limiter

import (
	"context"
	"time"
)

// BySize has permits for small work and others for large work, so that small work
// never waits behind large.
type BySize struct {
	small, large *Limiter
	smallMax     int
}

// NewBySize makes a BySize of max permits for work of up to smallMax bytes, and of
// as many for what is larger.
func NewBySize(max, smallMax int, options ...Option) *BySize {
	return &BySize{small: New(max, options...), large: New(max, options...), smallMax: smallMax}
}

// Of returns the Limiter for work of a size, in bytes.
func (b *BySize) Of(size int) *Limiter {
	if size <= b.smallMax {
		return b.small
	}
	return b.large
}

// Acquire takes a permit for work of a size, as [Limiter.Acquire] does.
func (b *BySize) Acquire(ctx context.Context, size int, wait time.Duration) (*Permit, error) {
	return b.Of(size).Acquire(ctx, wait)
}
