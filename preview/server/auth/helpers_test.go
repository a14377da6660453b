package auth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server"
)

// core counts who gets through to it.
type core struct{ calls atomic.Int64 }

func (c *core) Preview(context.Context, preview.Request) (*preview.Result, error) {
	c.calls.Add(1)
	return &preview.Result{}, nil
}

func (c *core) Validate(context.Context, string) (*preview.Verdict, error) {
	c.calls.Add(1)
	return &preview.Verdict{Allowed: true}, nil
}

func (c *core) Describe(context.Context, preview.Request) (*preview.Description, error) {
	c.calls.Add(1)
	return &preview.Description{}, nil
}

func (c *core) ListTables(context.Context, preview.TablesRequest) (*preview.TablePage, error) {
	c.calls.Add(1)
	return &preview.TablePage{}, nil
}

func (c *core) DescribeTable(context.Context, preview.TableRequest) (*preview.TableDescription, error) {
	c.calls.Add(1)
	return &preview.TableDescription{}, nil
}

func (c *core) ListConnections(context.Context, preview.ConnectionsRequest) (*preview.ConnectionPage, error) {
	c.calls.Add(1)
	return &preview.ConnectionPage{}, nil
}

// sidecar is a server over real TLS or plain loopback TCP.
type sidecar struct {
	core  *core
	url   string
	calls chan server.Call
}

func start(t *testing.T, authenticate server.Authenticator, config *tls.Config) *sidecar {
	t.Helper()
	s := &sidecar{core: &core{}, calls: make(chan server.Call, 1)}
	handler, err := server.New(server.Config{
		Previewer: s.core, Authenticate: authenticate,
		Observe: func(_ context.Context, call server.Call) { s.calls <- call },
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + listener.Addr().String()
	if config != nil {
		s.url = "https://" + listener.Addr().String()
		listener = tls.NewListener(listener, config)
	}
	web := &http.Server{Handler: handler.Handler()}
	done := make(chan struct{})
	go func() { web.Serve(listener); close(done) }()
	t.Cleanup(func() { web.Close(); <-done })
	return s
}

// answer is all that a caller sees.
type answer struct {
	status int
	body   string
	header string
}

func (s *sidecar) call(t *testing.T, client *http.Client, authorization ...string) (answer, server.Call) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, s.url+"/opdata.preview.v1.PreviewService/ValidateQuery", strings.NewReader(`{"sql":"select 1"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header["Authorization"] = authorization
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	response.Header.Del("Date")
	header, err := json.Marshal(response.Header)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, string(body), string(header)}, <-s.calls
}

// authority is a certificate authority.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: began.Add(-time.Hour), NotAfter: began.Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{certificate, key}
}

func (a *authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw}))
}

// leaf is a certificate with its key in PEM.
type leaf struct{ certificate, key string }

func (a *authority) sign(t *testing.T, change func(*x509.Certificate)) leaf {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<60))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "leaf"},
		NotBefore: began.Add(-time.Hour), NotAfter: began.Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	change(template)
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return leaf{
		certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		key:         string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})),
	}
}

func (l leaf) pair(t *testing.T) tls.Certificate {
	t.Helper()
	pair, err := tls.X509KeyPair([]byte(l.certificate), []byte(l.key))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func named(names ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		for _, name := range names {
			if u, err := url.Parse(name); err == nil && u.Scheme != "" {
				c.URIs = append(c.URIs, u)
			} else {
				c.DNSNames = append(c.DNSNames, name)
			}
		}
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	// As a rotation does it: the new file takes the place of the old one.
	if err := os.WriteFile(name+".new", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

// issuer publishes keys over HTTP and signs tokens.
type issuer struct {
	server  *httptest.Server
	fetches atomic.Int64

	mu     sync.Mutex
	answer func(http.ResponseWriter)
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{}
	i.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i.fetches.Add(1)
		i.mu.Lock()
		answer := i.answer
		i.mu.Unlock()
		answer(w)
	}))
	t.Cleanup(i.server.Close)
	return i
}

func (i *issuer) publish(answer func(http.ResponseWriter)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = answer
}

func (i *issuer) publishKeys(t *testing.T, keys ...jose.JSONWebKey) {
	t.Helper()
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	i.publish(func(w http.ResponseWriter) { w.Write(text) })
}

// token signs claims; header changes the header.
func token(t *testing.T, algorithm jose.SignatureAlgorithm, key any, id, kind string, claims map[string]any) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(kind))
	if id != "" {
		options = options.WithHeader(jose.HeaderKey("kid"), id)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}
