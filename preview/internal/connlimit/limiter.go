package connlimit

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// idleGrace is how long a connection may be idle although others wait for a
	// place.
	idleGrace = time.Second
	// idleGraceHTTP1 is the same for HTTP/1.1, in which a connection that ends can cross
	// with a request that the client may not send again.
	idleGraceHTTP1 = 4 * time.Second
	// minGrace is what idleGrace falls to for strangers' connections, idle or not,
	// while there are many of them.
	minGrace = 200 * time.Millisecond
)

// Config says what a Limiter allows. Every field but TLS and Identify must be set.
type Config struct {
	// MaxConnections bounds the open connections.
	MaxConnections int
	// MaxRequests bounds the requests of all connections whose header was read and
	// whose handler has not returned.
	MaxRequests int
	// TLS is the server's side of TLS; nil for none. The connections that
	// [Limiter.Listen] accepts do not look like TLS to net/http, which sees
	// HTTP/2 by its preface: [Limiter.Track] sets http.Request.TLS.
	TLS *tls.Config
	// Identify returns what the socket says of the peer, which becomes the
	// connection's remote address; "" where it says nothing.
	Identify func(net.Conn) string
}

// Limiter bounds the connections and requests of one server.
type Limiter struct {
	config Config

	mu       sync.Mutex
	open     map[*conn]struct{}
	requests int
	// owned counts the connections of each caller, and openBy their requests;
	// strangers' under "".
	owned, openBy map[string]int
	// held are the connections that are not read until a request of their caller
	// has ended.
	held map[*conn]struct{}
	// grace is how long a stranger may take for its request, between minGrace and idleGrace:
	// each one that has to go halves it, each caller that is let in doubles it.
	grace time.Duration
	// changed is closed and made anew whenever a connection may have become free.
	changed chan struct{}
	now     func() time.Time
}

// entry is what a Limiter knows of a connection.
type entry struct {
	// owner is the caller that was let in, with a letter before its name; "" for a
	// stranger: one whose caller has not been authenticated yet.
	owner string
	// unfinished are the requests that were opened and whose handlers have not
	// returned; of them, running were begun.
	unfinished, running int
	// streams are those of HTTP/2 that were opened and are not closed: net/http
	// writes the end of an answer after the handler has returned, and keeps the
	// request until the peer takes it.
	streams map[uint32]struct{}
	// requests are those that net/http still keeps.
	requests int
	answered bool // a request has ended
	idle     bool
	since    time.Time // of the last change of running or idle
	gone     bool      // it is not in Limiter.open any more
}

// New returns a Limiter.
func New(config Config) *Limiter {
	return &Limiter{
		config: config, open: map[*conn]struct{}{}, owned: map[string]int{}, openBy: map[string]int{},
		held: map[*conn]struct{}{}, grace: idleGrace,
		changed: make(chan struct{}), now: time.Now,
	}
}

// opened notes a request of which the first bytes were read, and cuts the
// greediest connection when there are too many.
func (l *Limiter) opened(c *conn, stream uint32) {
	l.mu.Lock()
	if !c.gone {
		// Of requests that net/http refused by itself, such as malformed ones, no
		// handler counted the end. When the connection was idle for a while, the others
		// had begun.
		if c.idle && l.now().Sub(c.since) > idleGrace {
			c.unfinished = c.running
		}
		c.unfinished++
		if c.streams == nil {
			c.streams = map[uint32]struct{}{}
		}
		c.streams[stream] = struct{}{}
		l.count(c)
	}
	var victim *conn
	if l.requests > l.config.MaxRequests {
		victim = l.greediest()
	}
	if victim != nil {
		l.remove(victim)
	}
	l.mu.Unlock()
	if victim != nil {
		victim.cut()
	}
}

// closed notes that a stream was reset by the peer, or ended by the server.
func (l *Limiter) closed(c *conn, stream uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(c.streams, stream)
	l.count(c)
}

// count brings the number of requests up to date, after a change of what it is
// made of. mu is held.
func (l *Limiter) count(c *conn) {
	now := max(c.unfinished, len(c.streams))
	if c.gone {
		now = 0
	}
	l.requests += now - c.requests
	if l.openBy[c.owner] += now - c.requests; l.openBy[c.owner] <= 0 {
		delete(l.openBy, c.owner)
	}
	if now < c.requests {
		c.nudge()
		for other := range l.held {
			if other.owner == c.owner && other != c {
				other.nudge()
				break
			}
		}
	}
	c.requests = now
}

// mayOpen reports whether the newest request of a connection may be read: a
// stranger's when it is the connection's only one, a caller's when the caller has
// not too many. If not, the connection is nudged when that may have changed.
func (l *Limiter) mayOpen(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	may := c.gone || c.owner == "" && c.requests <= 1 || c.owner != "" && l.openBy[c.owner] <= l.config.MaxRequests/openShare
	if may {
		delete(l.held, c)
	} else {
		l.held[c] = struct{}{}
	}
	return may
}

// openShare is the part of the open requests that one caller may have.
const openShare = 4

// greediest returns the connection with the most requests of the caller with the
// most; strangers count as one caller. mu is held.
func (l *Limiter) greediest() *conn {
	var most string
	for owner, requests := range l.openBy {
		if requests > l.openBy[most] {
			most = owner
		}
	}
	var victim *conn
	for c := range l.open {
		if c.owner == most && (victim == nil || c.requests > victim.requests) {
			victim = c
		}
	}
	return victim
}

// remove takes a connection out of the books. mu is held.
func (l *Limiter) remove(c *conn) {
	if c.gone {
		return
	}
	c.gone = true
	delete(l.open, c)
	delete(l.held, c)
	l.count(c)
	l.disown(c)
	l.notify()
}

func (l *Limiter) disown(c *conn) {
	if l.owned[c.owner]--; l.owned[c.owner] <= 0 {
		delete(l.owned, c.owner)
	}
}

func (l *Limiter) notify() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// ConnState is for http.Server.ConnState.
func (l *Limiter) ConnState(netConn net.Conn, state http.ConnState) {
	c, ok := netConn.(*conn)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch state {
	case http.StateClosed, http.StateHijacked:
		l.remove(c)
	case http.StateIdle:
		c.idle, c.since = true, l.now()
		l.notify()
	case http.StateActive:
		c.idle, c.since = false, l.now()
	}
}

// CutUnused cuts the connections that have never carried a whole request, for a
// server that stops: net/http takes each for one that is about to, for five seconds.
func (l *Limiter) CutUnused() {
	l.mu.Lock()
	var unused []*conn
	for c := range l.open {
		if !c.answered && c.running == 0 {
			unused = append(unused, c)
			l.remove(c)
		}
	}
	l.mu.Unlock()
	for _, c := range unused {
		c.cut()
	}
}

type connKey struct{}

// ConnContext is for http.Server.ConnContext.
func (l *Limiter) ConnContext(ctx context.Context, netConn net.Conn) context.Context {
	if c, ok := netConn.(*conn); ok {
		return context.WithValue(ctx, connKey{}, c)
	}
	return ctx
}

// Track counts the requests that end, and sets http.Request.TLS. Where
// connections are scarce, the answer ends the connection, unless [LetIn] finds
// that the caller has less than its share of them.
func (l *Limiter) Track(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := r.Context().Value(connKey{}).(*conn)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		if r.TLS == nil {
			r.TLS = c.tlsState()
		}
		if l.began(c) {
			w.Header().Set("Connection", "close")
		}
		defer l.ended(c)
		next.ServeHTTP(w, r)
	})
}

// began notes that a handler runs, and reports whether its connection should end.
func (l *Limiter) began(c *conn) (last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.running++
	c.since = l.now()
	if !c.http2.Load() {
		c.unfinished++
		l.count(c)
	}
	return l.full() && (c.owner == "" || l.hasShare(c.owner))
}

func (l *Limiter) ended(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.running--
	c.answered = true
	c.since = l.now()
	c.unfinished = max(0, c.unfinished-1)
	l.count(c)
}

// full reports whether there is no place for one more connection. mu is held.
func (l *Limiter) full() bool { return len(l.open) >= l.config.MaxConnections }

// hasShare reports whether a caller has as many connections as all would have if
// they had the same number. Strangers are one caller. mu is held.
func (l *Limiter) hasShare(owner string) bool {
	return l.owned[owner]*len(l.owned) >= l.config.MaxConnections
}

// LetIn notes that a request of the caller was let in. It must be called below
// [Limiter.Track], before the answer begins.
func LetIn(w http.ResponseWriter, r *http.Request, caller string) {
	c, ok := r.Context().Value(connKey{}).(*conn)
	if !ok {
		return
	}
	if c.limiter.letIn(c, "="+caller) {
		w.Header().Set("Connection", "close")
	} else {
		w.Header().Del("Connection")
	}
}

// letIn notes the owner of a connection, and reports whether it should end.
func (l *Limiter) letIn(c *conn, owner string) (last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.gone {
		return true
	}
	if c.owner != owner {
		if c.owner == "" {
			l.grace = min(2*l.grace, idleGrace)
		}
		l.disown(c)
		open := c.requests
		l.openBy[c.owner] -= open
		c.owner = owner
		l.owned[owner]++
		l.openBy[owner] += open
		c.trusted.Store(true)
		c.nudge()
	}
	return l.full() && l.hasShare(owner)
}
