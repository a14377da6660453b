package connlimit

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// serve serves handler below a Limiter.
func serve(t *testing.T, config Config, handler http.Handler) (*Limiter, string) {
	t.Helper()
	l := New(config)
	return l, serveWith(t, l, handler)
}

func serveWith(t *testing.T, l *Limiter, handler http.Handler) string {
	t.Helper()
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
	return listener.Addr().String()
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
	l := New(Config{MaxConnections: 8, MaxRequests: 1000})
	var ahead atomic.Int64
	l.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	address := serveWith(t, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { LetIn(w, r, "caller") }))
	p := openPeer(t, address)
	good := []string{":method", "GET", ":scheme", "http", ":path", "/", ":authority", "localhost"}
	p.open(t, 1, good...) // lets it in
	const last = 101
	for stream := uint32(3); stream < last; stream += 2 {
		p.open(t, stream, ":method", "POST") // without a path
	}
	p.await(t, func(f http2.Frame) bool {
		_, reset := f.(*http2.RSTStreamFrame)
		return reset && f.Header().StreamID == last-2
	})
	eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		for c := range l.open {
			return c.idle && len(c.streams) == 0
		}
		return false
	})
	ahead.Store(int64(time.Hour))
	p.open(t, last, good...)
	p.await(t, func(f http2.Frame) bool {
		_, headers := f.(*http2.HeadersFrame)
		return headers && f.Header().StreamID == last
	})
	eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.requests == 0
	})
}

// TestOpenRequestsAreBounded: of two peers, the one that opens too many requests
// loses its connection, and the other is answered.
func TestOpenRequestsAreBounded(t *testing.T) {
	t.Parallel()
	leave := make(chan struct{})
	l, address := serve(t, Config{MaxConnections: 8, MaxRequests: 20}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		LetIn(w, r, r.RemoteAddr)
		<-leave
	}))
	greedy, modest := openPeer(t, address), openPeer(t, address)
	request := []string{":method", "GET", ":scheme", "http", ":path", "/", ":authority", "localhost"}
	modest.open(t, 1, request...)
	eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.requests == 1
	})
	for stream := uint32(1); stream < 43; stream += 2 {
		if greedy.send(stream, request...) != nil {
			break // it has lost its connection already
		}
	}
	if _, err := io.Copy(io.Discard, greedy); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the peer with too many open requests keeps its connection")
	}
	close(leave)
	modest.await(t, func(f http2.Frame) bool { _, headers := f.(*http2.HeadersFrame); return headers })
}

// TestClientThatDoesNotReadIsNotRead: a peer that sends and never reads can make the
// server take no more than what fits into the sockets' buffers.
func TestClientThatDoesNotReadIsNotRead(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe() // without any buffer
	l := New(Config{MaxConnections: 1, MaxRequests: 1})
	c := newConn(near, l)
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
	next.await(t, func(f http2.Frame) bool { _, headers := f.(*http2.HeadersFrame); return headers })
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

// TestStrangersAreTakenOneRequestAtATime: until a request was let in, the next one
// waits for the end of the one before, also of its answer.
func TestStrangersAreTakenOneRequestAtATime(t *testing.T) {
	t.Parallel()
	var running, most, mostOfStranger, all atomic.Int32
	begun, leave := make(chan struct{}, 100), make(chan struct{})
	l, address := serve(t, Config{MaxConnections: 8, MaxRequests: 100}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := running.Add(1)
		defer running.Add(-1)
		for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
		}
		if all.Add(1) == 4 {
			mostOfStranger.Store(most.Load())
			LetIn(w, r, "caller")
		}
		begun <- struct{}{}
		if all.Load() >= 4 {
			<-leave
		}
	}))
	p := openPeer(t, address)
	for stream := uint32(1); stream < 21; stream += 2 {
		p.open(t, stream, ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "localhost")
	}
	go io.Copy(io.Discard, p)
	for range 4 {
		<-begun
	}
	if n := mostOfStranger.Load(); n != 1 {
		t.Errorf("%d requests of a stranger ran at a time", n)
	}
	for range 6 { // after the fourth was let in, the others run beside it
		<-begun
	}
	close(leave)
	eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.requests == 0
	})
}

// TestAnswersThatCannotLeaveCount: net/http keeps the request until the peer's
// window lets the answer out, though the handler has returned.
func TestAnswersThatCannotLeaveCount(t *testing.T) {
	t.Parallel()
	l, address := serve(t, Config{MaxConnections: 8, MaxRequests: 100}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		LetIn(w, r, "caller")
		io.WriteString(w, "an answer")
	}))
	p := openPeer(t, address, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	const requests = 10
	for stream := uint32(1); stream < 2*requests; stream += 2 {
		p.open(t, stream, ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "localhost")
	}
	for headers := 0; headers < requests; {
		frame, err := p.framer.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := frame.(*http2.HeadersFrame); ok {
			headers++
		}
	}
	books := func() (requests, unfinished int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		for c := range l.open {
			unfinished += c.unfinished
		}
		return l.requests, unfinished
	}
	eventually(t, func() bool { _, unfinished := books(); return unfinished == 0 })
	if open, _ := books(); open != requests {
		t.Errorf("%d requests count, and %d answers wait for the peer", open, requests)
	}
	for stream := uint32(1); stream < requests; stream += 2 { // half of them
		p.framer.WriteWindowUpdate(stream, 100)
	}
	for stream := uint32(requests + 1); stream < 2*requests; stream += 2 {
		p.framer.WriteRSTStream(stream, http2.ErrCodeCancel)
	}
	eventually(t, func() bool { open, _ := books(); return open == 0 })
}
