package mcp

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	// sessionTimeout is how long a session may be idle.
	sessionTimeout = 10 * time.Minute
	// maxSessions bounds the sessions of one caller; when one more begins, the one that
	// has been idle for the longest ends. maxCallers bounds the callers with sessions.
	maxSessions = 8
	maxCallers  = 128
	// maxBeginning bounds the message that begins a session, in bytes: the session
	// keeps what the client says of itself.
	maxBeginning = 8 << 10
	// stateless is the first version of the protocol without sessions.
	stateless = "2026-07-28"
)

const (
	sessionHeader = "Mcp-Session-Id"
	versionHeader = "Mcp-Protocol-Version"
	// requestHeader carries the id of an HTTP request through the SDK, which runs a
	// session's calls under the context of its first request. What a client sends
	// under this name is replaced.
	requestHeader = "Sqlpreview-Request"
)

// HTTPOptions says how to serve over HTTP.
type HTTPOptions struct {
	// Subject names the caller of an authenticated request. A session can be used by
	// the subject that began it alone. Default: all requests are one caller's.
	Subject func(ctx context.Context) string
	// MaxBodyBytes bounds the body of one request. Default: 4 MiB, as the SDK has it
	// (DefaultMaxRequestBodyBytes). Below 0 there is no bound. The message that begins a
	// session may have 8 KiB at most, whatever this is.
	MaxBodyBytes int
}

// Handler serves the Streamable HTTP transport. It does not authenticate and checks
// neither Host nor Origin: who mounts it does. Each call runs under the context of its
// HTTP request and ends with it; there is no stream outside of a request.
//
// The caller closes it, after serving has ended.
func (s *Server) Handler(options HTTPOptions) *Handler {
	h := &Handler{server: s, options: options, callers: map[string]*httpCaller{}}
	if h.options.Subject == nil {
		h.options.Subject = func(context.Context) string { return "" }
	}
	_, _ = rand.Read(h.key[:]) // it never fails
	shared := sdk.StreamableHTTPOptions{
		SessionTimeout: sessionTimeout, MaxRequestBodyBytes: int64(options.MaxBodyBytes),
		// The one who mounts it knows the names that this machine is called by.
		DisableLocalhostProtection: true,
	}
	h.sessions = sdk.NewStreamableHTTPHandler(h.serverOf, &shared)
	single := s.server(&sdk.ServerOptions{}, h.within)
	shared.Stateless, shared.PropagateRequestCancellation = true, true
	h.stateless = sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return single }, &shared)
	return h
}

// Handler is an http.Handler for the Streamable HTTP transport. Make one with
// Server.Handler.
type Handler struct {
	server  *Server
	options HTTPOptions
	// key signs the ids of sessions with their callers.
	key                 [sha256.Size]byte
	sessions, stateless http.Handler
	requests            sync.Map // of context.Context by id

	mu      sync.Mutex
	callers map[string]*httpCaller
}

// httpCaller has the sessions of one caller.
type httpCaller struct {
	server *sdk.Server
	// used has the time of the last request of each session.
	used map[string]time.Time
}

// Close ends every session.
func (h *Handler) Close() {
	h.mu.Lock()
	var sessions []*sdk.ServerSession
	for _, c := range h.callers {
		sessions = slices.AppendSeq(sessions, c.server.Sessions())
	}
	clear(h.callers)
	h.mu.Unlock()
	for _, session := range sessions {
		_ = session.Close() // it is over either way
	}
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost && r.Method != http.MethodDelete {
		w.Header().Set("Allow", "POST, DELETE")
		http.Error(w, "there is no stream outside of a request", http.StatusMethodNotAllowed)
		return
	}
	w = &ownWords{ResponseWriter: w}
	subject := h.options.Subject(r.Context())
	id := rand.Text()
	h.requests.Store(id, r.Context())
	defer h.requests.Delete(id)
	r = r.Clone(r.Context())
	r.Header.Set(requestHeader, id)
	body := bufio.NewReaderSize(r.Body, 512)
	if isBatch(body) {
		http.Error(w, "one message a request: batches are not served", http.StatusBadRequest)
		return
	}
	r.Body = peeked{body, r.Body}
	if r.Header.Get(versionHeader) >= stateless {
		h.stateless.ServeHTTP(w, r)
		return
	}
	if session := r.Header.Get(sessionHeader); session != "" {
		if !h.owns(subject, session) {
			http.Error(w, "there is no such session", http.StatusNotFound)
			return
		}
		h.touch(subject, session)
	} else if !h.reserveSession(subject) {
		w.Header().Set("Retry-After", "60")
		http.Error(w, "too many callers have sessions", http.StatusTooManyRequests)
		return
	} else {
		r.Body = http.MaxBytesReader(w, r.Body, maxBeginning)
	}
	h.sessions.ServeHTTP(w, r)
}

// ownWords words the fault of a body that cannot be read: the SDK's messages name its own
// types.
type ownWords struct {
	http.ResponseWriter
	failed bool
}

// Unwrap is for http.ResponseController.
func (w *ownWords) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *ownWords) WriteHeader(status int) {
	w.failed = status == http.StatusBadRequest
	w.ResponseWriter.WriteHeader(status)
}

func (w *ownWords) Write(p []byte) (int, error) {
	if w.failed && bytes.HasPrefix(p, []byte("malformed payload")) {
		_, err := io.WriteString(w.ResponseWriter, "the body is not one message of JSON-RPC 2.0\n")
		return len(p), err
	}
	return w.ResponseWriter.Write(p)
}

// isBatch reports whether a body is an array of messages. Each would be a call of its
// own, and a caller's rate is counted by requests.
func isBatch(body *bufio.Reader) bool {
	for {
		first, err := body.ReadByte()
		switch {
		case err != nil:
			return false // whoever reads it will see that too
		case first == ' ' || first == '\t' || first == '\r' || first == '\n':
			continue
		}
		_ = body.UnreadByte() // a byte was read
		return first == '['
	}
}

// peeked is a body whose beginning was looked at.
type peeked struct {
	*bufio.Reader
	io.Closer
}

// within gives a call the context of its HTTP request; it also ends with ctx, which
// ends when the client cancels the call or its session.
func (h *Handler) within(ctx context.Context, extra *sdk.RequestExtra) (context.Context, context.CancelFunc) {
	if extra == nil {
		return ended(ctx)
	}
	request, ok := h.requests.Load(extra.Header.Get(requestHeader))
	if !ok { // the HTTP request is over
		return ended(ctx)
	}
	return both(request.(context.Context), ctx) //nolint:forcetypeassert // what ServeHTTP stores
}

// both returns a context with the values of the first that ends with either.
func both(values, other context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(values)
	stop := context.AfterFunc(other, cancel)
	return ctx, func() { stop(); cancel() }
}

func ended(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx, cancel
}

// serverOf returns the SDK's server of the request's caller, or nil.
func (h *Handler) serverOf(r *http.Request) *sdk.Server {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.callers[h.options.Subject(r.Context())]; c != nil {
		return c.server
	}
	return nil
}

// reserveSession makes room for one more session of a caller.
func (h *Handler) reserveSession(subject string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.callers[subject]
	if c == nil {
		if len(h.callers) >= maxCallers && !h.forget() {
			return false
		}
		c = &httpCaller{used: map[string]time.Time{}}
		c.server = h.server.server(&sdk.ServerOptions{GetSessionID: func() string { return h.newSession(subject) }}, h.within)
		h.callers[subject] = c
	}
	c.prune()
	return true
}

// prune ends the sessions that have been idle for the longest, so that one more
// may begin, and forgets those that have ended. The caller holds the lock.
func (c *httpCaller) prune() {
	open := map[string]*sdk.ServerSession{}
	for session := range c.server.Sessions() {
		open[session.ID()] = session
	}
	for id := range c.used {
		// One that is just beginning is not listed yet.
		if open[id] == nil && time.Since(c.used[id]) > time.Minute {
			delete(c.used, id)
		}
	}
	for len(open) >= maxSessions {
		var oldest string
		for id := range open {
			if oldest == "" || c.used[id].Before(c.used[oldest]) {
				oldest = id
			}
		}
		session := open[oldest]
		delete(open, oldest)
		delete(c.used, oldest)
		go func() { _ = session.Close() }() // it waits for the session's calls, which it cancels
	}
}

// forget forgets a caller without sessions. The caller holds the lock.
func (h *Handler) forget() bool {
	for subject, c := range h.callers {
		if c.prune(); len(c.used) == 0 {
			delete(h.callers, subject)
			return true
		}
	}
	return false
}

// newSession makes the id of a session, which says whose it is to us alone.
func (h *Handler) newSession(subject string) string {
	secret := rand.Text()
	id := secret + "-" + h.sign(subject, secret)
	h.touch(subject, id)
	return id
}

func (h *Handler) touch(subject, id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.callers[subject]; c != nil {
		c.used[id] = time.Now()
	}
}

func (h *Handler) owns(subject, session string) bool {
	secret, signature, _ := strings.Cut(session, "-")
	return hmac.Equal([]byte(signature), []byte(h.sign(subject, secret)))
}

func (h *Handler) sign(subject, secret string) string {
	sum := hmac.New(sha256.New, h.key[:])
	sum.Write([]byte(secret + "\x00" + subject))
	return hex.EncodeToString(sum.Sum(nil)[:16])
}
