// Package readiness answers readiness probes: can previews be answered now? It asks
// rarely, however many probes there are, and logs when the answer changes.
package readiness

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/singleflight"
)

const (
	// DefaultReadyAge is Options.ReadyAge's default.
	DefaultReadyAge = 5 * time.Second
	// DefaultUnreadyAge is Options.UnreadyAge's default.
	DefaultUnreadyAge = time.Second
	// ProbeTimeout bounds one call of Options.Probe.
	ProbeTimeout = 2 * time.Second
	// auditRetryAge is how long Check fails after an audit line could not be written;
	// then requests are let in again and the next one tries to write.
	auditRetryAge = 10 * time.Second
)

// Options are those of a Readiness.
type Options struct {
	// Probe returns why previews cannot be answered now, an *Error, or nil if they can.
	// Required.
	Probe func(context.Context) error
	// ReadyAge and UnreadyAge are how long its answer is remembered: success from when
	// Probe was called, failure from when it returned. Default 5 s and 1 s.
	ReadyAge, UnreadyAge time.Duration
	// Log gets a line when the answer changes. Default: none is written.
	Log *slog.Logger
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Error says why previews cannot be answered now.
type Error struct {
	// Message is for the prober; it holds no host and no text of a server's.
	Message string
	// Detail is for the log alone.
	Detail string
}

func (e *Error) Error() string { return "not ready: " + e.Message }

// Readiness reports whether previews can be answered now. Its methods may be called
// from many goroutines at a time.
type Readiness struct {
	options  Options
	answers  *singleflight.Cache[struct{}, struct{}]
	draining atomic.Bool

	mu sync.Mutex
	// auditRetry is until when Check fails for want of an audit log.
	auditRetry time.Time
	// logged is the message of the last line, empty for ready.
	logged string
}

// New makes a Readiness that is ready as soon as Probe says so.
func New(options Options) *Readiness {
	if options.ReadyAge == 0 {
		options.ReadyAge = DefaultReadyAge
	}
	if options.UnreadyAge == 0 {
		options.UnreadyAge = DefaultUnreadyAge
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Readiness{options: options, answers: singleflight.NewCache[struct{}](singleflight.Options[struct{}]{
		Timeout: ProbeTimeout, MaxEntries: 1, ErrorAge: options.UnreadyAge, Now: options.Now,
	})}
}

// Drain makes Check fail from now on: the process stops.
func (r *Readiness) Drain() { r.draining.Store(true) }

// SetAuditWritten notes whether the audit line of the last request could be written.
// While none can be, no request is answered, so Check fails for 10 s.
func (r *Readiness) SetAuditWritten(written bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.auditRetry = (time.Time{}); !written {
		r.auditRetry = r.options.Now().Add(auditRetryAge)
	}
}

// Check returns why previews cannot be answered now, an *Error, or nil if they can. If
// ctx ends first it returns the error of ctx.
func (r *Readiness) Check(ctx context.Context) error {
	err := r.ask(ctx)
	if ctx.Err() == nil && !r.draining.Load() {
		r.logChange(err)
	}
	return err
}

func (r *Readiness) ask(ctx context.Context) error {
	if r.draining.Load() {
		return &Error{Message: "stopping"}
	}
	r.mu.Lock()
	unaudited := r.options.Now().Before(r.auditRetry)
	r.mu.Unlock()
	if unaudited {
		return &Error{Message: "the egress record cannot be written"}
	}
	_, err := r.answers.Get(ctx, struct{}{}, r.options.ReadyAge, func(ctx context.Context) (none struct{}, err error) {
		return none, r.options.Probe(ctx)
	})
	return err
}

// logChange writes a line where err is another answer than the one before.
func (r *Readiness) logChange(err error) {
	now, detail := "", ""
	var unready *Error
	if errors.As(err, &unready) {
		now, detail = unready.Message, unready.Detail
	} else if err != nil {
		return // no answer
	}
	r.mu.Lock()
	before := r.logged
	r.logged = now
	r.mu.Unlock()
	switch log := r.options.Log; {
	case log == nil || before == now:
	case now == "":
		log.Info("ready again")
	case detail == "":
		log.Warn("not ready", "reason", now)
	default:
		log.Warn("not ready", "reason", now, "why", detail)
	}
}
