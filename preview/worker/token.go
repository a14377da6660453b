package worker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/op-data/sqlpreview/preview/internal/singleflight"
)

const (
	// tokenTimeout bounds one request for an access token.
	tokenTimeout = 10 * time.Second
	// tokenMargin is how long before its end a token is not sent any more, so that it is
	// good when it arrives.
	tokenMargin = 10 * time.Second
	// renewBefore is how long before its end a token is replaced at the most; one that
	// lives shorter is replaced in the last quarter of its life.
	renewBefore = 5 * time.Minute
	// renewPause is how long after a request that failed the next one is made, while the
	// token that is there is still good.
	renewPause = 10 * time.Second
)

// ClientCredentials is a client of an OAuth 2.0 authorization server (RFC 6749,
// section 4.4), such as a WorkOS Connect M2M application.
type ClientCredentials struct {
	// TokenURL is where tokens are given out. It must be https, or of this machine.
	TokenURL string
	// ClientID names the client; SecretFile holds its secret, and is read again when it
	// changes. A changed file with a fault leaves the last good secret in force.
	ClientID, SecretFile string
	// Scopes and Audience are asked for where they are set.
	Scopes   []string
	Audience string
	// Client sends the requests. Default: one that follows no redirect, within 10 s.
	Client *http.Client
	// OnError, unless it is nil, gets the fault of a changed file, and that of a request
	// that was made to replace a token that is still good. It must not block.
	OnError func(error)
}

// isConfidential tells whether nobody on the way reads what is sent to a URL: it is
// https, or of this machine.
func isConfidential(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Hostname() == "" {
		return false
	}
	local := u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1"
	return u.Scheme == "https" || u.Scheme == "http" && local
}

// errNoToken quotes neither the URL nor the answer.
var errNoToken = errors.New("the authorization server gave no access token; check its URL, the client's id and its secret")

// Token returns access tokens for Config.Token. One is used until shortly before it
// expires, and replaced in the background before that, by one request at a time, so that
// calls wait for the authorization server only where there is no good token. The error of
// a request quotes neither the URL nor the answer.
func (c ClientCredentials) Token() (func(context.Context) (string, error), error) {
	if !isConfidential(c.TokenURL) {
		return nil, errors.New("worker: ClientCredentials.TokenURL is not an https URL, and the secret would travel in the clear")
	}
	if c.ClientID == "" {
		return nil, errors.New("worker: ClientCredentials.ClientID is not set")
	}
	secret, err := secretFile(c.SecretFile, c.OnError)
	if err != nil {
		return nil, fmt.Errorf("worker: ClientCredentials.SecretFile: %w", err)
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: tokenTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if c.OnError == nil {
		c.OnError = func(error) {}
	}
	tokens := &accessTokens{onError: c.OnError}
	tokens.requests.Detach = true // the token is of use to the next caller
	tokens.request = func(ctx context.Context) (*oauth2.Token, error) {
		ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, c.Client), tokenTimeout)
		defer cancel()
		config := clientcredentials.Config{ClientID: c.ClientID, ClientSecret: secret(), TokenURL: c.TokenURL, Scopes: c.Scopes}
		if c.Audience != "" {
			config.EndpointParams = map[string][]string{"audience": {c.Audience}}
		}
		token, err := config.Token(ctx)
		if err != nil {
			return nil, errNoToken
		}
		return token, nil
	}
	return tokens.get, nil
}

// accessTokens has the access token of now.
type accessTokens struct {
	request  func(context.Context) (*oauth2.Token, error)
	requests singleflight.Group[struct{}, *oauth2.Token]
	onError  func(error)

	mu      sync.Mutex
	current *oauth2.Token // nil before the first
	renewAt time.Time     // when to replace current; zero for one that does not expire
}

// get returns the access token of now, and has it replaced when it is time. Only without
// a good one does the caller wait.
func (a *accessTokens) get(ctx context.Context) (string, error) {
	now := time.Now()
	a.mu.Lock()
	token, renew := a.current, !a.renewAt.IsZero() && !now.Before(a.renewAt)
	good := token != nil && (token.Expiry.IsZero() || now.Before(token.Expiry.Add(-tokenMargin)))
	if good && renew {
		a.renewAt = now.Add(renewPause) // should this request fail
	}
	a.mu.Unlock()
	switch {
	case good && renew:
		go func() {
			if _, err := a.replace(context.WithoutCancel(ctx)); err != nil {
				a.onError(err)
			}
		}()
	case !good:
		var err error
		if token, err = a.replace(ctx); err != nil {
			return "", err
		}
	}
	return token.AccessToken, nil
}

// replace asks for a token, or joins the request that is under way.
func (a *accessTokens) replace(ctx context.Context) (*oauth2.Token, error) {
	result, err := a.requests.Do(ctx, struct{}{}, time.Time{}, func(ctx context.Context) (*oauth2.Token, error) {
		token, err := a.request(ctx)
		if err == nil {
			a.keep(token, time.Now())
		}
		return token, err
	})
	return result.Value, err
}

// keep makes a token the one of now.
func (a *accessTokens) keep(token *oauth2.Token, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.current, a.renewAt = token, time.Time{}
	if !token.Expiry.IsZero() {
		a.renewAt = token.Expiry.Add(-tokenMargin - min(renewBefore, token.Expiry.Sub(now)/4))
	}
}
