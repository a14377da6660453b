package auth_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/preview/server/auth"
)

// TestClaimsBecomeTheSession: the claims that the operator names are what previews
// are given, and a token that lacks one is refused.
func TestClaimsBecomeTheSession(t *testing.T) {
	key, stranger := rsaKey(t, 2048), rsaKey(t, 2048)
	issuer := newIssuer(t)
	issuer.publishKeys(t, public(key, "k1"))
	var now clock
	authenticate := auth.All(bearer(t, auth.TokenConfig{
		Issuer: "https://issuer.example", Audience: "sidecar", Organization: "org_1", KeysURL: issuer.server.URL, Now: now.now,
		RoleClaim: "db_role", VariableClaims: map[string]string{"tenant": "app.tenant_id", "https://claims.example/level": "app.level"},
	}))
	const level = "https://claims.example/level"
	for _, test := range []struct {
		name   string
		claims map[string]any
		role   string
		values map[string]string
		denial string
	}{
		{"texts", map[string]any{"db_role": "reader", "tenant": "a' --", level: "x"}, "reader", map[string]string{"app.tenant_id": "a' --", "app.level": "x"}, ""},
		{"a number and a boolean", map[string]any{"db_role": "reader", "tenant": 9007199254740993, level: true}, "reader", map[string]string{"app.tenant_id": "9007199254740993", "app.level": "true"}, ""},
		{"an empty variable", map[string]any{"db_role": "reader", "tenant": "", level: "x"}, "reader", map[string]string{"app.tenant_id": "", "app.level": "x"}, ""},
		{"no role", map[string]any{"tenant": "a", level: "x"}, "", nil, "role is missing"},
		{"an empty role", map[string]any{"db_role": "", "tenant": "a", level: "x"}, "", nil, "role is empty"},
		{"no tenant", map[string]any{"db_role": "reader", level: "x"}, "", nil, "app.tenant_id is missing"},
		{"a null", map[string]any{"db_role": "reader", "tenant": "a", level: []any{nil}}, "", nil, "app.level is neither"},
		{"an object", map[string]any{"db_role": "reader", "tenant": map[string]any{"id": "a"}, level: "x"}, "", nil, "app.tenant_id is neither"},
		{"a NUL", map[string]any{"db_role": "reader", "tenant": "a\x00b", level: "x"}, "", nil, "app.tenant_id is malformed"},
	} {
		claims := good()
		maps.Copy(claims, test.claims)
		header := http.Header{"Authorization": {"Bearer " + token(t, jose.RS256, key, "k1", "JWT", claims)}}
		caller, err := authenticate(t.Context(), server.Credentials{Header: header})
		if test.denial != "" {
			if err == nil || !strings.Contains(err.Error(), test.denial) || strings.Contains(err.Error(), "reader") {
				t.Errorf("%s: %v, want %q", test.name, err, test.denial)
			}
			continue
		}
		if err != nil || caller.Session == nil || caller.Session.Role != test.role || !maps.Equal(caller.Session.Variables, test.values) {
			t.Errorf("%s: %+v (%v)", test.name, caller.Session, err)
		}
	}
	// What is not well-formed is called so, and a bad signature a bad signature.
	for _, test := range []struct {
		key    any
		claims map[string]any
		denial string
	}{
		{key, with(map[string]any{"exp": "tomorrow"}), "malformed"},
		{key, with(map[string]any{"org_id": 7}), "malformed"},
		{stranger, with(map[string]any{"exp": "tomorrow"}), "signature"},
		{stranger, good(), "signature"},
	} {
		header := http.Header{"Authorization": {"Bearer " + token(t, jose.RS256, test.key, "k1", "JWT", test.claims)}}
		if _, err := authenticate(t.Context(), server.Credentials{Header: header}); err == nil || !strings.Contains(err.Error(), test.denial) {
			t.Errorf("%v: %v, want %q", test.claims, err, test.denial)
		}
	}
	if _, err := auth.AccessToken(auth.TokenConfig{VariableClaims: map[string]string{"a": "search_path"}}); err == nil || !strings.Contains(err.Error(), "search_path") {
		t.Errorf("a setting of the server's as a variable: %v", err)
	}
}
