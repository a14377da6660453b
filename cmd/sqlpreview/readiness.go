package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
)

const (
	// readyAge and unreadyAge are how long an answer is remembered, so that
	// probes, however many, cost the database next to nothing.
	readyAge   = 5 * time.Second
	unreadyAge = time.Second
	// probeTimeout bounds a look.
	probeTimeout = 2 * time.Second
)

// readiness tells whether previews can be answered now.
type readiness struct {
	probe    func(context.Context) error
	draining atomic.Bool

	probes singleflight.Group
	mu     sync.Mutex
	until  time.Time
	last   error
}

// newReadiness asks the place of the connections, and the database where there
// is one. Where there are many, none of them decides about all.
func newReadiness(from *source, previewer *preview.Previewer) *readiness {
	return &readiness{probe: func(ctx context.Context) error {
		if from.ping != nil && from.ping(ctx) != nil {
			return errors.New("not ready: the place where connections are kept does not answer")
		}
		if !from.single {
			return nil
		}
		_, err := previewer.Describe(ctx, preview.Request{SQL: "select 1", Timeout: probeTimeout})
		// A busy sidecar is no dead one.
		if r := preview.ReasonOf(err); err != nil && r != reason.ConcurrencyLimit {
			return fmt.Errorf("not ready: %s", r)
		}
		return nil
	}}
}

// drain makes the answer no, for good.
func (r *readiness) drain() { r.draining.Store(true) }

func (r *readiness) check(ctx context.Context) error {
	if r.draining.Load() {
		return errors.New("not ready: stopping")
	}
	r.mu.Lock()
	last, fresh := r.last, time.Now().Before(r.until)
	r.mu.Unlock()
	if fresh {
		return last
	}
	result := r.probes.DoChan("", func() (any, error) {
		shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
		defer cancel()
		err := r.probe(shared)
		age := readyAge
		if err != nil {
			age = unreadyAge
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.last, r.until = err, time.Now().Add(age)
		return nil, err
	})
	select {
	case <-ctx.Done():
		return ctx.Err()
	case done := <-result:
		return done.Err
	}
}
