package worker

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/worker/temporaltest"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// tlsServer accepts handshakes with the certificates in a folder, and demands a
// client's of the same authority; what it got is the client's error, if any.
func tlsServer(t *testing.T, folder string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				pair, err := tls.LoadX509KeyPair(filepath.Join(folder, temporaltest.ServerCertFile), filepath.Join(folder, temporaltest.ServerKeyFile))
				if err != nil {
					return
				}
				secure := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert})
				if secure.HandshakeContext(context.Background()) == nil {
					_, _ = secure.Write(secure.ConnectionState().PeerCertificates[0].Raw[:1])
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// shake makes one connection, and tells whether both sides accepted it.
func shake(address string, config *tls.Config) error {
	conn, err := tls.Dial("tcp", address, config)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Read(make([]byte, 1))
	return err
}

// TestClientTLS: the server must have a certificate of the authority with the right
// name, the client shows its own, and all of it is read again when it is replaced.
func TestClientTLS(t *testing.T) {
	folder, other := t.TempDir(), t.TempDir()
	for _, f := range []string{folder, other} {
		if err := temporaltest.WriteCertificates(f); err != nil {
			t.Fatal(err)
		}
	}
	address := tlsServer(t, folder)
	files := func(folder string) TLSFiles {
		return TLSFiles{
			CertFile: filepath.Join(folder, temporaltest.ClientCertFile), KeyFile: filepath.Join(folder, temporaltest.ClientKeyFile),
			CAFile: filepath.Join(folder, temporaltest.CAFile),
		}
	}
	config := func(f TLSFiles) *tls.Config {
		t.Helper()
		made, err := ClientTLS(address, f)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	good := config(files(folder))
	if err := shake(address, good); err != nil {
		t.Errorf("its own authority: %v", err)
	}
	if shake(address, config(files(other))) == nil {
		t.Error("another authority is trusted")
	}
	named := files(folder)
	named.ServerName = "temporal.example.com"
	if shake(address, config(named)) == nil {
		t.Error("a certificate of another name is accepted")
	}
	named.ServerName = "localhost"
	if err := shake(address, config(named)); err != nil {
		t.Errorf("by its name: %v", err)
	}
	system := files(folder)
	system.CAFile = ""
	if shake(address, config(system)) == nil {
		t.Error("the system's authorities have signed a certificate of the test")
	}
	// The server's authority changes, and with it the files of both sides.
	if err := temporaltest.WriteCertificates(folder); err != nil {
		t.Fatal(err)
	}
	if err := shake(address, good); err != nil {
		t.Errorf("after a rotation: %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, temporaltest.CAFile), []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := shake(address, good); err != nil {
		t.Errorf("with a broken file, the last good authorities: %v", err)
	}
	for name, f := range map[string]TLSFiles{
		"a certificate alone": {CertFile: files(other).CertFile},
		"a missing file":      {CertFile: "/nonexistent/a", KeyFile: "/nonexistent/b"},
		"a broken authority":  {CAFile: filepath.Join(folder, temporaltest.CAFile)},
	} {
		if _, err := ClientTLS(address, f); err == nil {
			t.Errorf("%s is no fault", name)
		}
	}
	if _, err := ClientTLS("temporal", TLSFiles{}); err == nil {
		t.Error("an address without a port is no fault")
	}
}

// TestClientCredentials: a token is asked for once and used until it expires, with
// the secret of the file; an error quotes neither the URL nor the answer.
func TestClientCredentials(t *testing.T) {
	asked, status, life := 0, http.StatusOK, 3600
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		id, secret, _ := r.BasicAuth()
		if r.FormValue("grant_type") != "client_credentials" || id != "agent" || r.FormValue("audience") != "temporal" || r.FormValue("scope") != "a b" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		answer := map[string]any{"access_token": "token-for-" + secret, "token_type": "Bearer", "expires_in": life}
		if status != http.StatusOK {
			answer = map[string]any{"error": "hunter2"}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(issuer.Close)
	secret := filepath.Join(t.TempDir(), "secret")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(secret, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first\n")
	credentials := ClientCredentials{TokenURL: issuer.URL, ClientID: "agent", SecretFile: secret, Scopes: []string{"a", "b"}, Audience: "temporal"}
	token, err := credentials.Token()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got, err := token(t.Context()); got != "token-for-first" || err != nil {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	life = 1 // less than the margin, so every call asks
	token, err = credentials.Token()
	if err != nil {
		t.Fatal(err)
	}
	_, _ = token(t.Context())
	write("second")
	if got, err := token(t.Context()); got != "token-for-second" || err != nil {
		t.Errorf("after the secret changed: %q, %v", got, err)
	}
	status = http.StatusUnauthorized
	if _, err := token(t.Context()); err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), issuer.URL) || strings.Contains(err.Error(), "second") {
		t.Errorf("got %v", err)
	}
	for name, wrong := range map[string]ClientCredentials{
		"http":                   {TokenURL: "http://issuer.example.com/token", ClientID: "a", SecretFile: secret},
		"a user before the host": {TokenURL: "http://127.0.0.1:x@issuer.example.com/token", ClientID: "a", SecretFile: secret},
		"a host like this one":   {TokenURL: "http://localhost.example.com/token", ClientID: "a", SecretFile: secret},
		"no client":              {TokenURL: "https://issuer.example.com/token", SecretFile: secret},
		"no secret":              {TokenURL: "https://issuer.example.com/token", ClientID: "a", SecretFile: "/nonexistent"},
	} {
		if _, err := wrong.Token(); err == nil {
			t.Errorf("%s is no fault", name)
		}
	}
}

// TestKeyFile: an API key is one line of a file, and is read again when it changes.
func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	for _, wrong := range []string{"", " \n", "a\nb"} {
		if err := os.WriteFile(path, []byte(wrong), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := KeyFile(path, nil); err == nil {
			t.Errorf("%q is no fault", wrong)
		}
	}
	for _, key := range []string{"first", "the second"} {
		if err := os.WriteFile(path, []byte(key+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		read, err := KeyFile(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := read(t.Context()); got != key || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

// TestConfig: what would let rows rest readable, or is no organization, is a fault.
func TestConfig(t *testing.T) {
	keys, _ := keysOf(t, keyLine("a", 1))
	for name, tc := range map[string]struct {
		config Config
		fault  string
	}{
		"keys":          {Config{Address: "a:1", OrgID: "org_01", Keys: keys}, ""},
		"told so":       {Config{Address: "a:1", OrgID: "org_01", AllowPlaintext: true}, ""},
		"no keys":       {Config{Address: "a:1", OrgID: "org_01"}, "no keys"},
		"both":          {Config{Address: "a:1", OrgID: "org_01", Keys: keys, AllowPlaintext: true}, "both set"},
		"no address":    {Config{OrgID: "org_01", Keys: keys}, "Address"},
		"no org":        {Config{Address: "a:1", Keys: keys}, "OrgID"},
		"a slash":       {Config{Address: "a:1", OrgID: "a/b", Keys: keys}, "OrgID"},
		"a long one":    {Config{Address: "a:1", OrgID: strings.Repeat("a", 129), Keys: keys}, "OrgID"},
		"another's end": {Config{Address: "a:1", OrgID: "a\n", Keys: keys}, "OrgID"},
	} {
		err := tc.config.Check()
		if (err == nil) != (tc.fault == "") || err != nil && !strings.Contains(err.Error(), tc.fault) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	preview := func(context.Context, *previewv1.PreviewQueryRequest) (*previewv1.PreviewQueryResponse, error) {
		return nil, nil
	}
	for name, options := range map[string]Options{
		"no sidecar":       {},
		"too many":         {Preview: preview, Sessions: 1001},
		"too few":          {Preview: preview, Sessions: -1},
		"too large":        {Preview: preview, MaxResultBytes: HardMaxResultBytes + 1},
		"a version of non": {Preview: preview, Deployment: "d"},
	} {
		if options.Check() == nil {
			t.Errorf("%s is no fault", name)
		}
	}
}
