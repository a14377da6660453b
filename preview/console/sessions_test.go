package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/server"
)

// at returns Sessions with a clock that the test moves.
func at() (*Sessions, *time.Time) {
	s := NewSessions()
	now := time.Now()
	s.now = func() time.Time { return now }
	return s, &now
}

// letsIn reports whether a session token is one.
func letsIn(t *testing.T, s *Sessions, headers ...string) bool {
	t.Helper()
	caller, err := s.Authenticate(t.Context(), server.Credentials{Header: http.Header{"Authorization": headers}})
	if err == nil && caller.Subject != Subject {
		t.Errorf("the caller is %q", caller.Subject)
	}
	return err == nil
}

func TestExchange(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		// token gets the link's own token and returns what is sent.
		token func(s *Sessions, now *time.Time, link string) string
		ok    bool
	}{
		{"the link's", func(_ *Sessions, _ *time.Time, link string) string { return link }, true},
		{"just before its end", func(_ *Sessions, now *time.Time, link string) string {
			*now = now.Add(LinkLifetime - time.Second)
			return link
		}, true},
		{"expired", func(_ *Sessions, now *time.Time, link string) string {
			*now = now.Add(LinkLifetime)
			return link
		}, false},
		{"used", func(s *Sessions, _ *time.Time, link string) string {
			_, _ = s.Exchange(link)
			return link
		}, false},
		{"replaced by a newer one", func(s *Sessions, _ *time.Time, link string) string {
			s.NewLink()
			return link
		}, false},
		{"the newer one", func(s *Sessions, _ *time.Time, _ string) string { return s.NewLink() }, true},
		{"a session's", func(s *Sessions, _ *time.Time, link string) string {
			session, _ := s.Exchange(link)
			s.NewLink()
			return session
		}, false},
		{"none", func(*Sessions, *time.Time, string) string { return "" }, false},
		{"the beginning", func(_ *Sessions, _ *time.Time, link string) string { return link[:len(link)-1] }, false},
		{"with more", func(_ *Sessions, _ *time.Time, link string) string { return link + "A" }, false},
		{"in other letters", func(_ *Sessions, _ *time.Time, link string) string { return strings.ToUpper(link) }, false},
		{"after many guesses", func(s *Sessions, _ *time.Time, link string) string {
			for range 100 {
				_, _ = s.Exchange("guess")
			}
			return link
		}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, now := at()
			session, err := s.Exchange(test.token(s, now, s.NewLink()))
			if (err == nil) != test.ok || (session != "") != test.ok {
				t.Fatalf("session %q, error %v", session, err)
			}
			if test.ok && !letsIn(t, s, "Bearer "+session) {
				t.Error("the session is not let in")
			}
		})
	}
	if _, err := NewSessions().Exchange(""); err == nil {
		t.Error("there is no link, and one was exchanged")
	}
}

// TestOneOfManyWins: a link that is exchanged by many at once gives one session.
func TestOneOfManyWins(t *testing.T) {
	t.Parallel()
	s := NewSessions()
	link := s.NewLink()
	var won atomic.Int32
	var running sync.WaitGroup
	for range 32 {
		running.Go(func() {
			if _, err := s.Exchange(link); err == nil {
				won.Add(1)
			}
		})
	}
	running.Wait()
	if won.Load() != 1 {
		t.Errorf("%d sessions for one link", won.Load())
	}
}

// TestGuesses: wrong tokens are answered with a wait when there are too many, and
// again after it.
func TestGuesses(t *testing.T) {
	t.Parallel()
	s, now := at()
	s.NewLink()
	for i := range guessesAtOnce {
		if _, err := s.Exchange("guess"); !errors.Is(err, errUnknownToken) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	if _, err := s.Exchange("guess"); !errors.Is(err, errTooMany) {
		t.Errorf("one more: %v", err)
	}
	*now = now.Add(time.Second)
	if _, err := s.Exchange("guess"); !errors.Is(err, errUnknownToken) {
		t.Errorf("a second later: %v", err)
	}
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	s, now := at()
	link := s.NewLink()
	session, err := s.Exchange(link)
	if err != nil {
		t.Fatal(err)
	}
	*now = now.Add(24 * time.Hour)
	s.NewLink()
	if !letsIn(t, s, "Bearer "+session) || !letsIn(t, s, "bearer "+session) {
		t.Error("a new link ends the sessions")
	}
	for _, headers := range [][]string{
		nil, {""}, {"Bearer"}, {"Bearer "}, {"Basic " + session}, {session}, {"Bearer " + link}, {"Bearer " + session[1:]},
		{"Bearer " + session + " "}, {"Bearer " + session, "Bearer " + session},
	} {
		if letsIn(t, s, headers...) {
			t.Errorf("%q is let in", headers)
		}
	}
}

// TestMaxSessions: one session too many ends the one that was unused for the longest.
func TestMaxSessions(t *testing.T) {
	t.Parallel()
	s := NewSessions()
	var tokens []string
	open := func() {
		token, err := s.Exchange(s.NewLink())
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	for range MaxSessions {
		open()
	}
	if !letsIn(t, s, "Bearer "+tokens[0]) { // used last from now on
		t.Fatal("the first session is gone too early")
	}
	open()
	if !letsIn(t, s, "Bearer "+tokens[0]) || letsIn(t, s, "Bearer "+tokens[1]) || !letsIn(t, s, "Bearer "+tokens[MaxSessions]) {
		t.Error("not the one that was unused for the longest has ended")
	}
	if len(s.known) != MaxSessions || s.used.Len() != MaxSessions {
		t.Errorf("%d sessions are kept", len(s.known))
	}
}

// TestSessionRequests: what the page sends, and what it must not.
func TestSessionRequests(t *testing.T) {
	t.Parallel()
	const jsonType = "application/json"
	for _, test := range []struct {
		name, mediaType, body string
		status                int
	}{
		{"as the page does", jsonType, `{"token":"TOKEN"}`, 200},
		{"with a charset", "application/json; charset=utf-8", `{"token":"TOKEN"}` + "\n", 200},
		{"as a form", "application/x-www-form-urlencoded", `{"token":"TOKEN"}`, 415},
		{"as text, which needs no preflight", "text/plain", `{"token":"TOKEN"}`, 415},
		{"without a type", "", `{"token":"TOKEN"}`, 415},
		{"a wrong token", jsonType, `{"token":"wrong"}`, 401},
		{"no token", jsonType, `{}`, 401},
		{"a number", jsonType, `{"token":1}`, 400},
		{"another field", jsonType, `{"token":"TOKEN","more":1}`, 400},
		{"two values", jsonType, `{"token":"TOKEN"}{"token":"TOKEN"}`, 400},
		{"a list", jsonType, `["TOKEN"]`, 400},
		{"half", jsonType, `{"token":"TOKEN"`, 400},
		{"nothing", jsonType, ``, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := NewSessions()
			link := s.NewLink()
			handler := serve(t, Config{Mode: ModeLink, Sessions: s})
			w := get(handler, "POST", "/console/session", map[string]string{"Content-Type": test.mediaType}, strings.ReplaceAll(test.body, "TOKEN", link))
			if w.Code != test.status {
				t.Fatalf("status %d, want %d: %s", w.Code, test.status, w.Body)
			}
			var answer struct{ Token, Message string }
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || (answer.Token != "") != (test.status == 200) || (answer.Message != "") == (test.status == 200) {
				t.Errorf("the answer is %s", w.Body)
			}
			if strings.Contains(w.Body.String(), link) {
				t.Error("the answer repeats the token")
			}
			if test.status == 200 && !letsIn(t, s, "Bearer "+answer.Token) {
				t.Error("the session is not let in")
			}
		})
	}
	s := NewSessions()
	handler := serve(t, Config{Mode: ModeLink, Sessions: s})
	w := get(handler, "POST", "/console/session", map[string]string{"Content-Type": jsonType}, `{"token":"wrong"}`)
	for range guessesAtOnce {
		w = get(handler, "POST", "/console/session", map[string]string{"Content-Type": jsonType}, `{"token":"wrong"}`)
	}
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("too many guesses: %d %v", w.Code, w.Header())
	}
}
