package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// issuer gives out tokens named by their number.
type issuer struct {
	mu     sync.Mutex
	asked  int
	takes  time.Duration
	lives  time.Duration // 0: tokens do not expire
	failed error
}

func (i *issuer) request(ctx context.Context) (*oauth2.Token, error) {
	i.mu.Lock()
	i.asked++
	number, takes, lives, failed := i.asked, i.takes, i.lives, i.failed
	i.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if failed != nil {
		return nil, failed
	}
	token := &oauth2.Token{AccessToken: fmt.Sprint("token-", number)}
	if lives > 0 {
		token.Expiry = time.Now().Add(lives)
	}
	return token, nil
}

// TestAccessTokensAreRenewed: many callers wait for one request where there is no token,
// and for none where there is one: it is replaced behind their back before it ends.
func TestAccessTokensAreRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reported []error
		from := &issuer{takes: 2 * time.Second, lives: time.Hour}
		tokens := &accessTokens{request: from.request, onError: func(err error) { reported = append(reported, err) }}
		tokens.requests.Detach = true
		// get expects a token, or none, after a time.
		get := func(what, want string, after time.Duration) {
			t.Helper()
			began := time.Now()
			got, err := tokens.get(t.Context())
			if got != want || (err == nil) != (want != "") || time.Since(began) != after {
				t.Errorf("%s: got %q, %v after %v", what, got, err, time.Since(began))
			}
		}
		asked := func(what string, want int) {
			t.Helper()
			synctest.Wait()
			if from.asked != want {
				t.Errorf("%s: asked %d times, not %d", what, from.asked, want)
			}
		}
		var callers sync.WaitGroup
		for range 20 {
			callers.Go(func() { get("one of the first", "token-1", 2*time.Second) })
		}
		callers.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := tokens.get(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a caller who goes: %v", err)
			}
		})
		callers.Wait()
		asked("the first callers", 1)

		time.Sleep(54 * time.Minute)
		get("long before its end", "token-1", 0)
		asked("long before its end", 1)
		time.Sleep(time.Minute)
		for range 20 {
			get("when it is time", "token-1", 0)
		}
		asked("when it is time", 2)
		time.Sleep(3 * time.Second)
		get("after that", "token-2", 0)
		asked("after that", 2)

		// The issuer fails: the token that is there is used to its end, and the next
		// request waits a while.
		from.failed = errors.New("no token")
		time.Sleep(55 * time.Minute)
		get("while the issuer fails", "token-2", 0)
		time.Sleep(3 * time.Second)
		get("shortly after", "token-2", 0)
		asked("shortly after", 3)
		time.Sleep(renewPause)
		get("a while after", "token-2", 0)
		asked("a while after", 4)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if len(reported) != 2 {
			t.Errorf("reported %v", reported)
		}
		get("after its end", "", 2*time.Second)
		from.failed = nil
		get("when the issuer is back", "token-6", 2*time.Second)
		asked("when the issuer is back", 6)

		// A token that ends while it is being replaced is waited for.
		from.takes = 20 * time.Second
		time.Sleep(time.Hour - tokenMargin - 5*time.Second)
		get("shortly before its end", "token-6", 0)
		time.Sleep(5 * time.Second)
		get("at its end", "token-7", 15*time.Second)
		asked("at its end", 7)

		// One that does not expire is kept.
		from.takes, from.lives = 0, 0
		time.Sleep(2 * time.Hour)
		get("the next", "token-8", 0)
		time.Sleep(1000 * time.Hour)
		get("much later", "token-8", 0)
		asked("much later", 8)
	})
}

// TestKeyFileKeepsTheLastKey: what cannot be read, or is half written, leaves the last
// key in force and is reported once.
func TestKeyFileKeepsTheLastKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first\n")
	var reported []string
	key, err := KeyFile(path, func(err error) { reported = append(reported, err.Error()) })
	if err != nil {
		t.Fatal(err)
	}
	is := func(what, want string, faults int) {
		t.Helper()
		for range 2 {
			if got, err := key(t.Context()); got != want || err != nil || len(reported) != faults {
				t.Errorf("%s: got %q, %v, reported %q", what, got, err, reported)
			}
		}
	}
	is("as it was", "first", 0)
	write("")
	is("begun to be written", "first", 1)
	write("second")
	is("written", "second", 1)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	is("removed", "second", 2)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	is("a folder", "second", 3)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write("one\ntwo")
	is("two lines", "second", 4)
	write("the third\n")
	is("back", "the third", 4)
}
