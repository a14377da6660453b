package server

import (
	"container/list"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// newcomer is how long a connection may be idle when there is no other place.
const newcomer = time.Second

// lobby keeps one of the connections free for whoever comes next: when all are
// taken, the one that has been idle for the longest is closed. A caller who
// opens them all and asks nothing would else keep everybody out, health probes
// too, and needs no proof of who he is for that.
type lobby struct {
	most int

	mu   sync.Mutex
	open map[net.Conn]*list.Element // of idle, or nil for one with a request
	idle *list.List                 // of net.Conn, the longest idle first
}

func newLobby(most int) *lobby {
	return &lobby{most: most, open: map[net.Conn]*list.Element{}, idle: list.New()}
}

// changed is an http.Server's ConnState.
func (l *lobby) changed(conn net.Conn, state http.ConnState) {
	hangUp(l.note(conn, state))
}

// note takes the change in and returns the connection that has to go, if any.
func (l *lobby) note(conn net.Conn, state http.ConnState) net.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	element, ok := l.open[conn]
	if !ok && state != http.StateNew {
		return nil
	}
	if element != nil {
		l.idle.Remove(element)
	}
	switch state {
	case http.StateClosed, http.StateHijacked:
		delete(l.open, conn)
		return nil
	case http.StateActive:
		l.open[conn] = nil
		return nil
	}
	element = l.idle.PushBack(conn)
	l.open[conn] = element
	longest, ok := l.idle.Front().Value.(net.Conn)
	switch {
	case !ok || len(l.open) < l.most:
		return nil
	case longest == conn:
		// No other is idle. This one may be about to ask: HTTP/2 calls a
		// connection idle before its first request too.
		time.AfterFunc(newcomer, func() { hangUp(l.overstayed(conn, element)) })
		return nil
	}
	return l.out(longest)
}

// overstayed returns a connection that has been idle all the time since it was
// element, while there is no other place.
func (l *lobby) overstayed(conn net.Conn, element *list.Element) net.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[conn] != element || len(l.open) < l.most {
		return nil
	}
	return l.out(conn)
}

// out forgets an idle connection: its place is free as soon as it is closed, and
// what it still goes through changes nothing.
func (l *lobby) out(conn net.Conn) net.Conn {
	l.idle.Remove(l.open[conn])
	delete(l.open, conn)
	return conn
}

func hangUp(conn net.Conn) {
	if conn == nil {
		return
	}
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn() // closing TLS writes, which may take long
	}
	_ = conn.Close()
}
