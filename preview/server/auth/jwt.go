package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server"
)

const (
	// leeway is how far the issuer's clock may be from ours.
	leeway = 30 * time.Second
	// maxToken bounds a token, in bytes.
	maxToken = 8 << 10
	// DefaultKeyMaxAge is TokenConfig.KeyMaxAge's default.
	DefaultKeyMaxAge = 15 * time.Minute
	minKeyMaxAge     = time.Minute
)

// TokenConfig says which access tokens are let in.
type TokenConfig struct {
	// Issuer must be the token's "iss".
	Issuer string
	// Audience must be among the token's "aud". It may be empty only where the
	// issuer's M2M tokens have no audience; then Subjects must be set, and a token
	// that has an audience is refused, since it is for another service.
	Audience string
	// Subjects, unless it is empty, are the only "sub" that are let in, for
	// instance the client id of the M2M application.
	Subjects []string
	// Organization must be the token's "org_id": the tenant that this sidecar
	// serves.
	Organization string
	// KeysURL is where the issuer publishes its keys (JWKS): https, or http on
	// loopback.
	KeysURL string
	// Algorithm is the one signature algorithm that is accepted: RS256, RS384,
	// RS512, PS256, PS384, PS512, ES256, ES384, ES512 or EdDSA. Default RS256.
	Algorithm string
	// RoleClaim is the claim that names the role which the caller's previews run as
	// (see preview.RequestSession). A token without it is refused. Default: none.
	RoleClaim string
	// VariableClaims has claims and the variables that get their values, for
	// instance tenant_id: app.tenant_id. A token without one of them is refused. A
	// claim is a text, a number or a boolean. Default: none.
	VariableClaims map[string]string
	// KeyMaxAge is how long a fetched key may be used, and so how long a withdrawn
	// one is accepted at most. The keys are fetched again after half of it. Default 15
	// minutes, at least one.
	KeyMaxAge time.Duration
	// Client fetches the keys. Default: a client of its own that follows no
	// redirects.
	Client *http.Client
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// DefaultAlgorithm is TokenConfig.Algorithm's default.
const DefaultAlgorithm = string(jose.RS256)

var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// AccessToken returns an Authenticator that lets in callers who send
// "Authorization: Bearer <JWT>" with a token that the issuer signed for this tenant
// and that has not expired. It fetches no key before the first request.
func AccessToken(config TokenConfig) (server.Authenticator, error) {
	verifier, err := newVerifier(config)
	if err != nil {
		return nil, err
	}
	return verifier.authenticate, nil
}

func newVerifier(config TokenConfig) (*verifier, error) {
	if config.Algorithm == "" {
		config.Algorithm = DefaultAlgorithm
	}
	if config.KeyMaxAge == 0 {
		config.KeyMaxAge = DefaultKeyMaxAge
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	return &verifier{config: config, algorithm: jose.SignatureAlgorithm(config.Algorithm), keys: newKeys(config)}, nil
}

func (c TokenConfig) check() error {
	var faults []error
	for _, field := range []struct{ name, value string }{
		{"Issuer", c.Issuer}, {"Organization", c.Organization}, {"KeysURL", c.KeysURL},
	} {
		if field.value == "" {
			faults = append(faults, fmt.Errorf("auth: TokenConfig.%s is not set", field.name))
		}
	}
	if c.Audience == "" && len(c.Subjects) == 0 {
		faults = append(faults, errors.New("auth: set TokenConfig.Audience; where the issuer's tokens have none, set Subjects"))
	}
	if !slices.Contains(algorithms, jose.SignatureAlgorithm(c.Algorithm)) {
		faults = append(faults, fmt.Errorf("auth: TokenConfig.Algorithm is %q; it must be one of %v", c.Algorithm, algorithms))
	}
	if c.KeyMaxAge < minKeyMaxAge {
		faults = append(faults, fmt.Errorf("auth: TokenConfig.KeyMaxAge is %v; it must be at least %v", c.KeyMaxAge, minKeyMaxAge))
	}
	if c.KeysURL != "" {
		faults = append(faults, checkKeysURL(c.KeysURL))
	}
	for _, claim := range slices.Sorted(maps.Keys(c.VariableClaims)) {
		if !preview.ValidVariableName(c.VariableClaims[claim]) || claim == "" {
			faults = append(faults, fmt.Errorf("auth: TokenConfig.VariableClaims has %.70q for the claim %.70q; it must be a name with a dot, as in app.tenant_id", c.VariableClaims[claim], claim))
		}
	}
	return errors.Join(faults...)
}

type verifier struct {
	config    TokenConfig
	algorithm jose.SignatureAlgorithm
	keys      *keys
}

// claims are the claims of a token that are read.
type claims struct {
	jwt.Claims
	Organization string `json:"org_id"`
}

func (v *verifier) authenticate(ctx context.Context, credentials server.Credentials) (server.Caller, error) {
	given := credentials.Header.Values("Authorization")
	if len(given) != 1 {
		return server.Caller{}, errors.New("there is not exactly one Authorization header")
	}
	scheme, text, _ := strings.Cut(given[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		return server.Caller{}, errors.New("no bearer token was sent")
	}
	if len(text) > maxToken {
		return server.Caller{}, errors.New("the token is too long")
	}
	// This refuses every other algorithm, "none" among them.
	token, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{v.algorithm})
	if err != nil || len(token.Headers) != 1 {
		return server.Caller{}, errors.New("the token is no JWT of the pinned algorithm")
	}
	header := token.Headers[0]
	if kind, ok := header.ExtraHeaders[jose.HeaderType].(string); ok && !slices.Contains([]string{"jwt", "at+jwt", "application/at+jwt"}, strings.ToLower(kind)) {
		return server.Caller{}, errors.New("the token is not of the type of an access token")
	}
	if header.KeyID == "" {
		return server.Caller{}, errors.New("the token does not name its key")
	}
	known, err := v.keys.find(ctx, header.KeyID)
	if err != nil {
		return server.Caller{}, err
	}
	for _, key := range known {
		var c claims
		var all map[string]json.RawMessage
		err := token.Claims(key, &c, &all)
		if errors.Is(err, jose.ErrCryptoFailure) {
			continue // by another key of the same id
		}
		if err != nil {
			return server.Caller{}, errors.New("the token's claims are malformed")
		}
		caller, err := v.check(c)
		if err == nil {
			caller.Session, err = v.session(all)
		}
		if err != nil {
			return server.Caller{}, err
		}
		return caller, nil
	}
	return server.Caller{}, errors.New("the token's signature is not the issuer's")
}

// session reads the claims that previews are given.
func (v *verifier) session(all map[string]json.RawMessage) (*preview.RequestSession, error) {
	if v.config.RoleClaim == "" && len(v.config.VariableClaims) == 0 {
		return nil, nil
	}
	s := &preview.RequestSession{Variables: map[string]string{}}
	for claim, variable := range v.config.VariableClaims {
		value, err := claimText(all[claim])
		if err != nil {
			return nil, fmt.Errorf("the token's claim for the variable %s %w", variable, err)
		}
		s.Variables[variable] = value
	}
	if v.config.RoleClaim != "" {
		role, err := claimText(all[v.config.RoleClaim])
		if err == nil && role == "" {
			err = errors.New("is empty")
		}
		if err != nil {
			return nil, fmt.Errorf("the token's claim for the role %w", err)
		}
		s.Role = role
	}
	return s, nil
}

// claimText is a claim's value as text: a number as it is written.
func claimText(raw json.RawMessage) (string, error) {
	var text string
	switch raw = bytes.TrimSpace(raw); {
	case len(raw) == 0, string(raw) == "null":
		return "", errors.New("is missing")
	case raw[0] == '"':
		if err := json.Unmarshal(raw, &text); err != nil || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return "", errors.New("is malformed")
		}
		return text, nil
	case raw[0] == '{', raw[0] == '[':
		return "", errors.New("is neither a text, a number nor a boolean")
	default:
		return string(raw), nil
	}
}

// check decides about the claims of a token that the issuer signed.
func (v *verifier) check(c claims) (server.Caller, error) {
	now := v.config.Now()
	switch {
	case c.Issuer != v.config.Issuer:
		return server.Caller{}, errors.New("the token is of another issuer")
	case v.config.Audience != "" && !c.Audience.Contains(v.config.Audience),
		v.config.Audience == "" && len(c.Audience) > 0:
		return server.Caller{}, errors.New("the token is for another audience")
	case c.Expiry == nil:
		return server.Caller{}, errors.New("the token never expires")
	case !now.Add(-leeway).Before(c.Expiry.Time()):
		return server.Caller{}, errors.New("the token has expired")
	case c.NotBefore != nil && now.Add(leeway).Before(c.NotBefore.Time()):
		return server.Caller{}, errors.New("the token is not in force yet")
	case c.IssuedAt != nil && now.Add(leeway).Before(c.IssuedAt.Time()):
		return server.Caller{}, errors.New("the token was issued in the future")
	case c.Organization != v.config.Organization:
		return server.Caller{}, errors.New("the token is of another organization")
	case c.Subject == "":
		return server.Caller{}, errors.New("the token has no subject")
	case len(v.config.Subjects) > 0 && !slices.Contains(v.config.Subjects, c.Subject):
		return server.Caller{}, errors.New("the token's subject is not let in")
	}
	return server.Caller{Subject: "token:" + subject(c.Subject)}, nil
}
