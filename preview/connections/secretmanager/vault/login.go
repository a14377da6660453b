package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/vault/api/auth/kubernetes"

	"github.com/op-data/sqlpreview/preview/connections/secretmanager"
)

// Kubernetes is how to log in by a service account.
type Kubernetes struct {
	// Role is Vault's role for the service account.
	Role string
	// Mount is where Vault's Kubernetes login is mounted. Default: "kubernetes".
	Mount string
	// TokenFile holds the service account's token, read at each login. Default:
	// where Kubernetes mounts it.
	TokenFile string
}

const (
	defaultLoginMount  = "kubernetes"
	serviceAccountFile = "/var/run/secrets/kubernetes.io/serviceaccount/token"
	maxToken           = 16 << 10
	// loginAge is how old a token must be to be got anew because Vault refused it: a
	// secret that the role may not read must not cause a login each time.
	loginAge = 10 * time.Second
)

// token is what a login gave.
type token struct {
	text  string
	since time.Time
	// until is when it is to be got anew; zero for never.
	until time.Time
}

// token returns what to send to Vault.
func (s *store) token(ctx context.Context) (string, error) {
	if s.config.TokenFile != "" {
		return readToken(s.config.TokenFile)
	}
	if err := s.lock(ctx); err != nil {
		return "", err
	}
	defer s.unlock()
	now := s.now()
	if s.known.text != "" && (s.known.until.IsZero() || now.Before(s.known.until)) {
		return s.known.text, nil
	}
	got, err := s.logIn(ctx)
	if err != nil {
		return "", err
	}
	got.since = now
	s.known = got
	return got.text, nil
}

// forget drops a token that Vault refused, and reports whether another should be
// got in its place.
func (s *store) forget(ctx context.Context, refused string) bool {
	if s.config.TokenFile != "" || s.lock(ctx) != nil {
		return false
	}
	defer s.unlock()
	if s.known.text == refused {
		if s.now().Sub(s.known.since) < loginAge {
			return false
		}
		s.known = token{}
	}
	return true
}

// logIn logs in by the service account.
func (s *store) logIn(ctx context.Context) (token, error) {
	k := s.config.Kubernetes
	if k.Mount == "" {
		k.Mount = defaultLoginMount
	}
	if k.TokenFile == "" {
		k.TokenFile = serviceAccountFile
	}
	account, err := readToken(k.TokenFile)
	if err != nil {
		return token{}, err
	}
	method, err := kubernetes.NewKubernetesAuth(k.Role, kubernetes.WithMountPath(k.Mount), kubernetes.WithServiceAccountToken(account))
	if err != nil {
		return token{}, errors.New("the library does not take the Kubernetes login")
	}
	client, err := s.client("")
	if err != nil {
		return token{}, secretmanager.NoAnswer(err)
	}
	began := s.now()
	answer, err := client.Auth().Login(ctx, method)
	switch {
	case statusOf(err) != 0:
		return token{}, fmt.Errorf("the login by the service account: %w", withoutText(err))
	case err != nil:
		return token{}, withoutText(err)
	case answer == nil || answer.Auth == nil || answer.Auth.ClientToken == "":
		return token{}, errors.New("the login by the service account gave no token")
	}
	got := token{text: answer.Auth.ClientToken}
	if life := time.Duration(answer.Auth.LeaseDuration) * time.Second; life > 0 {
		got.until = began.Add(life * 2 / 3)
	}
	return got, nil
}

// lock is a mutex that a context can end the waiting for.
func (s *store) lock(ctx context.Context) error {
	select {
	case s.login <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errors.New("the manager did not answer in time")
	}
}

func (s *store) unlock() { <-s.login }

// readToken reads a token that a file holds. Its error has no path.
func readToken(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", cannotRead(err)
	}
	if !info.Mode().IsRegular() { // a pipe would keep us waiting
		return "", errors.New("the token file is no file")
	}
	file, err := os.Open(name) //nolint:gosec // the operator names the file
	if err != nil {
		return "", cannotRead(err)
	}
	defer file.Close() //nolint:errcheck // only read
	content, err := io.ReadAll(io.LimitReader(file, maxToken+1))
	text := strings.TrimSpace(string(content))
	if err != nil || text == "" || len(content) > maxToken || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("the token file holds no token")
	}
	return text, nil
}

func cannotRead(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	return fmt.Errorf("the token file cannot be read: %w", err)
}
