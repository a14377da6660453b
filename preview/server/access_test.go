package server_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/server"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

const token = "correct-horse-battery-staple"

func tokenFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every protocol gets the same answer to every fault, and the log the cause.
func TestBearerToken(t *testing.T) {
	t.Parallel()
	path := tokenFile(t, "an-older-token-that-still-counts\n\n"+token+"\r\n")
	authenticate, err := server.BearerTokenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, "unix", server.Config{Previewer: echo, Authenticate: authenticate})
	for protocol, ask := range clients(t, r.address) {
		for _, test := range []struct {
			authorization string
			allowed       bool
			denial        string
		}{
			{"Bearer " + token, true, ""},
			{"bearer " + token, true, ""},
			{"Bearer an-older-token-that-still-counts", true, ""},
			{"", false, "no bearer token was sent"},
			{"Bearer", false, "no bearer token was sent"},
			{"Bearer ", false, "no bearer token was sent"},
			{"Basic " + token, false, "no bearer token was sent"},
			{token, false, "no bearer token was sent"},
			{"Bearer " + token + "x", false, "the bearer token is not known"},
			{"Bearer " + token[:len(token)-1], false, "the bearer token is not known"},
			{"Bearer  " + token, false, "the bearer token is not known"},
			{"Bearer an-older-token-that-still-counts " + token, false, "the bearer token is not known"},
		} {
			header := map[string]string{}
			if test.authorization != "" {
				header["authorization"] = test.authorization
			}
			before := len(r.seen())
			got := ask(t.Context(), &previewv1.PreviewQueryRequest{Sql: "select 1"}, header)
			if test.allowed {
				if got.response == nil {
					t.Errorf("%s, %q: refused with %s %s", protocol, test.authorization, got.code, got.message)
				}
				continue
			}
			if got.code != "unauthenticated" || got.message != "the caller is not authenticated" || got.info != nil {
				t.Errorf("%s, %q: got %+v, want the one answer to all", protocol, test.authorization, got)
			}
			eventually(t, func() bool { return len(r.seen()) > before })
			call := r.seen()[before]
			// curl sends no header that has no value, and trims what others do not.
			if call.Outcome != server.OutcomeDenied || call.Denial == "" || protocol != "curl" && call.Denial != test.denial {
				t.Errorf("%s, %q: observed %+v, want the denial %q", protocol, test.authorization, call, test.denial)
			}
			if strings.Contains(call.Denial, token) {
				t.Errorf("the denial holds the token: %q", call.Denial)
			}
		}
	}
}

func TestTokenFileIsReadAgain(t *testing.T) {
	t.Parallel()
	path := tokenFile(t, token)
	authenticate, err := server.BearerTokenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(token string) error {
		_, err := authenticate(t.Context(), server.Credentials{Header: http.Header{"Authorization": {"Bearer " + token}}})
		return err
	}
	if err := try(token); err != nil {
		t.Errorf("the first token: %v", err)
	}
	const next = "another-token-altogether"
	if err := os.WriteFile(path, []byte(next), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := try(next); err != nil {
		t.Errorf("the new token: %v", err)
	}
	if try(token) == nil {
		t.Error("the old token still counts")
	}
	for name, change := range map[string]func() error{
		"empty": func() error { return os.WriteFile(path, []byte("\n \n"), 0o600) },
		"short": func() error { return os.WriteFile(path, []byte("short"), 0o600) },
		"gone":  func() error { return os.Remove(path) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		for _, given := range []string{token, next, "short", ""} {
			if try(given) == nil {
				t.Errorf("the file is %s, and %q is let in", name, given)
			}
		}
		if _, err := server.BearerTokenFile(path); err == nil {
			t.Errorf("the file is %s, and the server starts", name)
		}
		if err := os.WriteFile(path, []byte(next), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// What a web page could send is refused, over TCP under a foreign name and
// everywhere from a foreign origin.
func TestHostAndOrigin(t *testing.T) {
	t.Parallel()
	config := server.Config{
		Previewer: echo, AllowedHosts: []string{"preview.internal"}, AllowedOrigins: []string{"https://app.example.com"},
	}
	for _, test := range []struct {
		network string
		host    string
		header  map[string]string
		want    int
	}{
		{"tcp", "", nil, 200},
		{"tcp", "localhost", nil, 200},
		{"tcp", "LOCALHOST:1234", nil, 200},
		{"tcp", "[::1]:80", nil, 200},
		{"tcp", "127.0.0.9", nil, 200},
		{"tcp", "preview.internal:50051", nil, 200},
		{"tcp", "evil.example.com", nil, 403},
		{"tcp", "evil.example.com:80", nil, 403},
		{"tcp", "localhost.evil.example.com", nil, 403},
		{"tcp", "127.0.0.1.evil.example.com", nil, 403},
		{"tcp", "192.0.2.1", nil, 403},
		{"unix", "whatever", nil, 200},
		{"tcp", "localhost", map[string]string{"Origin": "https://app.example.com"}, 200},
		{"tcp", "localhost", map[string]string{"Origin": "https://evil.example.com"}, 403},
		{"tcp", "localhost", map[string]string{"Origin": "null"}, 403},
		{"tcp", "localhost", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"tcp", "evil.example.com", map[string]string{"Origin": "http://evil.example.com"}, 403},
		{"unix", "localhost", map[string]string{"Origin": "https://evil.example.com"}, 403},
	} {
		r := start(t, test.network, config)
		status, body := post(t, r, test.host, test.header, `{"sql":"select 1"}`)
		if status != test.want {
			t.Errorf("%s, host %q, %v: got %d %s, want %d", test.network, test.host, test.header, status, body, test.want)
		}
	}
}

func TestAuthenticatorSeesNoBody(t *testing.T) {
	t.Parallel()
	called := false
	r := start(t, "unix", server.Config{
		Previewer: core{},
		Authenticate: func(context.Context, server.Credentials) (server.Caller, error) {
			called = true
			return server.Caller{}, errors.New("no")
		},
	})
	// Were the body decoded first, this would be an invalid argument.
	status, body := post(t, r, "", nil, `{"sql":`)
	if status != http.StatusUnauthorized || !called {
		t.Errorf("got %d %s", status, body)
	}
}

// Health answers a probe, which has no token; reflection does not.
func TestWhatIsOpen(t *testing.T) {
	t.Parallel()
	authenticate, err := server.BearerTokenFile(tokenFile(t, token))
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, "unix", server.Config{Previewer: echo, Authenticate: authenticate})
	if got := health(t, r, previewv1connect.PreviewServiceName); got != "SERVING" {
		t.Errorf("health is %s", got)
	}
	if got := reflected(t, r, ""); got != "Unauthenticated" {
		t.Errorf("reflection without a token: %s", got)
	}
	if got := reflected(t, r, token); !strings.Contains(got, previewv1connect.PreviewServiceName) {
		t.Errorf("reflection with a token: %s", got)
	}
}
