// Package vault fetches the secrets of stored connections from HashiCorp Vault, or
// OpenBao, which speaks the same protocol: key-value secrets of version 1 or 2.
//
// The sidecar logs in with a token from a file, read for every secret, so that the writer
// of the file (Vault Agent, for instance) renews and replaces it; or by its Kubernetes
// service account, whose short-lived token is used for two thirds of its life and then
// got anew, and at once if Vault no longer knows it.
//
// Of the environment only Vault's extra headers (VAULT_HEADERS) and the proxies
// count; a leftover VAULT_TOKEN, VAULT_ADDR or VAULT_SKIP_VERIFY does not.
package vault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/hashicorp/vault/api"

	"github.com/op-data/sqlpreview/preview/connections/secretmanager"
)

// Scheme is the scheme of references to Vault.
const Scheme = "vault"

const (
	// DefaultMount is Config.Mount's default.
	DefaultMount = "secret"
	// DefaultKVVersion is Config.KVVersion's default.
	DefaultKVVersion = 2
)

// Config says where Vault is and what may be read there.
type Config struct {
	// Address is https://HOST:PORT, or http on this machine. It must be set.
	Address string
	// Namespace is Vault Enterprise's or OpenBao's namespace. Default: the root.
	Namespace string
	// CAFile holds the authorities that may have signed Vault's certificate, PEM,
	// read once. Default: the system's.
	CAFile string
	// TokenFile holds a token. This or Kubernetes.Role must be set.
	TokenFile string
	// Kubernetes is how to log in by a service account.
	Kubernetes Kubernetes
	// Mount is where the key-value secrets are mounted. Default: DefaultMount.
	Mount string
	// KVVersion is the version of that mount, 1 or 2. Default: DefaultKVVersion.
	KVVersion int
	// Prefix is the path below the mount under which all secrets are that may be
	// referred to. It must be set, and ends with a slash.
	Prefix string
	// MaxAge is how long a secret is remembered, and Timeout how long fetching it may
	// take. Defaults: as in secretmanager.
	MaxAge, Timeout time.Duration
}

// New returns the source of references such as "vault:shop/database#password",
// or every fault of config. It does not connect.
func New(config Config) (*secretmanager.Source, error) {
	s, err := newStore(config)
	if err != nil {
		return nil, err
	}
	options := secretmanager.Options{Scheme: Scheme, Prefix: config.Prefix, MaxAge: config.MaxAge, Timeout: config.Timeout}
	return secretmanager.New(s, options, s.http.CloseIdleConnections), nil
}

func newStore(config Config) (*store, error) {
	s := &store{config: config, login: make(chan struct{}, 1), now: time.Now}
	if s.config.Mount == "" {
		s.config.Mount = DefaultMount
	}
	if s.config.KVVersion == 0 {
		s.config.KVVersion = DefaultKVVersion
	}
	if err := s.config.check(); err != nil {
		return nil, err
	}
	trust, err := authorities(config.CAFile)
	if err != nil {
		return nil, err
	}
	s.http = secretmanager.NewClient(trust)
	if _, err := s.client(""); err != nil {
		return nil, errors.New("vault: the library does not take the address or an environment variable that begins with VAULT_")
	}
	return s, nil
}

func (c Config) check() error {
	var faults []error
	address, err := url.Parse(c.Address)
	if err != nil || address.Host == "" || address.User != nil || address.RawQuery != "" || (address.Path != "" && address.Path != "/") || !secretmanager.PlainAllowed(address) {
		faults = append(faults, errors.New("vault: the address must be https://HOST:PORT, or http on this machine"))
	}
	switch {
	case c.TokenFile == "" && c.Kubernetes.Role == "":
		faults = append(faults, errors.New("vault: there is no way to log in; set a token file or a Kubernetes role"))
	case c.TokenFile != "" && c.Kubernetes.Role != "":
		faults = append(faults, errors.New("vault: there are a token file and a Kubernetes role; set one"))
	}
	if c.KVVersion != 1 && c.KVVersion != 2 {
		faults = append(faults, errors.New("vault: the version of key-value secrets must be 1 or 2"))
	}
	if err := secretmanager.CheckPrefix(c.Mount+"/", "/"); err != nil {
		faults = append(faults, errors.New("vault: the mount must be a path without slashes at its ends"))
	}
	if err := secretmanager.CheckPrefix(c.Prefix, "/"); err != nil {
		faults = append(faults, fmt.Errorf("vault: the prefix: %w", err))
	}
	return errors.Join(faults...)
}

func authorities(file string) (*tls.Config, error) {
	if file == "" {
		return nil, nil
	}
	content, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("vault: the file of authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content) {
		return nil, errors.New("vault: the file of authorities holds no certificate in PEM")
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// store is a secretmanager.Store.
type store struct {
	config Config
	http   *http.Client
	now    func() time.Time

	// login is held while known is read or got anew.
	login chan struct{}
	known token
}

// client is cheap: what costs is the connection, which is the HTTP client's.
func (s *store) client(token string) (*api.Client, error) {
	client, err := api.NewClient(&api.Config{
		Address: s.config.Address, HttpClient: s.http, DisableRedirects: true,
		// One more try, since a standby that takes over says 5xx for a moment.
		MaxRetries: 1, MinRetryWait: 100 * time.Millisecond, MaxRetryWait: 500 * time.Millisecond,
	})
	if err != nil {
		return nil, err
	}
	client.SetToken(token)
	client.SetNamespace(s.config.Namespace)
	return client, nil
}

// Get implements secretmanager.Store. The text is a JSON object of the secret's
// members, as Vault keeps them.
func (s *store) Get(ctx context.Context, secret secretmanager.Secret) (string, error) {
	token, err := s.token(ctx)
	if err != nil {
		return "", err
	}
	found, err := s.read(ctx, token, secret)
	if statusOf(err) == http.StatusForbidden && s.forget(ctx, token) {
		if token, err = s.token(ctx); err != nil {
			return "", err
		}
		found, err = s.read(ctx, token, secret)
	}
	switch {
	case err != nil:
		return "", withoutText(err)
	case found.Data == nil: // this version was deleted
		return "", secretmanager.ErrNotFound
	}
	text, err := json.Marshal(found.Data)
	return string(text), err
}

func (s *store) read(ctx context.Context, token string, secret secretmanager.Secret) (*api.KVSecret, error) {
	client, err := s.client(token)
	if err != nil {
		return nil, err
	}
	version, err := strconv.Atoi(secret.Version)
	switch {
	case secret.Stage != "" || s.config.KVVersion == 1 && secret.Version != "":
		return nil, errNoVersions
	case secret.Version != "" && (err != nil || version < 1):
		return nil, errVersion
	case s.config.KVVersion == 1:
		return client.KVv1(s.config.Mount).Get(ctx, secret.Name)
	case secret.Version != "":
		return client.KVv2(s.config.Mount).GetVersion(ctx, secret.Name, version)
	default:
		return client.KVv2(s.config.Mount).Get(ctx, secret.Name)
	}
}

var (
	errNoVersions = errors.New("vault has no stages, and key-value secrets of version 1 have no versions")
	errVersion    = errors.New("vault's versions are numbers from 1 on")
)

// withoutText returns an error that leaves out the library's text, which names the path and the
// address.
func withoutText(err error) error {
	switch status := statusOf(err); {
	case errors.Is(err, errNoVersions), errors.Is(err, errVersion):
		return err
	case errors.Is(err, api.ErrSecretNotFound):
		return secretmanager.ErrNotFound
	case status != 0:
		return secretmanager.StatusError(status, "")
	default:
		return secretmanager.NoAnswer(err)
	}
}

// statusOf is the status of Vault's answer, or 0.
func statusOf(err error) int {
	var answer *api.ResponseError
	if errors.As(err, &answer) {
		return answer.StatusCode
	}
	return 0
}
