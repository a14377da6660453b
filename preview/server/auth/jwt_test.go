package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/preview/server/auth"
)

// clock is a time that stands still until a test moves it on, so that a slow
// machine changes nothing.
type clock struct{ ahead atomic.Int64 }

// began is when all clocks stand still.
var began = time.Now()

func (c *clock) now() time.Time           { return began.Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(by time.Duration) { c.ahead.Add(int64(by)) }

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func public(key *rsa.PrivateKey, id string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: key.Public(), KeyID: id, Use: "sig", Algorithm: "RS256"}
}

func bearer(t *testing.T, config auth.TokenConfig) server.Authenticator {
	t.Helper()
	authenticate, err := auth.AccessToken(config)
	if err != nil {
		t.Fatal(err)
	}
	return authenticate
}

func good() map[string]any {
	return map[string]any{
		"iss": "https://issuer.example", "aud": "sidecar", "sub": "client_1", "org_id": "org_1",
		"exp": began.Add(time.Minute).Unix(), "iat": began.Unix(),
	}
}

func with(changes map[string]any) map[string]any {
	claims := good()
	maps.Copy(claims, changes)
	for key, value := range changes {
		if value == nil {
			delete(claims, key)
		}
	}
	return claims
}

func TestAccessTokens(t *testing.T) {
	key, stranger := rsaKey(t, 2048), rsaKey(t, 2048)
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issuer := newIssuer(t)
	issuer.publishKeys(t, public(key, "k1"),
		jose.JSONWebKey{Key: elliptical.Public(), KeyID: "ec", Use: "sig", Algorithm: "ES256"},
		jose.JSONWebKey{Key: stranger.Public(), KeyID: "enc", Use: "enc"})
	s := start(t, bearer(t, auth.TokenConfig{
		Issuer: "https://issuer.example", Audience: "sidecar", Organization: "org_1", KeysURL: issuer.server.URL, Now: new(clock).now,
	}), nil)

	sign := func(claims map[string]any) string { return "Bearer " + token(t, jose.RS256, key, "k1", "JWT", claims) }
	segment := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	tampered := func() string {
		parts := strings.Split(sign(good()), ".")
		return parts[0] + "." + segment(`{"iss":"https://issuer.example","aud":"sidecar","sub":"evil","org_id":"org_1","exp":9999999999}`) + "." + parts[2]
	}
	modulus, err := public(key, "k1").MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	hour := func(hours time.Duration) int64 { return began.Add(hours * time.Hour).Unix() }

	for _, c := range []struct {
		name   string
		header []string
		denial string // empty: let in
	}{
		{"good", []string{sign(good())}, ""},
		{"good, of type at+jwt", []string{"Bearer " + token(t, jose.RS256, key, "k1", "at+jwt", good())}, ""},
		{"good, among several audiences", []string{sign(with(map[string]any{"aud": []string{"x", "sidecar"}}))}, ""},
		{"good, the scheme in small letters", []string{strings.Replace(sign(good()), "Bearer", "bearer", 1)}, ""},
		{"good, expired within the leeway", []string{sign(with(map[string]any{"exp": began.Add(-5 * time.Second).Unix()}))}, ""},
		{"no header", nil, "not exactly one"},
		{"two headers", []string{sign(good()), sign(good())}, "not exactly one"},
		{"another scheme", []string{"Basic dTpw"}, "no bearer token"},
		{"no token", []string{"Bearer "}, "no bearer token"},
		{"garbage", []string{"Bearer x"}, "no JWT"},
		{"too long", []string{"Bearer " + strings.Repeat("x", 9000)}, "too long"},
		{"algorithm none", []string{"Bearer " + segment(`{"alg":"none","kid":"k1"}`) + "." + segment(`{"sub":"x"}`) + "."}, "pinned algorithm"},
		{"HS256 with the public key as secret", []string{"Bearer " + token(t, jose.HS256, modulus, "k1", "JWT", good())}, "pinned algorithm"},
		{"another algorithm of the issuer's", []string{"Bearer " + token(t, jose.ES256, elliptical, "ec", "JWT", good())}, "pinned algorithm"},
		{"another algorithm of the same key", []string{"Bearer " + token(t, jose.PS256, key, "k1", "JWT", good())}, "pinned algorithm"},
		{"an unsecured payload behind a good header", []string{tampered()}, "signature"},
		{"a stranger's signature", []string{"Bearer " + token(t, jose.RS256, stranger, "k1", "JWT", good())}, "signature"},
		{"a key for encryption", []string{"Bearer " + token(t, jose.RS256, stranger, "enc", "JWT", good())}, "not one of the issuer's"},
		{"an unknown key", []string{"Bearer " + token(t, jose.RS256, stranger, "k9", "JWT", good())}, "not one of the issuer's"},
		{"no key named", []string{"Bearer " + token(t, jose.RS256, key, "", "JWT", good())}, "does not name its key"},
		{"another type", []string{"Bearer " + token(t, jose.RS256, key, "k1", "logout+jwt", good())}, "not of the type"},
		{"another issuer", []string{sign(with(map[string]any{"iss": "https://issuer.example/"}))}, "another issuer"},
		{"no issuer", []string{sign(with(map[string]any{"iss": nil}))}, "another issuer"},
		{"another audience", []string{sign(with(map[string]any{"aud": "other"}))}, "another audience"},
		{"no audience", []string{sign(with(map[string]any{"aud": nil}))}, "another audience"},
		{"expired", []string{sign(with(map[string]any{"exp": hour(-1)}))}, "has expired"},
		{"never expires", []string{sign(with(map[string]any{"exp": nil}))}, "never expires"},
		{"not yet in force", []string{sign(with(map[string]any{"nbf": hour(1)}))}, "not in force yet"},
		{"issued in the future", []string{sign(with(map[string]any{"iat": hour(1)}))}, "in the future"},
		{"another tenant's", []string{sign(with(map[string]any{"org_id": "org_2"}))}, "another organization"},
		{"no tenant", []string{sign(with(map[string]any{"org_id": nil}))}, "another organization"},
		{"a tenant in a list", []string{sign(with(map[string]any{"org_id": []string{"org_1"}}))}, "claims are malformed"},
		{"a time in words", []string{sign(with(map[string]any{"exp": "tomorrow"}))}, "claims are malformed"},
		{"malformed claims of a stranger", []string{"Bearer " + token(t, jose.RS256, stranger, "k1", "JWT", with(map[string]any{"exp": "tomorrow"}))}, "signature"},
		{"no subject", []string{sign(with(map[string]any{"sub": nil}))}, "no subject"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := s.core.calls.Load()
			got, call := s.call(t, http.DefaultClient, c.header...)
			checkAnswer(t, s, before, got, call, c.denial)
			if c.denial == "" && call.Caller.Subject != "token:client_1" {
				t.Errorf("the caller is %q", call.Caller.Subject)
			}
		})
	}
	if n := issuer.fetches.Load(); n > 2 {
		t.Errorf("the issuer was asked %d times", n)
	}
}

// uniform is what every caller gets who is not let in.
var uniform = answer{
	status: http.StatusUnauthorized,
	body:   `{"code":"unauthenticated","message":"the caller is not authenticated"}`,
	header: `{"Content-Length":["70"],"Content-Type":["application/json"]}`,
}

// checkAnswer holds an answer against what should come: the one uniform answer,
// before the core, and the reason in the log.
func checkAnswer(t *testing.T, s *sidecar, before int64, got answer, call server.Call, denial string) {
	t.Helper()
	if denial == "" {
		if got.status != http.StatusOK || call.Denial != "" || s.core.calls.Load() != before+1 {
			t.Errorf("not let in: %+v, %q", got, call.Denial)
		}
		return
	}
	if got != uniform {
		t.Errorf("the answer is not the uniform one: %+v", got)
	}
	if s.core.calls.Load() != before {
		t.Error("the request reached the core")
	}
	if call.Outcome != server.OutcomeDenied || !strings.Contains(call.Denial, denial) {
		t.Errorf("the log says %q, want %q", call.Denial, denial)
	}
}

// TestTokensWithoutAudience is for issuers whose M2M tokens name none.
func TestTokensWithoutAudience(t *testing.T) {
	key := rsaKey(t, 2048)
	issuer := newIssuer(t)
	issuer.publishKeys(t, public(key, "k1"))
	s := start(t, bearer(t, auth.TokenConfig{
		Issuer: "https://issuer.example", Subjects: []string{"client_1"}, Organization: "org_1", KeysURL: issuer.server.URL, Now: new(clock).now,
	}), nil)
	for _, c := range []struct {
		name   string
		claims map[string]any
		denial string
	}{
		{"none, a subject that may", with(map[string]any{"aud": nil}), ""},
		{"none, a subject that may not", with(map[string]any{"aud": nil, "sub": "client_2"}), "subject is not let in"},
		{"one, for somebody else", good(), "another audience"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := s.core.calls.Load()
			got, call := s.call(t, http.DefaultClient, "Bearer "+token(t, jose.RS256, key, "k1", "JWT", c.claims))
			checkAnswer(t, s, before, got, call, c.denial)
		})
	}
}

// TestKeysRotate walks through the life of the issuer's keys.
func TestKeysRotate(t *testing.T) {
	first, second := rsaKey(t, 2048), rsaKey(t, 2048)
	issuer := newIssuer(t)
	issuer.publishKeys(t, public(first, "k1"))
	var clock clock
	authenticate, settle, err := auth.AccessTokenSettled(auth.TokenConfig{
		Issuer: "https://issuer.example", Audience: "sidecar", Organization: "org_1", KeysURL: issuer.server.URL,
		KeyMaxAge: 10 * time.Minute, Now: clock.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, authenticate, nil)
	expect := func(what string, key *rsa.PrivateKey, id, denial string) {
		t.Helper()
		before := s.core.calls.Load()
		claims := with(map[string]any{"exp": clock.now().Add(time.Minute).Unix()})
		got, call := s.call(t, http.DefaultClient, "Bearer "+token(t, jose.RS256, key, id, "JWT", claims))
		t.Log(what)
		checkAnswer(t, s, before, got, call, denial)
	}
	fetched := func(want int64) {
		t.Helper()
		settle()
		if n := issuer.fetches.Load(); n != want {
			t.Errorf("the issuer was asked %d times, want %d", n, want)
		}
	}

	expect("the first key", first, "k1", "")
	fetched(1)
	expect("a key that does not exist yet, asked for at once", second, "k2", "not one of the issuer's")
	fetched(1) // the last fetch was a moment ago

	clock.advance(20 * time.Second)
	issuer.publishKeys(t, public(first, "k1"), public(second, "k2"))
	expect("a new key is found when it is first used", second, "k2", "")
	fetched(2)
	for range 20 {
		clock.advance(100 * time.Millisecond)
		expect("made-up keys", second, "made-up", "not one of the issuer's")
	}
	fetched(2)

	// The issuer is away for less than the keys may live on.
	issuer.publish(func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) })
	clock.advance(6 * time.Minute)
	expect("the issuer is away, the keys are still young", first, "k1", "")
	fetched(3)
	clock.advance(5 * time.Minute)
	expect("the issuer is away for too long", first, "k1", "cannot be fetched: status 503")
	fetched(4)
	expect("and is not asked again at once", first, "k1", "cannot be fetched: status 503")
	fetched(4)

	clock.advance(20 * time.Second)
	issuer.publishKeys(t, public(second, "k2"))
	expect("a withdrawn key", first, "k1", "not one of the issuer's")
	expect("the key that remains", second, "k2", "")
	fetched(5)
}

func TestKeysThatCannotBeUsed(t *testing.T) {
	key := rsaKey(t, 2048)
	weak := rsaKey(t, 1024)
	tok := func(key *rsa.PrivateKey) string { return "Bearer " + token(t, jose.RS256, key, "k1", "JWT", good()) }
	set := func(keys ...jose.JSONWebKey) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			for i, k := range keys {
				text, err := k.MarshalJSON()
				if err != nil {
					t.Error(err)
				}
				fmt.Fprint(w, map[bool]string{true: `{"keys":[`, false: ","}[i == 0], string(text))
			}
			fmt.Fprint(w, "]}")
		}
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		key    *rsa.PrivateKey
		denial string
	}{
		"no JSON":               {func(w http.ResponseWriter) { fmt.Fprint(w, "<html>") }, key, "no JWKS"},
		"no keys":               {func(w http.ResponseWriter) { fmt.Fprint(w, "{}") }, key, "there is none"},
		"an answer without end": {func(w http.ResponseWriter) { fmt.Fprint(w, `{"keys":[`, strings.Repeat(" ", 300<<10), "]}") }, key, "too long"},
		"a redirect": {func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://elsewhere.example/")
			w.WriteHeader(http.StatusFound)
		}, key, "status 302"},
		"a short key":              {set(public(weak, "k1")), weak, "there is none"},
		"a secret key":             {set(jose.JSONWebKey{Key: key, KeyID: "k1"}), key, "there is none"},
		"a key without a name":     {set(jose.JSONWebKey{Key: key.Public()}), key, "there is none"},
		"a key of another purpose": {set(jose.JSONWebKey{Key: key.Public(), KeyID: "k1", Algorithm: "RSA-OAEP"}), key, "there is none"},
		"a shared secret":          {set(jose.JSONWebKey{Key: []byte("0123456789abcdef0123456789abcdef"), KeyID: "k1"}), key, "there is none"},
		"an unknown kind beside a good one": {func(w http.ResponseWriter) {
			text, err := public(key, "k1").MarshalJSON()
			if err != nil {
				t.Error(err)
			}
			fmt.Fprintf(w, `{"keys":[{"kty":"future","kid":"x"},%s],"more":1}`, text)
		}, key, ""},
		"two keys of one name": {set(public(rsaKey(t, 2048), "k1"), public(key, "k1")), key, ""},
	} {
		t.Run(name, func(t *testing.T) {
			issuer := newIssuer(t)
			issuer.publish(c.answer)
			s := start(t, bearer(t, auth.TokenConfig{
				Issuer: "https://issuer.example", Audience: "sidecar", Organization: "org_1", KeysURL: issuer.server.URL, Now: new(clock).now,
			}), nil)
			got, call := s.call(t, http.DefaultClient, tok(c.key))
			checkAnswer(t, s, 0, got, call, c.denial)
		})
	}
}

func TestTokenConfigSaysEveryFault(t *testing.T) {
	_, err := auth.AccessToken(auth.TokenConfig{Algorithm: "HS256", KeyMaxAge: time.Second})
	for _, name := range []string{"Issuer", "Organization", "KeysURL", "Audience", "Algorithm", "KeyMaxAge"} {
		if err == nil || !strings.Contains(err.Error(), "TokenConfig."+name) {
			t.Errorf("%s is not named: %v", name, err)
		}
	}
	for _, url := range []string{"http://issuer.example/jwks", "ftp://x/", "https://u:p@issuer.example/", "/jwks", "http://127.0.0.1.example/"} {
		if _, err := auth.AccessToken(auth.TokenConfig{Issuer: "i", Audience: "a", Organization: "o", KeysURL: url}); err == nil {
			t.Errorf("%s was taken", url)
		}
	}
}
