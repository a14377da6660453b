package auth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/filecache"
	"github.com/op-data/sqlpreview/preview/internal/syserr"
	"github.com/op-data/sqlpreview/preview/server"
)

// TLS returns the TLS configuration of a server. It reads the certificate chain and
// the key from PEM files, and reads them again when the files change. A pair that
// does not fit together, as in the middle of a rotation, leaves the last good one in
// force; then onError, unless it is nil, gets the error, at the next handshake and
// once for each error. It must not block.
//
// TLS asks clients for a certificate and proves that they hold its key.
// [ClientCertificate] decides about the certificate, for each request: so a probe
// needs none, every wrong one gets the same answer, and a withdrawn authority counts
// for nothing at once.
func TLS(certFile, keyFile string, onError func(error)) (*tls.Config, error) {
	pair := &filecache.Cache[*tls.Certificate]{
		Paths: []string{certFile, keyFile},
		Load: func() (*tls.Certificate, error) {
			certificate, err := tls.LoadX509KeyPair(certFile, keyFile)
			return &certificate, syserr.Cause(err)
		},
	}
	if _, err := pair.Get(); err != nil {
		return nil, fmt.Errorf("auth: the server's certificate or key cannot be used: %w", err)
	}
	pair.OnError = onError
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		ClientAuth: tls.RequestClientCert,
		NextProtos: []string{"h2", "http/1.1"},
		// Tickets would let a session go on without the handshake of a rotated pair.
		SessionTicketsDisabled: true,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			certificate, err := pair.Get()
			if certificate == nil {
				return nil, err
			}
			return certificate, nil
		},
	}, nil
}

// CertificateConfig says which client certificates are let in.
type CertificateConfig struct {
	// CAFile holds the PEM certificates of the authorities that may sign. It is read
	// again when it changes; while it cannot be used, every caller is refused.
	CAFile string
	// Names are the callers that are let in: a certificate must have one of them
	// as a DNS or URI subject alternative name. It must not be empty unless
	// AnyName is set.
	Names []string
	// AnyName lets in every certificate that the authorities signed. Use it only with
	// an authority that signs nothing else.
	AnyName bool
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// ClientCertificate returns an Authenticator that lets in callers with a client
// certificate. It checks the certificate for each request, so a connection is of no
// use any more once the certificate expires or its authority is withdrawn.
func ClientCertificate(config CertificateConfig) (server.Authenticator, error) {
	if config.AnyName == (len(config.Names) > 0) {
		return nil, errors.New("auth: set either CertificateConfig.Names or AnyName")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	authorities := &filecache.Cache[*x509.CertPool]{
		Paths: []string{config.CAFile},
		Load: func() (*x509.CertPool, error) {
			content, err := os.ReadFile(config.CAFile)
			if err != nil {
				return nil, syserr.Cause(err)
			}
			pool := x509.NewCertPool()
			if !pool.AppendCertsFromPEM(content) {
				return nil, errors.New("the file holds no PEM certificate")
			}
			return pool, nil
		},
	}
	if _, err := authorities.Get(); err != nil {
		return nil, fmt.Errorf("auth: the clients' certificate authorities cannot be used: %w", err)
	}
	return func(_ context.Context, credentials server.Credentials) (server.Caller, error) {
		if credentials.TLS == nil || len(credentials.TLS.PeerCertificates) == 0 {
			return server.Caller{}, errors.New("no client certificate was sent")
		}
		pool, err := authorities.Get()
		if err != nil {
			return server.Caller{}, fmt.Errorf("the clients' certificate authorities cannot be used: %w", err)
		}
		return config.check(credentials.TLS.PeerCertificates, pool)
	}, nil
}

// check decides about a chain as the client sent it, its own certificate first.
func (c CertificateConfig) check(chain []*x509.Certificate, pool *x509.CertPool) (server.Caller, error) {
	intermediates := x509.NewCertPool()
	for _, certificate := range chain[1:] {
		intermediates.AddCert(certificate)
	}
	leaf := chain[0]
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots: pool, Intermediates: intermediates, CurrentTime: c.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return server.Caller{}, certificateError(err)
	}
	names := slices.Clone(leaf.DNSNames)
	for _, uri := range leaf.URIs {
		names = append(names, uri.String())
	}
	if c.AnyName {
		return server.Caller{Subject: "certificate:" + subject(slices.Concat(names, []string{leaf.Subject.CommonName})[0])}, nil
	}
	for _, name := range names {
		if slices.Contains(c.Names, name) {
			return server.Caller{Subject: "certificate:" + subject(name)}, nil
		}
	}
	return server.Caller{}, errors.New("the client certificate has none of the names that are let in")
}

// certificateError says what is wrong with a certificate, without the names in it,
// which the library's error quotes.
func certificateError(err error) error {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &unknown):
		return errors.New("the client certificate is not of a known authority")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return errors.New("the client certificate has expired or is not valid yet")
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return errors.New("the client certificate is not for clients")
	default:
		return errors.New("the client certificate is not valid")
	}
}
