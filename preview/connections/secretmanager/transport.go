package secretmanager

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// maxAnswer bounds what is read of one answer: the largest secret, written in
// JSON with every character escaped, and what stands beside it.
const maxAnswer = 512 << 10

// connectTimeout bounds what goes on behind a request that was given up.
const connectTimeout = 10 * time.Second

var (
	errTooLarge = errors.New("the manager's answer is longer than 512 KiB")
	errRedirect = errors.New("the manager's answer leads elsewhere, which is not followed")
	errPlain    = errors.New("the manager's address is not https, and not of this machine")
)

// NewClient returns the HTTP client that every manager's library is given. It
// follows no redirect, reads a bounded answer, and speaks plain HTTP only with
// this machine and with the link-local services that clouds hand out credentials
// by. trust may be nil for the system's authorities.
func NewClient(trust *tls.Config) *http.Client {
	if trust == nil {
		trust = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: &bounded{http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSClientConfig:        trust,
		TLSHandshakeTimeout:    connectTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        30 * time.Second,
		ForceAttemptHTTP2:      true,
	}}}
}

// bounded is the transport of NewClient.
type bounded struct{ transport http.Transport }

// RoundTrip implements http.RoundTripper.
func (b *bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	if !PlainAllowed(request.URL) {
		return nil, errPlain
	}
	response, err := b.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 300 && response.StatusCode < 400 {
		return nil, errors.Join(errRedirect, response.Body.Close())
	}
	response.Body = &boundedBody{response.Body, maxAnswer}
	return response, nil
}

// CloseIdleConnections is what http.Client.CloseIdleConnections calls.
func (b *bounded) CloseIdleConnections() { b.transport.CloseIdleConnections() }

// PlainAllowed reports whether an address is of https, or one that cannot be seen
// from outside this machine's link.
func PlainAllowed(address *url.URL) bool {
	host := address.Hostname()
	ip, err := netip.ParseAddr(host)
	switch {
	case address.Scheme == "https":
		return true
	case address.Scheme != "http":
		return false
	case err == nil:
		return ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip == netip.MustParseAddr("fd00:ec2::254") || ip == netip.MustParseAddr("fd00:ec2::23")
	default:
		return host == "localhost" || host == "metadata.google.internal"
	}
}

// boundedBody fails where a body is too long, which a short read would hide.
type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
