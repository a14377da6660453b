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
	// unrecordedAge is how long it is not ready after a request could not be
	// recorded; then the next one tries again.
	unrecordedAge = 10 * time.Second
	// probeTimeout bounds a look.
	probeTimeout = 2 * time.Second
)

// readiness tells whether previews can be answered now.
type readiness struct {
	probe    func(context.Context) error
	draining atomic.Bool
	now      func() time.Time

	probes singleflight.Group
	mu     sync.Mutex
	until  time.Time
	last   error
	// unrecorded is until when it is not ready for want of a record.
	unrecorded time.Time
}

// newReadiness asks the place of the connections, and the database where there
// is one. Where there are many, none of them decides about all.
func newReadiness(from *source, previewer *preview.Previewer) *readiness {
	return &readiness{now: time.Now, probe: func(ctx context.Context) error {
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

// recorded notes whether the last request could be recorded: while it could not,
// nothing is answered.
func (r *readiness) recorded(ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unrecorded = (time.Time{}); !ok {
		r.unrecorded = r.now().Add(unrecordedAge)
	}
}

func (r *readiness) check(ctx context.Context) error {
	if r.draining.Load() {
		return errors.New("not ready: stopping")
	}
	r.mu.Lock()
	last, fresh, unrecorded := r.last, r.now().Before(r.until), r.now().Before(r.unrecorded)
	r.mu.Unlock()
	switch {
	case unrecorded:
		return errors.New("not ready: the egress record cannot be written")
	case fresh:
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
		r.last, r.until = err, r.now().Add(age)
		return nil, err
	})
	select {
	case <-ctx.Done():
		return ctx.Err()
	case done := <-result:
		return done.Err
	}
}
