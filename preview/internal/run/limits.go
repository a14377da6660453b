package run

import "time"

// Limits protect the databases and this process. The zero value means the
// defaults.
type Limits struct {
	// Sessions is how many sessions one connection id may have, and so how many
	// of its queries run at a time. Default 4.
	Sessions int
	// Queue is how many queries of one id may wait for a session. Default 16.
	Queue int
	// QueueWait is how long a query waits there at most. Default 2 s.
	QueueWait time.Duration
	// Connections is how many connection ids may have sessions at a time.
	// Default 64.
	Connections int
	// ConnectTimeout bounds logging in, within the query's time limit. Default
	// 5 s.
	ConnectTimeout time.Duration
	// IdleTimeout is how long an unused session is kept. Default 60 s.
	IdleTimeout time.Duration
	// Lifetime is how old a session may get, so that what the server's memory
	// gathers in it goes. Default 30 min.
	Lifetime time.Duration
}

// DefaultLimits returns what the zero Limits stands for.
func DefaultLimits() Limits {
	return Limits{
		Sessions: 4, Queue: 16, QueueWait: 2 * time.Second, Connections: 64,
		ConnectTimeout: 5 * time.Second, IdleTimeout: time.Minute, Lifetime: 30 * time.Minute,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	l.Sessions = orDefault(l.Sessions, d.Sessions)
	l.Queue = orDefault(l.Queue, d.Queue)
	l.QueueWait = orDefault(l.QueueWait, d.QueueWait)
	l.Connections = orDefault(l.Connections, d.Connections)
	l.ConnectTimeout = orDefault(l.ConnectTimeout, d.ConnectTimeout)
	l.IdleTimeout = orDefault(l.IdleTimeout, d.IdleTimeout)
	l.Lifetime = orDefault(l.Lifetime, d.Lifetime)
	return l
}

func orDefault[T int | time.Duration](value, fallback T) T {
	if value <= 0 {
		return fallback
	}
	return value
}
