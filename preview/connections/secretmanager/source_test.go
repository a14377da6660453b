package secretmanager

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview"
)

// memory is a store of a few texts that counts how often it is asked.
type memory struct {
	mu    sync.Mutex
	texts map[Secret]string
	asked int
}

func (m *memory) Get(_ context.Context, secret Secret) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	text, ok := m.texts[secret]
	if !ok {
		return "", ErrNotFound
	}
	return text, nil
}

func (m *memory) put(secret Secret, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.texts[secret] = text
}

func TestReferences(t *testing.T) {
	const canary = "canary-5d1"
	store := &memory{texts: map[Secret]string{
		{Name: "team/a"}:                   `{"password":"` + canary + `","port":5432,"nothing":null,"list":["` + canary + `"],"quoted":"a\"b"}`,
		{Name: "team/a", Version: "2"}:     `{"password":"second"}`,
		{Name: "team/a", Stage: "PENDING"}: `{"password":"third"}`,
		{Name: "team/b/c"}:                 "whole\n",
		{Name: "team/two"}:                 "a\n\n",
		{Name: "team/@+=.x"}:               "odd",
		{Name: "team/twice"}:               `{"k":"` + canary + `","k":"x"}`,
		{Name: "team/empty"}:               "",
		{Name: "team/binary"}:              canary + "\xff",
		{Name: "team/nul"}:                 canary + "\x00",
		{Name: "team/long"}:                strings.Repeat(canary, 7000),
		{Name: "elsewhere"}:                canary, {Name: "team/../elsewhere"}: canary,
	}}
	source := New(store, Options{Scheme: "test", Prefix: "team/"}, nil)
	for _, c := range []struct{ reference, want, fault string }{
		{reference: "test:a#password", want: canary},
		{reference: "test:a?version=2#password", want: "second"},
		{reference: "test:a?stage=PENDING#password", want: "third"},
		{reference: "test:a#port", want: "5432"},
		{reference: "test:a#quoted", want: `a"b`},
		{reference: "test:b/c", want: "whole"},
		{reference: "test:two", want: "a\n"},
		{reference: "test:@+=.x", want: "odd"},

		{reference: "test:a#none", fault: "no member"},
		{reference: "test:a#nothing", fault: "neither a text nor a number"},
		{reference: "test:a#list", fault: "neither a text nor a number"},
		{reference: "test:b/c#key", fault: "no JSON object"},
		{reference: "test:twice#k", fault: "no JSON object"},
		{reference: "test:empty", fault: "is empty"},
		{reference: "test:binary", fault: "no text in UTF-8"},
		{reference: "test:nul", fault: "no text in UTF-8"},
		{reference: "test:long", fault: "longer than 64 KiB"},
		{reference: "test:unknown", fault: "no such secret"},
		{reference: "other:a#password", fault: "does not begin"},
		{reference: "Test:a#password", fault: "does not begin"},

		{reference: "test:", fault: "name must be"},
		{reference: "test:../elsewhere", fault: "name must be"},
		{reference: "test:b/../../elsewhere", fault: "name must be"},
		{reference: "test:./a", fault: "name must be"},
		{reference: "test:.../a", fault: "name must be"},
		{reference: "test:%2e%2e/elsewhere", fault: "name must be"},
		{reference: "test:/a", fault: "name must be"},
		{reference: "test://a", fault: "name must be"},
		{reference: "test:b//c", fault: "name must be"},
		{reference: "test:b/c/", fault: "name must be"},
		{reference: `test:b\c`, fault: "name must be"},
		{reference: "test:a\n", fault: "name must be"},
		{reference: "test:a:b", fault: "name must be"},
		{reference: "test:a b", fault: "name must be"},
		{reference: "test:ä", fault: "name must be"},
		{reference: "test:" + strings.Repeat("a", 256), fault: "name must be"},
		{reference: "test:a#", fault: "the key behind #"},
		{reference: "test:a#b#c", fault: "the key behind #"},
		{reference: "test:a#password?version=2", fault: "the key behind #"},
		{reference: "test:a?#password", fault: "behind ?"},
		{reference: "test:a?version=#password", fault: "behind ?"},
		{reference: "test:a?version=2&stage=X", fault: "behind ?"},
		{reference: "test:a?version=../x", fault: "behind ?"},
		{reference: "test:a?other=2", fault: "behind ?"},
		{reference: "test:a?version=2?stage=X", fault: "behind ?"},
	} {
		got, err := source.Fetch(t.Context(), c.reference)
		switch {
		case c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)):
			t.Errorf("%s: got %q and %v, want an error with %q", c.reference, got.Reveal(), err, c.fault)
		case c.fault != "" && strings.Contains(err.Error(), canary):
			t.Errorf("%s: the error holds the secret: %v", c.reference, err)
		case c.fault == "" && (err != nil || got.Reveal() != c.want):
			t.Errorf("%s: got %q and %v, want %q", c.reference, got.Reveal(), err, c.want)
		}
	}
}

func TestCheckPrefix(t *testing.T) {
	for prefix, good := range map[string]bool{
		"team/": true, "a/b/": true, "a.b/": true, "": false, "team": false, "/": false, "/team/": false,
		"a//b/": false, "../": false, "a/../": false, "a/./": false, "a b/": false, "a%2f/": false,
	} {
		if err := CheckPrefix(prefix, "/"); (err == nil) != good {
			t.Errorf("%q: %v", prefix, err)
		}
	}
	if CheckPrefix("team-", "-_") != nil || CheckPrefix("team_", "-_") != nil || CheckPrefix("team", "-_") == nil {
		t.Error("the separators of Google Cloud")
	}
}

// TestAge moves the clock by hand.
func TestAge(t *testing.T) {
	password := Secret{Name: "a"}
	store := &memory{texts: map[Secret]string{password: "first"}}
	source := New(store, Options{Scheme: "test", MaxAge: time.Minute}, nil)
	now := time.Unix(1000, 0)
	source.cache.now = func() time.Time { return now }
	expect := func(ctx context.Context, want string, asked int) {
		t.Helper()
		got, err := source.Fetch(ctx, "test:a")
		if err != nil || got.Reveal() != want || store.asked != asked {
			t.Errorf("got %q and %v after %d questions, want %q after %d", got.Reveal(), err, store.asked, want, asked)
		}
	}
	refresh := preview.WithRefresh(t.Context())
	expect(t.Context(), "first", 1)
	store.put(password, "second")
	now = now.Add(refreshAge - 1)
	expect(t.Context(), "first", 1)
	expect(refresh, "first", 1) // asked for a moment ago
	now = now.Add(1)
	expect(t.Context(), "first", 1)
	expect(refresh, "second", 2)
	expect(refresh, "second", 2) // the one refresh is for all
	expect(t.Context(), "second", 2)
	store.put(password, "third")
	now = now.Add(time.Minute - 1)
	expect(t.Context(), "second", 2)
	now = now.Add(1)
	expect(t.Context(), "third", 3)

	// What was withdrawn stops working when it is too old, and is not remembered.
	delete(store.texts, password)
	now = now.Add(time.Minute)
	for range 2 {
		if _, err := source.Fetch(t.Context(), "test:a"); !errors.Is(err, ErrNotFound) {
			t.Errorf("a withdrawn secret: %v", err)
		}
	}
	if store.asked != 5 {
		t.Errorf("asked %d times", store.asked)
	}
	store.put(password, "fourth")
	expect(t.Context(), "fourth", 6)

	always := New(store, Options{Scheme: "test", MaxAge: -1}, nil)
	for range 3 {
		if _, err := always.Fetch(t.Context(), "test:a"); err != nil {
			t.Error(err)
		}
	}
	if kept, _ := always.cache.kept.Kept(); store.asked != 9 || kept != 0 {
		t.Errorf("without a cache: asked %d times", store.asked-6)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	store := &memory{texts: map[Secret]string{}}
	source := New(store, Options{Scheme: "test"}, nil)
	large := strings.Repeat("x", maxSecret)
	for i := range 3 * maxKept {
		name := "n" + strings.Repeat("a", i%250) + "/" + strings.Repeat("b", 1+i/250)
		store.put(Secret{Name: name}, large[:1+i*80])
		if _, err := source.Fetch(t.Context(), "test:"+name); err != nil && len(name) <= maxName {
			t.Fatal(err)
		}
		if kept, bytes := source.cache.kept.Kept(); kept > maxKept || bytes > maxKeptBytes {
			t.Fatalf("%d secrets of %d bytes are kept", kept, bytes)
		}
	}
}

// blocking answers when it is told to.
type blocking struct {
	entered chan struct{}
	answer  chan string
}

func (b *blocking) Get(context.Context, Secret) (string, error) {
	b.entered <- struct{}{}
	return <-b.answer, nil
}

// TestOneRequestServesAll: the one who asked first may go away.
func TestOneRequestServesAll(t *testing.T) {
	store := &blocking{entered: make(chan struct{}), answer: make(chan string)}
	source := New(store, Options{Scheme: "test"}, nil)
	first, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := source.Fetch(first, "test:a")
		left <- err
	}()
	<-store.entered
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the one who left: %v", err)
	}
	got := make(chan string)
	go func() {
		secret, _ := source.Fetch(t.Context(), "test:a")
		got <- secret.Reveal()
	}()
	// Either the second joins the request, or it comes when that has been
	// answered and takes what is remembered; a second request would block here.
	store.answer <- "text"
	if text := <-got; text != "text" {
		t.Errorf("the one who stayed got %q", text)
	}
}
