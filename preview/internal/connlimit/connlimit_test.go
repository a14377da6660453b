package connlimit

import (
	"bytes"
	"net"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/http2"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFramesAreFollowedWhereverTheyAreCut(t *testing.T) {
	t.Parallel()
	var stream bytes.Buffer
	framer := http2.NewFramer(&stream, nil)
	for _, err := range []error{
		framer.WriteSettings(),
		framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: bytes.Repeat([]byte{1}, 300)}),
		framer.WriteContinuation(1, true, bytes.Repeat([]byte{1}, 300)),
		framer.WriteData(1, false, make([]byte, 1000)),
		framer.WritePing(false, [8]byte{}),
		framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 3, EndHeaders: true}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []int{1, 2, 8, 9, 10, 100, stream.Len()} {
		var f frames
		var got []uint32
		for piece := range slices.Chunk(stream.Bytes(), size) {
			f.scan(piece, func(kind, _ byte, id uint32) {
				if kind == frameHeaders {
					got = append(got, id)
				}
			})
		}
		if !slices.Equal(got, []uint32{1, 3}) || !f.between() {
			t.Errorf("in pieces of %d: streams %v, between frames: %v", size, got, f.between())
		}
		f.scan(stream.Bytes()[:20], func(_, _ byte, _ uint32) {})
		if f.between() {
			t.Error("20 bytes in, no frame is taken to be under way")
		}
	}
}

func TestGoAwayIsAFrame(t *testing.T) {
	t.Parallel()
	frame, err := http2.NewFramer(nil, bytes.NewReader(goAway(77))).ReadFrame()
	if away, ok := frame.(*http2.GoAwayFrame); err != nil || !ok || away.LastStreamID != 77 || away.ErrCode != http2.ErrCodeNo {
		t.Errorf("got %v, %v", frame, err)
	}
}

// books returns a Limiter with connections of these owners, strangers being "".
func books(maxConnections, maxRequests int, owners ...string) (*Limiter, []*conn) {
	l := New(Config{MaxConnections: maxConnections, MaxRequests: maxRequests})
	clock := time.Unix(1_000_000, 0)
	l.now = func() time.Time { return clock }
	conns := make([]*conn, len(owners))
	for i, owner := range owners {
		ours, _ := net.Pipe()
		c := newConn(ours, l)
		c.idle, c.since = true, clock.Add(time.Duration(i-1000)*time.Hour) // the first is the oldest
		c.owner = owner
		l.open[c] = struct{}{}
		l.owned[owner]++
		conns[i] = c
	}
	return l, conns
}

func TestWhichConnectionIsEvicted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		owners []string
		change func([]*conn)
		want   int // -1 for nobody
	}{
		{"the oldest stranger", []string{"=a", "", "", "=a"}, nil, 1},
		{"a stranger who was answered", []string{"", "", "=a"}, func(c []*conn) { c[1].answered = true }, 1},
		{"a stranger whose request runs for long", []string{"=a", "", "=a", "=a"}, func(c []*conn) { c[1].running, c[1].idle = 1, false }, 1},
		{"no stranger whose request has just begun", []string{"", "=a"}, func(c []*conn) {
			c[0].running, c[0].since = 1, time.Unix(1_000_000, 0)
			c[1].idle = false
		}, -1},
		{"the longest idle", []string{"=a", "=a", "=a", "=a"}, func(c []*conn) { c[0].idle = false }, 1},
		{"of the caller with the most", []string{"=a", "=b", "=b", "=b"}, nil, 1},
		{"nobody who asks", []string{"=a", "=a"}, func(c []*conn) { c[0].idle, c[1].idle = false, false }, -1},
		{"nobody below the share", []string{"=a", "=b", "=b", "=b"}, func(c []*conn) { c[1].running, c[2].running, c[3].running = 1, 1, 1 }, -1},
		{"nobody who was let in a moment ago", []string{"=a"}, func(c []*conn) { c[0].since = time.Unix(1_000_000, 0) }, -1},
	} {
		l, conns := books(len(c.owners), 100, c.owners...)
		if c.change != nil {
			c.change(conns)
		}
		l.mu.Lock()
		victim, _, _ := l.victim()
		l.mu.Unlock()
		if got := slices.Index(conns, victim); got != c.want {
			t.Errorf("%s: connection %d goes, want %d", c.name, got, c.want)
		}
	}
}

func TestTooManyRequestsCostTheGreediest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		owners []string
		open   []int // requests of each
		want   int
	}{
		{"of strangers", []string{"", "", "=a"}, []int{3, 4, 3}, 1},
		{"of the caller with the most in all", []string{"=a", "=a", "=b"}, []int{4, 3, 5}, 0},
		{"of the strangers as a group", []string{"", "", "", "=a"}, []int{2, 3, 2, 4}, 1},
	} {
		l, conns := books(10, 0, c.owners...)
		for i, n := range c.open {
			conns[i].unfinished = n
			l.count(conns[i])
		}
		last := conns[len(conns)-1]
		l.config.MaxRequests = l.requests + 1
		l.opened(last, 1)
		if len(l.open) != len(conns) {
			t.Errorf("%s: at the limit a connection is cut", c.name)
		}
		last.unfinished--
		l.count(last)
		l.config.MaxRequests = l.requests
		l.opened(last, 3)
		if !conns[c.want].gone || len(l.open) != len(conns)-1 {
			t.Errorf("%s: connection %d is not cut, or not it alone", c.name, c.want)
		}
		for open := range l.open {
			l.requests -= open.requests
		}
		if l.requests != 0 {
			t.Errorf("%s: the sum of all is %d more than that of the connections", c.name, l.requests)
		}
	}
}

// TestGrace: strangers get less time the more of them have to go, and more again
// when callers are let in.
func TestGrace(t *testing.T) {
	t.Parallel()
	l, _ := books(20, 100, make([]string, 20)...)
	for range 10 {
		l.mu.Lock()
		victim, _, _ := l.victim()
		l.remove(victim)
		l.mu.Unlock()
	}
	if l.grace != minGrace {
		t.Errorf("after ten the grace is %v", l.grace)
	}
	for c := range l.open {
		l.letIn(c, "=a")
	}
	if l.grace != idleGrace {
		t.Errorf("after ten callers the grace is %v", l.grace)
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	var b budget
	now := time.Unix(1_000_000, 0)
	b.spend(maxTokens)
	if wait := b.wait(now); wait != 0 {
		t.Errorf("the first %d tokens cost %v", maxTokens, wait)
	}
	b.spend(tokensPerSecond / 2)
	if wait := b.wait(now); wait != time.Second/2 {
		t.Errorf("half a second's tokens cost %v", wait)
	}
	if wait := b.wait(now.Add(time.Second / 2)); wait != 0 {
		t.Errorf("half a second later, there are %v to wait", wait)
	}
	if b.wait(now.Add(time.Hour)); b.spent != 0 {
		t.Errorf("an hour later, %v tokens are spent", b.spent)
	}
}
