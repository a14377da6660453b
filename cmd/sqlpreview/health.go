package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/cmd/internal/dial"
	"github.com/op-data/sqlpreview/preview/client"
)

// healthCommand asks a running sidecar whether it serves. It is the probe where
// there is no shell.
type healthCommand struct {
	Live    bool          `help:"Ask only whether the process answers, not whether its database does."`
	Timeout time.Duration `placeholder:"TIME" default:"3s" help:"How long to wait for the answer: longer than the sidecar waits for its database, 2s. Default: 3s."`
	CAFile  string        `name:"ca-file" placeholder:"FILE" help:"${help_ca_file}"`
	settingFlags
	Address string `arg:"" optional:"" help:"The sidecar: unix:PATH or HOST:PORT. Default: where serve would listen by these settings."`
}

// Help says what the short lines cannot.
func (*healthCommand) Help() string {
	return `Exit code 0: it serves. 1: it does not, or does not answer. 2: misuse.
Without ADDRESS it asks the sidecar of these settings; its certificate must then be the one of tls_cert_file.`
}

// Run asks once.
func (c *healthCommand) Run(ctx context.Context, env *environment) error {
	config, err := c.load(env, assignment{key: "ca_file", text: c.CAFile, flag: "--ca-file"})
	if err != nil {
		return config.misconfigured(err)
	}
	sidecar, err := c.dial(config)
	if err != nil {
		return config.misconfigured(err)
	}
	defer sidecar.Close() //nolint:errcheck // nothing is left to send
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	serving, err := sidecar.Serving(ctx)
	switch {
	case err != nil && client.ReasonOf(err) == client.Unavailable:
		return errors.New("not serving: nothing answers at the sidecar's address")
	case err != nil:
		return errors.New("not serving: the sidecar gave no answer")
	case !serving && !c.Live:
		return errors.New("not serving: the sidecar is up and not ready; its log says why")
	}
	_, err = fmt.Fprintln(env.stdout, "serving")
	return err
}

// dial makes a client of the address given, or of the sidecar's own.
func (c *healthCommand) dial(config *config) (*client.Client, error) {
	config.Callers.TokenFile = "" // health is for everybody
	if c.Address != "" {
		config.Client.CertFile, config.Client.KeyFile = "", ""
		return config.dial(c.Address)
	}
	target, _, err := dial.Target(reachable(config.Listen))
	if err != nil {
		return nil, err
	}
	settings := client.Config{Target: target}
	if file := config.Callers.CertFile; file != "" && !strings.HasPrefix(target, "unix:") {
		pinned, err := leafOf(file)
		if err != nil {
			return nil, settingError(err, "tls_cert_file")
		}
		settings.TLS = &tls.Config{
			MinVersion: tls.VersionTLS12,
			// The name in the certificate is that of the service, not of this machine:
			// the certificate itself is compared instead.
			InsecureSkipVerify: true, //nolint:gosec // see VerifyConnection
			VerifyConnection: func(state tls.ConnectionState) error {
				if len(state.PeerCertificates) == 0 || !bytes.Equal(state.PeerCertificates[0].Raw, pinned.Raw) {
					return errors.New("the certificate is not the one of tls_cert_file")
				}
				return nil
			},
		}
	}
	return client.New(settings)
}

// reachable turns an address to listen on into one to call: every address of the
// machine has its loopback address among them.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return listen
}

// leafOf reads the first certificate of a PEM file.
func leafOf(path string) (*x509.Certificate, error) {
	content, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			return x509.ParseCertificate(block.Bytes)
		}
	}
	return nil, errors.New("the file holds no PEM certificate")
}
