package worker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/op-data/sqlpreview/preview/internal/filecache"
	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

const (
	// maxSecretFile bounds what is read of a file with one secret.
	maxSecretFile = 64 << 10
	// tokenTimeout bounds one request for an access token.
	tokenTimeout = 10 * time.Second
)

// KeyFile returns the content of a file, without the white space around, for
// Config.Token: an API key. It is read again when it changes.
func KeyFile(path string) (func(context.Context) (string, error), error) {
	file := secretFile(path)
	if _, err := file.Get(); err != nil {
		return nil, err
	}
	return func(context.Context) (string, error) { return file.Get() }, nil
}

func secretFile(path string) *filecache.Cache[string] {
	return &filecache.Cache[string]{Paths: []string{path}, Load: func() (string, error) {
		info, err := os.Stat(path)
		if err != nil {
			return "", syserr.Cause(err)
		}
		if !info.Mode().IsRegular() || info.Size() > maxSecretFile {
			return "", errors.New("it is not a regular file of at most 64 KiB")
		}
		content, err := os.ReadFile(path) //nolint:gosec // the operator names the file
		if err != nil {
			return "", syserr.Cause(err)
		}
		secret := strings.TrimSpace(string(content))
		if secret == "" || strings.ContainsAny(secret, "\r\n\x00") {
			return "", errors.New("it does not hold one secret on one line")
		}
		return secret, nil
	}}
}

// ClientCredentials is a client of an OAuth 2.0 authorization server (RFC 6749,
// section 4.4), such as a WorkOS Connect M2M application.
type ClientCredentials struct {
	// TokenURL is where tokens are given out. It must be https, or of this machine.
	TokenURL string
	// ClientID names the client; SecretFile holds its secret, and is read again at
	// every request.
	ClientID, SecretFile string
	// Scopes and Audience are asked for where they are set.
	Scopes   []string
	Audience string
	// Client sends the requests. Default: one that follows no redirect, within 10 s.
	Client *http.Client
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

// Token returns access tokens for Config.Token. One is used until shortly before it
// expires. The error of a request quotes neither the URL nor the answer.
func (c ClientCredentials) Token() (func(context.Context) (string, error), error) {
	if !isConfidential(c.TokenURL) {
		return nil, errors.New("worker: ClientCredentials.TokenURL is not an https URL, and the secret would travel in the clear")
	}
	if c.ClientID == "" {
		return nil, errors.New("worker: ClientCredentials.ClientID is not set")
	}
	secret := secretFile(c.SecretFile)
	if _, err := secret.Get(); err != nil {
		return nil, fmt.Errorf("worker: ClientCredentials.SecretFile: %w", err)
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: tokenTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	source := oauth2.ReuseTokenSource(nil, tokenSource(func() (*oauth2.Token, error) {
		current, err := secret.Get()
		if err != nil {
			return nil, fmt.Errorf("the client's secret cannot be read: %w", err)
		}
		config := clientcredentials.Config{ClientID: c.ClientID, ClientSecret: current, TokenURL: c.TokenURL, Scopes: c.Scopes}
		if c.Audience != "" {
			config.EndpointParams = map[string][]string{"audience": {c.Audience}}
		}
		// The token outlives the call that it was asked for.
		token, err := config.Token(context.WithValue(context.Background(), oauth2.HTTPClient, c.Client))
		if err != nil {
			return nil, errors.New("the authorization server gave no access token; check its URL, the client's id and its secret")
		}
		return token, nil
	}))
	return func(context.Context) (string, error) {
		token, err := source.Token()
		if err != nil {
			return "", err
		}
		return token.AccessToken, nil
	}, nil
}

// tokenSource is a function as an oauth2.TokenSource.
type tokenSource func() (*oauth2.Token, error)

// Token calls f.
func (f tokenSource) Token() (*oauth2.Token, error) { return f() }
