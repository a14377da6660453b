package preview

import (
	"time"

	"github.com/op-data/sqlpreview/preview/internal/run"
)

// Pool bounds the sessions that previews hold in the databases, so that
// previews never starve an application. A zero field takes its default.
type Pool struct {
	// Sessions is how many sessions one connection id may have, and so how many
	// of its previews run at a time. Default 4, most 100.
	Sessions int
	// Queue is how many previews of one id may wait for a session; one more
	// fails with CONCURRENCY_LIMIT at once. Default 16, most 10,000.
	Queue int
	// QueueWait is how long one waits at most. Default 2 s, most 10 s.
	QueueWait time.Duration
	// Connections is how many connection ids may have sessions at a time.
	// Default 64, most 10,000.
	Connections int
	// ConnectTimeout bounds logging in, within the preview's own limit.
	// Default 5 s, most 10 s.
	ConnectTimeout time.Duration
	// IdleTimeout is how long an unused session is kept. Default 60 s, most
	// 1 h. Of a longer one than 20 s, three minutes count as use after the last
	// preview: what it asked the catalog is then asked for again in the background.
	IdleTimeout time.Duration
	// Lifetime is how old a session may get. Default 30 min, most 24 h.
	Lifetime time.Duration
}

// DefaultPool returns the bounds that a zero Pool stands for.
func DefaultPool() Pool { return Pool(run.DefaultLimits()) }

// withDefaults fills in the zero fields and refuses what is out of range.
func (p Pool) withDefaults(faults *[]error) Pool {
	d := DefaultPool()
	pick(faults, "Pool.Sessions", &p.Sessions, d.Sessions, 100)
	pick(faults, "Pool.Queue", &p.Queue, d.Queue, 10_000)
	pick(faults, "Pool.QueueWait", &p.QueueWait, d.QueueWait, HardTimeout)
	pick(faults, "Pool.Connections", &p.Connections, d.Connections, 10_000)
	pick(faults, "Pool.ConnectTimeout", &p.ConnectTimeout, d.ConnectTimeout, HardTimeout)
	pick(faults, "Pool.IdleTimeout", &p.IdleTimeout, d.IdleTimeout, time.Hour)
	pick(faults, "Pool.Lifetime", &p.Lifetime, d.Lifetime, 24*time.Hour)
	return p
}
