package server

import (
	"sync"

	"golang.org/x/time/rate"
)

// maxCallers bounds the callers whose rate is kept; beyond it all begin anew.
const maxCallers = 1024

// rates bounds the requests of each caller.
type rates struct {
	perSecond int

	mu      sync.Mutex
	callers map[string]*rate.Limiter
}

func newRates(perSecond int) *rates {
	return &rates{perSecond: perSecond, callers: map[string]*rate.Limiter{}}
}

// allow takes one request from the caller's budget, and reports whether there was
// one.
func (r *rates) allow(caller string) bool {
	if r.perSecond == 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	limiter, ok := r.callers[caller]
	if !ok {
		if len(r.callers) >= maxCallers {
			clear(r.callers)
		}
		limiter = rate.NewLimiter(rate.Limit(r.perSecond), 2*r.perSecond)
		r.callers[caller] = limiter
	}
	return limiter.Allow()
}
