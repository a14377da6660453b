package main

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

	"github.com/op-data/sqlpreview/preview/client"
)

// clientFiles are the files with which a command proves who it is to a sidecar,
// and knows the sidecar. The bearer token is the first of token_file.
type clientFiles struct {
	CAFile, CertFile, KeyFile string
}

// clientFlags are the flags of a command that asks a running sidecar.
type clientFlags struct {
	TokenFile string `name:"token-file" placeholder:"FILE" help:"${help_token_file} Used with --sidecar."`
	CertFile  string `name:"cert-file" placeholder:"FILE" help:"${help_cert_file} Used with --sidecar."`
	KeyFile   string `name:"key-file" placeholder:"FILE" help:"${help_key_file} Used with --sidecar."`
	CAFile    string `name:"ca-file" placeholder:"FILE" help:"${help_ca_file} Used with --sidecar."`
}

func (f clientFlags) clientSettings() []assignment {
	return []assignment{
		{key: "token_file", text: f.TokenFile, flag: "--token-file"},
		{key: "cert_file", text: f.CertFile, flag: "--cert-file"},
		{key: "key_file", text: f.KeyFile, flag: "--key-file"},
		{key: "ca_file", text: f.CAFile, flag: "--ca-file"},
	}
}

// errAddress is the fault of an address that is none.
var errAddress = errors.New("the address of the sidecar is neither unix:PATH nor HOST:PORT")

// dial makes a client of the sidecar at unix:PATH or HOST:PORT. TLS is used
// everywhere but on unix sockets and loopback addresses, and there too where a
// certificate or an authority is given. It connects when it is first used.
func (c *config) dial(address string) (*client.Client, error) {
	target, host, err := targetOf(address)
	if err != nil {
		return nil, err
	}
	settings := client.Config{Target: target}
	if c.Callers.TokenFile != "" {
		token, err := firstToken(c.Callers.TokenFile)
		if err != nil {
			return nil, settingError(err, "token_file")
		}
		settings.Token = func(context.Context) (string, error) { return token, nil }
	}
	if host != "" && (!loopbackHost(host) || c.Client != clientFiles{}) {
		if settings.TLS, err = c.Client.tls(); err != nil {
			return nil, err
		}
	}
	return client.New(settings)
}

// targetOf returns an address as gRPC writes it, and its host, empty for a unix
// socket.
func targetOf(address string) (target, host string, err error) {
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

func loopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// tls is the client's side of TLS.
func (f clientFiles) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if (f.CertFile == "") != (f.KeyFile == "") {
		return nil, errors.New("cert_file and key_file belong together; set both")
	}
	if f.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(f.CertFile, f.KeyFile)
		if err != nil {
			return nil, settingError(err, "cert_file", "key_file")
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if f.CAFile != "" {
		content, err := os.ReadFile(f.CAFile)
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

// maxTokenFile bounds what is read of a token file.
const maxTokenFile = 64 << 10

// firstToken reads the first token of a file: its first line that is not empty.
func firstToken(path string) (string, error) {
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
