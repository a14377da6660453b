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

// keySet has the issuer's keys by their ids.
type keySet map[string][]jose.JSONWebKey

// keys caches the keys that the issuer publishes (JWKS, RFC 7517). A fetch that fails
// leaves those that are known until they are too old.
type keys struct {
	url       string
	algorithm jose.SignatureAlgorithm
	maxAge    time.Duration
	client    *http.Client

	cache *singleflight.Cache[struct{}, keySet]
	// background has the fetches that no caller waits for.
	background sync.WaitGroup
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
		url: config.KeysURL, algorithm: jose.SignatureAlgorithm(config.Algorithm), maxAge: config.KeyMaxAge, client: client,
		cache: singleflight.NewCache[struct{}](singleflight.Options[keySet]{
			Timeout: fetchTimeout, MaxEntries: 1, ErrorAge: fetchEvery, KeepOnError: true, Now: config.Now,
		}),
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

// find returns the issuer's keys of that id, at least one. Keys that are past half of
// their age are used, and fetched again beside the request.
func (k *keys) find(ctx context.Context, id string) ([]jose.JSONWebKey, error) {
	set, age, _ := k.cache.Peek(struct{}{})
	switch {
	case len(set[id]) > 0 && age <= k.maxAge/2:
		return set[id], nil
	case len(set[id]) > 0 && age <= k.maxAge:
		ctx = context.WithoutCancel(ctx)
		k.background.Go(func() { _, _ = k.refresh(ctx) }) // if it fails, a later caller tries again
		return set[id], nil
	}
	set, err := k.refresh(ctx)
	switch {
	case ctx.Err() != nil:
		return nil, errors.New("the request ended before the issuer's keys were fetched")
	case err != nil:
		return nil, err
	case len(set[id]) == 0:
		return nil, errors.New("the token's key is not one of the issuer's")
	}
	return set[id], nil
}

// refresh returns the keys that were asked for, or the error that came, less than
// fetchEvery ago; else it fetches them.
func (k *keys) refresh(ctx context.Context) (keySet, error) {
	return k.cache.Get(ctx, struct{}{}, fetchEvery, k.fetch)
}

func (k *keys) fetch(ctx context.Context) (keySet, error) {
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
func (k *keys) decode(content []byte) (keySet, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(content, &set); err != nil || len(set.Keys) > maxKeys {
		return nil, errors.New("the issuer's keys cannot be used: the answer is no JWKS")
	}
	known := keySet{}
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
