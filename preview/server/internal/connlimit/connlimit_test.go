package connlimit

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
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
			f.scan(piece, func(id uint32) { got = append(got, id) })
		}
		if !slices.Equal(got, []uint32{1, 3}) || !f.between() {
			t.Errorf("in pieces of %d: streams %v, between frames: %v", size, got, f.between())
		}
		f.scan(stream.Bytes()[:20], nil)
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
		c := &conn{Conn: ours, socket: ours, limiter: l}
		c.idle, c.since = true, clock.Add(time.Duration(i-1000)*time.Hour) // the first is the oldest
		c.owner = owner
		l.open[c] = struct{}{}
		l.owned[owner]++
		conns[i] = c
	}
	return l, conns
}

func TestWhoHasToGo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		owners []string
		change func([]*conn)
		want   int // -1 for nobody
	}{
		{"the oldest stranger", []string{"=a", "", "", "=a"}, nil, 1},
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
		{"of the caller with the most in all", []string{"=a", "=a", "=b"}, []int{3, 3, 4}, 0},
		{"of the strangers as a group", []string{"", "", "", "=a"}, []int{2, 3, 2, 4}, 1},
	} {
		l, conns := books(10, 0, c.owners...)
		for i, n := range c.open {
			conns[i].requests = n
			l.requests += n
		}
		last := conns[len(conns)-1]
		l.config.MaxRequests = l.requests + 1
		l.opened(last)
		if len(l.open) != len(conns) {
			t.Errorf("%s: at the limit a connection is cut", c.name)
		}
		last.requests, l.requests, l.config.MaxRequests = last.requests-1, l.requests-1, l.requests-1
		l.opened(last)
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

// serve serves handler below a Limiter.
func serve(t *testing.T, config Config, handler http.Handler) (*Limiter, string) {
	t.Helper()
	l := New(config)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	web := &http.Server{
		Handler: l.Track(handler), ConnState: l.ConnState, ConnContext: l.ConnContext, Protocols: &protocols,
		ReadHeaderTimeout: 5 * time.Second,
	}
	done := make(chan error, 1)
	go func() { done <- web.Serve(l.Listen(listener)) }()
	t.Cleanup(func() {
		web.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return l, listener.Addr().String()
}

func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("what should have happened did not")
		}
	}
}

// TestBooksAreEmptyAfterwards: whatever becomes of a request, it does not count
// for ever, over HTTP/1.1, HTTP/2 and TLS.
func TestBooksAreEmptyAfterwards(t *testing.T) {
	t.Parallel()
	borrowed := httptest.NewUnstartedServer(nil)
	borrowed.StartTLS()
	certificate, roots := borrowed.TLS.Certificates[0], borrowed.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	borrowed.Close()
	for _, c := range []struct {
		name   string
		server *tls.Config
		http2  bool
	}{
		{"HTTP/1.1", nil, false},
		{"HTTP/2", nil, true},
		{"HTTP/1.1 over TLS", &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}}, false},
		{"HTTP/2 over TLS", &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2"}}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, address := serve(t, Config{MaxConnections: 8, MaxRequests: 100, TLS: c.server}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				LetIn(w, r, "caller")
				if (r.TLS != nil) != (c.server != nil) {
					t.Error("Request.TLS is not as the connection")
				}
				switch r.URL.Path {
				case "/abort":
					panic(http.ErrAbortHandler)
				case "/wait":
					io.Copy(io.Discard, r.Body) // net/http sees the end of a connection only behind the body
					<-r.Context().Done()
				default:
					io.Copy(io.Discard, r.Body)
				}
			}))
			transport := &http.Transport{Protocols: new(http.Protocols), TLSClientConfig: &tls.Config{RootCAs: roots}}
			transport.Protocols.SetHTTP1(!c.http2)
			transport.Protocols.SetHTTP2(c.http2 && c.server != nil)
			transport.Protocols.SetUnencryptedHTTP2(c.http2 && c.server == nil)
			defer transport.CloseIdleConnections()
			scheme := "http://"
			if c.server != nil {
				scheme = "https://"
			}
			for _, path := range []string{"/", "/abort", "/", "/wait", "/"} {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				if path == "/wait" {
					cancel()
					ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
				}
				request, err := http.NewRequestWithContext(ctx, http.MethodPost, scheme+address+path, strings.NewReader("body"))
				if err != nil {
					t.Fatal(err)
				}
				response, err := transport.RoundTrip(request)
				if err == nil {
					response.Body.Close()
				}
				if (err == nil) != (path == "/") {
					t.Errorf("%s: %v", path, err)
				}
				cancel()
			}
			eventually(t, func() bool {
				l.mu.Lock()
				defer l.mu.Unlock()
				return l.requests == 0
			})
			eventually(t, func() bool {
				transport.CloseIdleConnections()
				l.mu.Lock()
				defer l.mu.Unlock()
				return len(l.open) == 0 && len(l.owned) == 0
			})
		})
	}
}

// TestMalformedRequestsDoNotCountForEver: net/http refuses them by itself.
func TestMalformedRequestsDoNotCountForEver(t *testing.T) {
	t.Parallel()
	l, address := serve(t, Config{MaxConnections: 8, MaxRequests: 100}, http.NotFoundHandler())
	p := openPeer(t, address)
	for stream := uint32(1); stream < 100; stream += 2 {
		p.open(t, stream, ":method", "POST") // without a path
	}
	p.open(t, 101, ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "localhost")
	for {
		frame, err := p.framer.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		if headers, ok := frame.(*http2.HeadersFrame); ok && headers.StreamID == 101 {
			break
		}
	}
	eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.requests == 0
	})
}

// peer is an HTTP/2 client by hand.
type peer struct {
	net.Conn
	framer *http2.Framer
	block  bytes.Buffer
	hpack  *hpack.Encoder
}

func openPeer(t *testing.T, address string) *peer {
	t.Helper()
	socket, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	socket.SetDeadline(time.Now().Add(30 * time.Second))
	p := &peer{Conn: socket, framer: http2.NewFramer(socket, socket)}
	p.hpack = hpack.NewEncoder(&p.block)
	if _, err := io.WriteString(socket, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := p.framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *peer) open(t *testing.T, stream uint32, fields ...string) {
	t.Helper()
	p.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		p.hpack.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	err := p.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: p.block.Bytes(), EndHeaders: true, EndStream: true})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOpenRequestsAreBounded: of two peers, the one that opens too many requests
// loses its connection, and the other is answered.
func TestOpenRequestsAreBounded(t *testing.T) {
	t.Parallel()
	leave := make(chan struct{})
	l, address := serve(t, Config{MaxConnections: 8, MaxRequests: 20}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-leave }))
	greedy, modest := openPeer(t, address), openPeer(t, address)
	request := []string{":method", "GET", ":scheme", "http", ":path", "/", ":authority", "localhost"}
	modest.open(t, 1, request...)
	eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.requests == 1
	})
	for stream := uint32(1); stream < 43; stream += 2 {
		greedy.open(t, stream, request...)
	}
	if _, err := io.Copy(io.Discard, greedy); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the peer with too many open requests keeps its connection")
	}
	close(leave)
	for {
		frame, err := modest.framer.ReadFrame()
		if err != nil {
			t.Fatalf("the modest peer: %v", err)
		}
		if headers, ok := frame.(*http2.HeadersFrame); ok && headers.StreamID == 1 {
			break
		}
	}
}

// TestWhoDoesNotReadIsNotRead: a peer that sends and never reads can make the
// server take no more than what fits into the sockets' buffers.
func TestWhoDoesNotReadIsNotRead(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe() // without any buffer
	l := New(Config{MaxConnections: 1, MaxRequests: 1})
	c := &conn{Conn: near, socket: near, limiter: l}
	wrote := make(chan struct{})
	go func() {
		c.Write([]byte("an answer"))
		close(wrote)
	}()
	buffer := make([]byte, 3)
	if _, err := io.ReadFull(far, buffer); err != nil { // the write is under way
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		got := make([]byte, 10)
		n, _ := c.Read(got)
		read <- string(got[:n])
	}()
	// A pipe's write ends when it is read; this one could only be read by Read.
	far.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := io.WriteString(far, "more"); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the peer was read while its answer waits: %v", err)
	}
	if _, err := io.ReadFull(far, make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	<-wrote
	far.SetWriteDeadline(time.Time{})
	if _, err := io.WriteString(far, "more"); err != nil {
		t.Fatal(err)
	}
	if got := <-read; got != "more" {
		t.Errorf("read %q", got)
	}
	near.Close()
	far.Close()
}

// TestIdlePeerGetsAGoAway: before its connection is closed for another's.
func TestIdlePeerGetsAGoAway(t *testing.T) {
	t.Parallel()
	_, address := serve(t, Config{MaxConnections: 1, MaxRequests: 10}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		LetIn(w, r, "caller")
		w.Header().Del("Connection") // so that the connection stays and becomes idle
	}))
	idle := openPeer(t, address)
	idle.open(t, 1, ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "localhost")
	next := openPeer(t, address)
	next.open(t, 1, ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "localhost")
	var away *http2.GoAwayFrame
	for {
		frame, err := idle.framer.ReadFrame()
		if err != nil {
			break
		}
		if f, ok := frame.(*http2.GoAwayFrame); ok {
			away = f
		}
	}
	if away == nil || away.LastStreamID != 1 || away.ErrCode != http2.ErrCodeNo {
		t.Errorf("the idle peer got %v before its connection ended", away)
	}
	for {
		frame, err := next.framer.ReadFrame()
		if err != nil {
			t.Fatalf("the next peer: %v", err)
		}
		if headers, ok := frame.(*http2.HeadersFrame); ok && headers.StreamID == 1 {
			break
		}
	}
}

// TestPlaintextToATLSPort is answered, as net/http does.
func TestPlaintextToATLSPort(t *testing.T) {
	t.Parallel()
	_, address := serve(t, Config{MaxConnections: 1, MaxRequests: 1, TLS: &tls.Config{}}, http.NotFoundHandler())
	socket, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	io.WriteString(socket, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if answer, _ := io.ReadAll(socket); !strings.Contains(string(answer), "400 Bad Request") {
		t.Errorf("got %q", answer)
	}
}
