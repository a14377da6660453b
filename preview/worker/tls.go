package worker

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/op-data/sqlpreview/preview/internal/filecache"
	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

// TLSFiles are the files of the client's side of TLS, all PEM. They are read again
// when they change; a changed file with a fault leaves the last good content in
// force.
type TLSFiles struct {
	// CertFile and KeyFile are the client certificate. Default: none is shown.
	CertFile, KeyFile string
	// CAFile holds the authorities that may have signed Temporal's certificate.
	// Default: the system's.
	CAFile string
	// ServerName is the name that Temporal's certificate must have. Default: the host
	// of the address.
	ServerName string
	// OnError, unless it is nil, gets the fault of a changed file. It must not block.
	OnError func(error)
}

// ClientTLS returns the client's side of TLS for an address, HOST:PORT.
func ClientTLS(address string, files TLSFiles) (*tls.Config, error) {
	if files.ServerName == "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, errors.New("worker: Config.Address is not HOST:PORT")
		}
		files.ServerName = host
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: files.ServerName}
	if (files.CertFile == "") != (files.KeyFile == "") {
		return nil, errors.New("worker: TLSFiles.CertFile and TLSFiles.KeyFile belong together; set both")
	}
	if files.CertFile != "" {
		pair := &filecache.Cache[*tls.Certificate]{Paths: []string{files.CertFile, files.KeyFile}, Load: func() (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(files.CertFile, files.KeyFile)
			return &pair, syserr.Cause(err)
		}}
		if _, err := pair.Get(); err != nil {
			return nil, fmt.Errorf("worker: TLSFiles.CertFile and TLSFiles.KeyFile cannot be used: %w", err)
		}
		pair.OnError = files.OnError
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			certificate, _ := pair.Get() // an error was reported, and leaves the last good pair
			return certificate, nil
		}
	}
	if files.CAFile != "" {
		if err := files.verifyWith(config); err != nil {
			return nil, err
		}
	}
	return config, nil
}

// verifyWith makes config verify the server with the authorities as they are now: a
// tls.Config's own cannot be changed while it is used.
func (f TLSFiles) verifyWith(config *tls.Config) error {
	authorities := &filecache.Cache[*x509.CertPool]{Paths: []string{f.CAFile}, Load: func() (*x509.CertPool, error) {
		content, err := os.ReadFile(f.CAFile)
		if err != nil {
			return nil, syserr.Cause(err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(content) {
			return nil, errors.New("the file holds no PEM certificate")
		}
		return pool, nil
	}}
	if _, err := authorities.Get(); err != nil {
		return fmt.Errorf("worker: TLSFiles.CAFile cannot be used: %w", err)
	}
	authorities.OnError = f.OnError
	config.InsecureSkipVerify = true // VerifyConnection verifies chain and name, as crypto/tls would
	config.VerifyConnection = func(state tls.ConnectionState) error {
		pool, _ := authorities.Get() // an error was reported, and leaves the last good ones
		options := x509.VerifyOptions{Roots: pool, DNSName: f.ServerName, Intermediates: x509.NewCertPool()}
		if len(state.PeerCertificates) == 0 {
			return errors.New("the server showed no certificate")
		}
		for _, certificate := range state.PeerCertificates[1:] {
			options.Intermediates.AddCert(certificate)
		}
		_, err := state.PeerCertificates[0].Verify(options)
		return err
	}
	return nil
}
