package limiter

import (
	"context"
	"sync"
)

// leases are the permits that a context keeps beyond the calls that took them.
type leases struct {
	mu      sync.Mutex
	permits []*Permit
	ended   bool
}

type leasesKey struct{}

// WithLeases returns a context that keeps the permits given to [Lease] until
// release is called.
func WithLeases(ctx context.Context) (_ context.Context, release func()) {
	l := &leases{}
	return context.WithValue(ctx, leasesKey{}, l), l.release
}

// Lease hands a permit, unless it is nil, to the context, which gives it back when
// its leases end.
// A context without leases, or whose leases have ended, gives it back at once.
func Lease(ctx context.Context, p *Permit) {
	if p == nil {
		return
	}
	l, ok := ctx.Value(leasesKey{}).(*leases)
	if !ok || !l.add(p) {
		p.Release()
	}
}

func (l *leases) add(p *Permit) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.permits = append(l.permits, p)
	}
	return !l.ended
}

func (l *leases) release() {
	l.mu.Lock()
	permits := l.permits
	l.permits, l.ended = nil, true
	l.mu.Unlock()
	for _, p := range permits {
		p.Release()
	}
}
