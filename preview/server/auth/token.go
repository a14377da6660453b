package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

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
	// that does name an audience is meant for somebody else and refused.
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
	// KeyMaxAge is how long a fetched key may be used, and so how long a withdrawn
	// one may live on. The keys are fetched again after half of it. Default 15
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

// AccessToken returns an Authenticator that lets in who sends
// "Authorization: Bearer <JWT>" with a token that the issuer signed for this
// tenant and that is in force. It fetches no key before the first request.
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
	return errors.Join(faults...)
}

type verifier struct {
	config    TokenConfig
	algorithm jose.SignatureAlgorithm
	keys      *keys
}

// claims are what is read of a token.
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
	// Every other algorithm, "none" among them, ends here.
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
		if token.Claims(key, &c) == nil {
			return v.judge(c)
		}
	}
	return server.Caller{}, errors.New("the token's signature is not the issuer's")
}

// judge decides on the claims of a token that the issuer signed.
func (v *verifier) judge(c claims) (server.Caller, error) {
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
