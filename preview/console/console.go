package console

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
)

// Mode is how the page gets the bearer token that it calls the RPCs with.
type Mode string

const (
	// ModeLink has the page exchange the one-time token of its link.
	ModeLink Mode = "link"
	// ModeToken has the page ask its user for a bearer token.
	ModeToken Mode = "token"
	// ModeOpen is for RPCs that ask for no bearer token.
	ModeOpen Mode = "open"
)

// Config says how the page is served.
type Config struct {
	// Mode is how the page gets its bearer token.
	Mode Mode
	// Sessions exchanges the tokens of ModeLink; it must be set there, and nowhere else.
	Sessions *Sessions
	// Version is that of the program, for the page to show. Default: none.
	Version string
}

// New returns the handlers of the page by the patterns of their paths: "/" and those
// below /console/. They check neither Host nor Origin and bound no body: who mounts
// them does ([server.Config.Public]). The error is ErrNotBuilt in a binary without
// the page.
func New(config Config) (map[string]http.Handler, error) {
	if (config.Mode == ModeLink) != (config.Sessions != nil) {
		return nil, errors.New("console: Config.Sessions belongs to ModeLink")
	}
	files, err := embedded()
	if err != nil {
		return nil, err
	}
	content, err := json.Marshal(map[string]string{"mode": string(config.Mode), "version": config.Version})
	if err != nil {
		return nil, err
	}
	handlers := map[string]http.Handler{
		"/{$}":            only(http.MethodGet, http.HandlerFunc(files.serveIndex)),
		"/console/{file}": only(http.MethodGet, files),
		"/console/config": only(http.MethodGet, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusOK, content)
		})),
	}
	if config.Sessions != nil {
		handlers["/console/session"] = only(http.MethodPost, http.HandlerFunc(config.Sessions.exchange))
	}
	for pattern, handler := range handlers {
		handlers[pattern] = secure(handler)
	}
	return handlers, nil
}

// only refuses the other methods; HEAD is a GET without its answer.
func only(method string, next http.Handler) http.Handler {
	allow := method
	if method == http.MethodGet {
		allow = "GET, HEAD"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method && (method != http.MethodGet || r.Method != http.MethodHead) {
			w.Header().Set("Allow", allow)
			http.Error(w, "the method is not "+allow, http.StatusMethodNotAllowed)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// noncePlaceholder stands in index.html for the nonce.
const noncePlaceholder = "{{.Nonce}}"

// serveIndex serves the page with a nonce of its own.
func (a *assets) serveIndex(w http.ResponseWriter, r *http.Request) {
	nonce := randomText(16)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy("'nonce-"+nonce+"'"))
	page := bytes.ReplaceAll(a.index, []byte(noncePlaceholder), []byte(nonce))
	if r.Method != http.MethodHead {
		_, _ = w.Write(page) // when the browser is gone, there is no one to tell
	}
}

// randomText returns so many random bytes in letters that need no escape anywhere.
func randomText(bytes int) string {
	random := make([]byte, bytes)
	_, _ = rand.Read(random) // it never fails
	return base64.RawURLEncoding.EncodeToString(random)
}

// exchange answers POST /console/session: {"token": ONE-TIME} with {"token": SESSION}.
func (s *Sessions) exchange(w http.ResponseWriter, r *http.Request) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "the body is not application/json")
		return
	}
	var request struct{ Token string }
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err = decoder.Decode(&request)
	if err == nil {
		if _, rest := decoder.Token(); !errors.Is(rest, io.EOF) {
			err = errors.New("more than one value")
		}
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		refuse(w, http.StatusRequestEntityTooLarge, "the body is too large")
		return
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, `the body is not {"token": "..."}`)
		return
	}
	token, err := s.Exchange(request.Token)
	switch {
	case errors.Is(err, errTooMany):
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusTooManyRequests, err.Error())
	case err != nil:
		refuse(w, http.StatusUnauthorized, err.Error())
	default:
		content, _ := json.Marshal(map[string]string{"token": token}) // strings cannot fail
		answer(w, http.StatusOK, content)
	}
}

// refuse answers with what is wrong.
func refuse(w http.ResponseWriter, status int, message string) {
	content, _ := json.Marshal(map[string]string{"message": message}) // strings cannot fail
	answer(w, status, content)
}

// answer writes JSON.
func answer(w http.ResponseWriter, status int, content []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(content, '\n')) // when the browser is gone, there is no one to tell
}
