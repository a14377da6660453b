package connlimit

import (
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// Listen returns a listener whose connections the Limiter bounds. Closing it
// closes inner.
func (l *Limiter) Listen(inner net.Listener) net.Listener {
	return &listener{Listener: inner, limiter: l, closed: make(chan struct{})}
}

type listener struct {
	net.Listener
	limiter *Limiter
	once    sync.Once
	closed  chan struct{}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close() //nolint:wrapcheck // the listener's own
}

// Accept returns the next connection when there is a place for it.
func (l *listener) Accept() (net.Conn, error) {
	socket, err := l.Listener.Accept()
	if err != nil {
		return nil, err //nolint:wrapcheck // net/http looks for the listener's own errors
	}
	c := newConn(socket, l.limiter)
	if l.limiter.config.Identify != nil {
		c.peer = l.limiter.config.Identify(socket)
	}
	if l.limiter.config.TLS != nil {
		_ = socket.SetWriteDeadline(time.Now().Add(handshakeTimeout))
		c.Conn = tls.Server(socket, l.limiter.config.TLS)
	}
	if !l.limiter.admit(c, l.closed) {
		c.cut()
		return nil, net.ErrClosed
	}
	return c, nil
}

// admit gives a connection a place, and waits for one until closed.
func (l *Limiter) admit(c *conn, closed <-chan struct{}) bool {
	for {
		l.mu.Lock()
		var victim *conn
		var graceful bool
		var wait time.Duration
		if l.full() {
			victim, graceful, wait = l.victim()
		}
		if victim != nil {
			l.remove(victim)
		}
		if !l.full() {
			c.since = l.now()
			l.open[c] = struct{}{}
			l.owned[""]++
			l.mu.Unlock()
			switch {
			case victim == nil:
			case graceful:
				victim.dismiss()
			default:
				victim.cut()
			}
			return true
		}
		changed := l.changed
		l.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-changed:
		case <-timer.C:
		case <-closed:
			timer.Stop()
			return false
		}
		timer.Stop()
	}
}

// victim returns the connection that has to go, and whether it is to be told.
// Without one it returns how long to wait for one at the most. mu is held.
func (l *Limiter) victim() (victim *conn, graceful bool, wait time.Duration) {
	now := l.now()
	wait = idleGrace
	var stranger, idle *conn
	for c := range l.open {
		age := now.Sub(c.since)
		grace := idleGrace
		switch {
		case c.owner == "":
			grace = l.grace
		case !c.idle || c.running > 0 || !l.hasShare(c.owner):
			continue
		case !c.http2.Load():
			grace = idleGraceHTTP1
		}
		if age < grace {
			wait = min(wait, grace-age)
			continue
		}
		switch {
		case c.owner == "":
			// One that was answered has had its chance.
			if stranger == nil || c.answered && !stranger.answered ||
				c.answered == stranger.answered && c.since.Before(stranger.since) {
				stranger = c
			}
		case idle == nil, l.owned[c.owner] > l.owned[idle.owner],
			l.owned[c.owner] == l.owned[idle.owner] && c.since.Before(idle.since):
			idle = c
		}
	}
	if stranger != nil {
		l.grace = max(l.grace/2, minGrace)
		return stranger, false, 0
	}
	return idle, true, wait
}
