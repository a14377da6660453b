package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/op-data/sqlpreview/preview/internal/singleflight"
)

const (
	fetchTimeout = 5 * time.Second
	maxKeysBytes = 256 << 10
	maxKeys      = 64
	minRSABits   = 2048
	// fetchEvery is the shortest time between two fetches, so that tokens with made-up
	// key ids cannot make the sidecar flood the issuer.
	fetchEvery = 10 * time.Second
)

// keys caches the keys that the issuer publishes (JWKS, RFC 7517).
type keys struct {
	url       string
	algorithm jose.SignatureAlgorithm
	maxAge    time.Duration
	client    *http.Client
	now       func() time.Time

	fetches singleflight.Group[struct{}, struct{}]
	mu      sync.Mutex
	known   map[string][]jose.JSONWebKey
	fetched time.Time // when known was asked for
	tried   time.Time // when the last fetch began
}

func newKeys(config TokenConfig) *keys {
	client := config.Client
	if client == nil {
		client = &http.Client{
			// A redirect could lead to keys that are not the issuer's.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &keys{
		url: config.KeysURL, algorithm: jose.SignatureAlgorithm(config.Algorithm),
		maxAge: config.KeyMaxAge, client: client, now: config.Now,
		fetches: singleflight.Group[struct{}, struct{}]{Detach: true},
	}
}

// checkKeysURL refuses a URL whose answer a machine on the way could replace.
func checkKeysURL(text string) error {
	u, err := url.Parse(text)
	if err == nil && u.Host != "" && u.User == nil {
		ip, err := netip.ParseAddr(u.Hostname())
		if u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && ip.IsLoopback()) {
			return nil
		}
	}
	return errors.New("auth: TokenConfig.KeysURL must be an https URL without credentials (http only on loopback)")
}

// find returns the issuer's keys of that id, at least one.
func (k *keys) find(ctx context.Context, id string) ([]jose.JSONWebKey, error) {
	found, age := k.look(id)
	switch {
	case len(found) > 0 && age <= k.maxAge/2:
		return found, nil
	case len(found) > 0 && age <= k.maxAge:
		go k.refresh(ctx) //nolint:errcheck // these keys are good for as long again; the next caller tries again
		return found, nil
	}
	err := k.refresh(ctx)
	if ctx.Err() != nil {
		return nil, errors.New("the request ended before the issuer's keys were fetched")
	}
	if found, age = k.look(id); len(found) > 0 && age <= k.maxAge {
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	return nil, errors.New("the token's key is not one of the issuer's")
}

// look returns the keys of an id that were fetched last, and how long ago.
func (k *keys) look(id string) ([]jose.JSONWebKey, time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known[id], k.now().Sub(k.fetched)
}

// refresh fetches the keys, once for all callers that ask meanwhile, unless the last
// fetch began less than fetchEvery ago.
func (k *keys) refresh(ctx context.Context) error {
	_, err := k.fetches.Do(ctx, struct{}{}, time.Time{}, func(ctx context.Context) (none struct{}, err error) {
		began := k.now()
		k.mu.Lock()
		early := !k.tried.IsZero() && began.Sub(k.tried) < fetchEvery
		expired := began.Sub(k.fetched) > k.maxAge
		if !early {
			k.tried = began
		}
		k.mu.Unlock()
		if early && expired {
			return none, errors.New("the issuer's keys cannot be fetched; they were asked for a moment ago")
		}
		if early {
			return none, nil
		}
		ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
		defer cancel()
		known, err := k.fetch(ctx)
		if err != nil {
			return none, err
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.known, k.fetched = known, began
		return none, nil
	})
	return err
}

func (k *keys) fetch(ctx context.Context) (map[string][]jose.JSONWebKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, errors.New("the issuer's keys cannot be fetched: the URL is wrong")
	}
	request.Header.Set("Accept", "application/json")
	response, err := k.client.Do(request)
	if err != nil {
		return nil, errors.New("the issuer's keys cannot be fetched: no answer")
	}
	defer response.Body.Close() //nolint:errcheck // only read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the issuer's keys cannot be fetched: status %d", response.StatusCode)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, maxKeysBytes+1))
	if err != nil || len(content) > maxKeysBytes {
		return nil, errors.New("the issuer's keys cannot be fetched: the answer broke off or is too long")
	}
	return k.decode(content)
}

// decode returns the keys that can verify the pinned algorithm, by their ids; an
// issuer may publish others beside them.
func (k *keys) decode(content []byte) (map[string][]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(content, &set); err != nil || len(set.Keys) > maxKeys {
		return nil, errors.New("the issuer's keys cannot be used: the answer is no JWKS")
	}
	known := map[string][]jose.JSONWebKey{}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) == nil && k.fits(key) {
			known[key.KeyID] = append(known[key.KeyID], key)
		}
	}
	if len(known) == 0 {
		return nil, errors.New("the issuer's keys cannot be used: there is none for the pinned algorithm")
	}
	return known, nil
}

// fits reports whether the key may verify the pinned algorithm.
func (k *keys) fits(key jose.JSONWebKey) bool {
	if key.KeyID == "" || !key.Valid() || !key.IsPublic() ||
		key.Use != "" && key.Use != "sig" || key.Algorithm != "" && key.Algorithm != string(k.algorithm) {
		return false
	}
	name := string(k.algorithm)
	switch public := key.Key.(type) {
	case *rsa.PublicKey:
		return (strings.HasPrefix(name, "RS") || strings.HasPrefix(name, "PS")) && public.N.BitLen() >= minRSABits
	case *ecdsa.PublicKey:
		bits := map[jose.SignatureAlgorithm]int{jose.ES256: 256, jose.ES384: 384, jose.ES512: 521}
		return public.Curve.Params().BitSize == bits[k.algorithm]
	case ed25519.PublicKey:
		return k.algorithm == jose.EdDSA
	default:
		return false
	}
}
