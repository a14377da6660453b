package main

import (
	"context"
	"errors"
	"log/slog"
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

// readiness reports whether previews can be answered now.
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
	// log gets a line when readiness changes; nil for none. unready is what the last
	// line said, empty for ready.
	log     *slog.Logger
	unready string
}

// notReady says why previews cannot be answered now. detail is for the log alone.
type notReady struct{ message, detail string }

func (e notReady) Error() string { return "not ready: " + e.message }

// newReadiness asks the place of the connections, and the database where there
// is one. Where there are many, none of them decides about all.
func newReadiness(from *source, previewer *preview.Previewer, log *slog.Logger) *readiness {
	return &readiness{now: time.Now, log: log, probe: func(ctx context.Context) error {
		if from.ping != nil && from.ping(ctx) != nil {
			return notReady{message: "the place where connections are kept does not answer"}
		}
		if !from.single {
			return nil
		}
		_, err := previewer.Describe(ctx, preview.Request{SQL: "select 1", Timeout: probeTimeout})
		// A busy sidecar is no dead one.
		if r := preview.ReasonOf(err); err != nil && r != reason.ConcurrencyLimit {
			failure := notReady{message: string(r)}
			var said *preview.Error
			if errors.As(err, &said) {
				failure.detail = said.Message
			}
			return failure
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

// check returns why previews cannot be answered now, nil if they can, and logs a
// change.
func (r *readiness) check(ctx context.Context) error {
	err := r.ask(ctx)
	if ctx.Err() == nil && !r.draining.Load() {
		r.changed(err)
	}
	return err
}

// changed writes a line where err is another answer than before.
func (r *readiness) changed(err error) {
	now, detail := "", ""
	var unready notReady
	if errors.As(err, &unready) {
		now, detail = unready.message, unready.detail
	} else if err != nil {
		return // nobody waited for the answer
	}
	r.mu.Lock()
	before := r.unready
	r.unready = now
	r.mu.Unlock()
	switch {
	case r.log == nil || before == now:
	case now == "":
		r.log.Info("ready again")
	case detail == "":
		r.log.Warn("not ready", "reason", now)
	default:
		r.log.Warn("not ready", "reason", now, "why", detail)
	}
}

func (r *readiness) ask(ctx context.Context) error {
	if r.draining.Load() {
		return notReady{message: "stopping"}
	}
	r.mu.Lock()
	last, fresh, unrecorded := r.last, r.now().Before(r.until), r.now().Before(r.unrecorded)
	r.mu.Unlock()
	switch {
	case unrecorded:
		return notReady{message: "the egress record cannot be written"}
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
