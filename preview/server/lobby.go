package server

import (
	"container/list"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

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
	if out := l.note(conn, state); out != nil {
		if secured, ok := out.(*tls.Conn); ok {
			out = secured.NetConn() // closing TLS writes, which may take long
		}
		_ = out.Close()
	}
}

// note takes the change in and returns the connection that has to go, if any.
// That one is forgotten at once: its place is free when it is closed, and what
// it still goes through changes nothing.
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
	l.open[conn] = l.idle.PushBack(conn)
	longest, ok := l.idle.Front().Value.(net.Conn)
	if !ok || len(l.open) < l.most || longest == conn && state == http.StateNew {
		return nil
	}
	l.idle.Remove(l.open[longest])
	delete(l.open, longest)
	return longest
}
