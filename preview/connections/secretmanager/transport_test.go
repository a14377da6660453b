package secretmanager

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			code = 1
		}
	}
	os.Exit(code)
}

// TestClient meets a manager that answers with too much or leads elsewhere.
func TestClient(t *testing.T) {
	const canary = "canary-81f"
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the redirect was followed")
	}))
	defer elsewhere.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var status, size int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d/%d", &status, &size); err != nil {
			t.Error(err)
		}
		w.Header().Set("Location", elsewhere.URL+"/"+canary)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, strings.Repeat("x", size))
	}))
	defer server.Close()
	client := NewClient(nil)
	defer client.CloseIdleConnections()
	for _, c := range []struct {
		path string
		want error
	}{
		{"/200/10", nil}, {fmt.Sprintf("/200/%d", maxAnswer), nil}, {"/404/10", nil},
		{fmt.Sprintf("/200/%d", maxAnswer+1), errTooLarge}, {fmt.Sprintf("/500/%d", 8*maxAnswer), errTooLarge},
		{"/301/10", errRedirect}, {"/302/0", errRedirect}, {"/303/0", errRedirect}, {"/307/10", errRedirect}, {"/308/0", errRedirect},
	} {
		response, err := client.Get(server.URL + c.path)
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.path, err, c.want)
		}
		if err != nil && (!errors.Is(NoAnswer(err), c.want) || strings.Contains(NoAnswer(err).Error(), canary)) {
			t.Errorf("%s: told as %v", c.path, NoAnswer(err))
		}
	}
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	for address, want := range map[string]string{
		secure.URL:                         "certificate is not trusted",
		"http://192.0.2.1/" + canary:       "not https",
		"http://manager.invalid/" + canary: "not https",
		"http://127.0.0.1:1/" + canary:     "no connection",
	} {
		response, err := client.Get(address)
		if err == nil {
			response.Body.Close()
			t.Fatalf("%s was reached", address)
		}
		if got := NoAnswer(err).Error(); !strings.Contains(got, want) || strings.Contains(got, canary) {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

func TestNoAnswerTellsNoName(t *testing.T) {
	lost := &url.Error{Op: "Get", URL: "https://manager.invalid/canary", Err: &net.DNSError{Err: "no such host", Name: "manager.invalid"}}
	late := fmt.Errorf("reading /v1/canary: %w", context.DeadlineExceeded)
	for want, err := range map[string]error{
		"cannot be resolved": lost, "in time": late, "cannot be used": errors.New("an answer of canary"),
	} {
		if got := NoAnswer(err).Error(); !strings.Contains(got, want) || strings.Contains(got, "canary") {
			t.Errorf("%v: told as %q", err, got)
		}
	}
}

func TestPlainAllowed(t *testing.T) {
	for address, want := range map[string]bool{
		"https://vault.example": true, "http://127.0.0.1:8200": true, "http://[::1]:8200": true, "http://localhost:8200": true,
		"http://169.254.169.254": true, "http://[fd00:ec2::254]": true, "http://metadata.google.internal": true,
		"http://vault.example": false, "http://10.0.0.1": false, "http://localhost.example": false, "unix:///s": false,
		"http://127.0.0.1.example": false, "//127.0.0.1": false,
	} {
		parsed, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := PlainAllowed(parsed); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

func TestStatusesTellNoText(t *testing.T) {
	for _, c := range []struct {
		status     int
		code, want string
	}{
		{404, "", "no such secret"}, {403, "AccessDeniedException", "may not read this secret (status 403, AccessDeniedException)"},
		{401, "", "login to the manager is refused"}, {429, "", "too often"}, {503, "", "cannot answer now"},
		{400, "arn:aws:iam::1234:role/canary", "refuses the request (status 400)"}, {418, "a secret of text", "(status 418)"},
	} {
		if got := StatusError(c.status, c.code).Error(); !strings.Contains(got, c.want) {
			t.Errorf("%d %q: %q", c.status, c.code, got)
		}
	}
}
