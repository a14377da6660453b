package hostile

import (
	"bytes"
	"encoding/binary"
	"net"
	"strings"
	"sync"

	"github.com/op-data/sqlpreview/fuzz/internal/protocol"
)

// relay hands messages on between a client and the real server, and lets the
// behaviour answer the client's own query, which is known by the wrapper's name.
type relay struct {
	*peer
	real      net.Conn
	behaviour Behaviour

	mu    sync.Mutex
	asked []string // the statements that the client sent; "" stands for a Sync

	own      bool // the client's own query is being answered
	group    bool // and it is in this group of statements, which a Sync ends
	replaced bool // the behaviour has answered in the place of its rows
}

// run ends when either side does, or the behaviour hangs up.
func (r *relay) run() {
	defer r.real.Close() //nolint:errcheck // nothing is left to say
	var clients sync.WaitGroup
	clients.Add(1)
	go func() {
		defer clients.Done()
		r.fromClient()
		_ = r.real.Close()
	}()
	r.fromServer()
	_ = r.conn.Close()
	clients.Wait()
}

// fromClient hands on what the client says and remembers what it asks.
func (r *relay) fromClient() {
	splitter := protocol.Splitter{Startup: true}
	buffer := make([]byte, 32<<10)
	for {
		n, err := r.conn.Read(buffer)
		r.mu.Lock()
		splitter.Add(buffer[:n], func(kind byte, body []byte) {
			switch kind {
			case 'P':
				_, rest, _ := bytes.Cut(body, []byte{0})
				text, _, _ := bytes.Cut(rest, []byte{0})
				r.asked = append(r.asked, string(text)+" ")
			case 'S', 'Q':
				r.asked = append(r.asked, "")
			}
		})
		r.mu.Unlock()
		if err != nil {
			return
		}
		if _, err := r.real.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// fromServer hands on what the server says, message by message.
func (r *relay) fromServer() {
	var splitter protocol.Splitter
	buffer := make([]byte, 32<<10)
	for more := true; more; {
		n, err := r.real.Read(buffer)
		splitter.Add(buffer[:n], func(kind byte, body []byte) { more = more && r.answer(kind, body) })
		if err != nil {
			return
		}
	}
}

// answer hands on one message, or what the behaviour puts in its place. It
// tells whether to go on.
func (r *relay) answer(kind byte, body []byte) bool {
	group := r.follow(kind)
	var step func(*peer) bool
	switch {
	case kind == 'Z' && group:
		step = r.behaviour.sync
	case !r.own:
	case kind == '1':
		step = r.behaviour.parse
	case kind == 'T':
		step = r.behaviour.describe
	case kind == 'D' || kind == 'C':
		if step = r.behaviour.execute; step != nil && r.replaced {
			return true // the rest of the real rows
		}
		r.replaced = step != nil
	}
	if step != nil {
		return step(r.peer)
	}
	return r.write(append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)+4)), body...))
}

// follow keeps up with which statement the server answers. It tells whether the
// group that ends with this message held the client's own query.
func (r *relay) follow(kind byte) (group bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case kind == '1' && len(r.asked) > 0:
		r.own = strings.Contains(r.asked[0], "preview_query")
		r.group = r.group || r.own
		r.replaced = false
		r.asked = r.asked[1:]
	case kind == 'Z':
		group = r.group
		r.own, r.group = false, false
		for len(r.asked) > 0 && r.asked[0] != "" {
			r.asked = r.asked[1:]
		}
		if len(r.asked) > 0 {
			r.asked = r.asked[1:]
		}
	}
	return group
}
