// Package dial makes clients of a running sidecar from what an operator sets: an
// address, and files that prove who calls.
package dial

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"

	"github.com/op-data/sqlpreview/preview/client"
)

// Config is what an operator sets.
type Config struct {
	// Address is unix:PATH or HOST:PORT.
	Address string
	// TokenFile holds the bearer token to send, on its first line. It is read at every
	// call, so that a rotated one is used at once. A file that cannot be read any more, or
	// is empty while it is being written, leaves the last token in force.
	TokenFile string
	// OnError, unless it is nil, gets the fault of such a file, once until it is another
	// one or the file is read again. It must not block.
	OnError func(error)
	// CAFile holds the authorities that may have signed the sidecar's certificate.
	// Default: the system's.
	CAFile string
	// CertFile and KeyFile are the client certificate to show.
	CertFile, KeyFile string
	// Attempts is how often a call is sent at most. Default: 3.
	Attempts int
}

// SettingError is what is wrong with the file that some settings name. The keys
// are those of the settings without their prefix, such as "token_file".
type SettingError struct {
	Keys []string
	Err  error
}

func (e *SettingError) Error() string { return strings.Join(e.Keys, ", ") + ": " + e.Err.Error() }

// Unwrap returns the error without the settings.
func (e *SettingError) Unwrap() error { return e.Err }

func settingError(err error, keys ...string) error { return &SettingError{keys, err} }

// errAddress is the fault of an address that is none.
var errAddress = errors.New("the address of the sidecar is neither unix:PATH nor HOST:PORT")

// Sidecar makes a client of a sidecar. TLS is used everywhere but on unix sockets and loopback
// addresses, and there too where a certificate or an authority is given. It
// connects when it is first used.
func Sidecar(config Config) (*client.Client, error) {
	target, host, err := Target(config.Address)
	if err != nil {
		return nil, err
	}
	settings := client.Config{Target: target, Attempts: config.Attempts}
	if config.TokenFile != "" {
		file := &tokenFile{path: config.TokenFile, onError: config.OnError}
		if file.last, err = FirstToken(config.TokenFile); err != nil {
			return nil, settingError(err, "token_file")
		}
		settings.Token = func(context.Context) (string, error) { return file.token(), nil }
	}
	if host != "" && (!loopback(host) || config.CAFile+config.CertFile+config.KeyFile != "") {
		if settings.TLS, err = config.tls(); err != nil {
			return nil, err
		}
	}
	return client.New(settings)
}

// Target returns an address as gRPC writes it, and its host, empty for a unix
// socket.
func Target(address string) (target, host string, err error) {
	if strings.HasPrefix(address, "/") {
		return "unix:" + address, "", nil
	}
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		if path == "" {
			return "", "", errAddress
		}
		return address, "", nil
	}
	for _, scheme := range []string{"https://", "http://"} {
		address = strings.TrimSuffix(strings.TrimPrefix(address, scheme), "/")
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "" {
		return "", "", errAddress
	}
	if host == "" {
		host = "localhost"
	}
	return net.JoinHostPort(host, port), host, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// tls is the client's side of TLS.
func (c Config) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if (c.CertFile == "") != (c.KeyFile == "") {
		return nil, errors.New("cert_file and key_file belong together; set both")
	}
	if c.CertFile != "" {
		if _, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile); err != nil {
			return nil, settingError(err, "cert_file", "key_file")
		}
		// At every handshake, so that a rotated pair is used at once.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
			return &pair, err
		}
	}
	if c.CAFile != "" {
		content, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, settingError(err, "ca_file")
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(content) {
			return nil, settingError(errors.New("the file holds no PEM certificate"), "ca_file")
		}
	}
	return config, nil
}

// tokenFile is a token file whose last good token stays in force.
type tokenFile struct {
	path    string
	onError func(error)

	mu             sync.Mutex
	last, reported string
}

// token returns the file's token of now, or the last one that it had.
func (f *tokenFile) token() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	token, err := FirstToken(f.path)
	switch {
	case err == nil:
		f.last, f.reported = token, ""
	case f.onError != nil && f.reported != err.Error():
		f.reported = err.Error()
		f.onError(err)
	}
	return f.last
}

// maxTokenFile bounds what is read of a token file.
const maxTokenFile = 64 << 10

// FirstToken reads the first token of a file: its first line that is not empty.
func FirstToken(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("the token file cannot be read: %w", errors.Unwrap(err))
	}
	if !info.Mode().IsRegular() || info.Size() > maxTokenFile {
		return "", errors.New("the token file is not a regular file of at most 64 KiB")
	}
	content, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return "", fmt.Errorf("the token file cannot be read: %w", errors.Unwrap(err))
	}
	for line := range bytes.Lines(content) {
		if token := bytes.TrimSpace(line); len(token) > 0 {
			return string(token), nil
		}
	}
	return "", errors.New("the token file holds no token")
}
