package dsn

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// Certificates are the certificates of TLS by content, in PEM, in the place of
// the files that sslrootcert, sslcert and sslkey name. Each may be empty.
type Certificates struct {
	// Root has the authorities that the server's certificate must be from.
	Root string
	// Certificate and Key are the client's own; they go together.
	Certificate, Key string
}

// IsZero reports whether there are none.
func (c Certificates) IsZero() bool { return c == Certificates{} }

// Fingerprint is a text that is equal for equal certificates; empty for none.
func (c Certificates) Fingerprint() string {
	if c.IsZero() {
		return ""
	}
	sum := sha256.New()
	for _, text := range []string{c.Root, c.Certificate, c.Key} {
		part := sha256.Sum256([]byte(text))
		sum.Write(part[:])
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// ParseWith is Parse with certificates by content. With Root, sslmode is
// verify-full unless the string says verify-ca, or require, which then stands
// for verify-ca as it does with a file.
func ParseWith(text string, c Certificates) (*pgconn.Config, error) {
	if c.IsZero() {
		return Parse(text)
	}
	p, err := Read(text)
	if err != nil {
		return nil, err
	}
	for _, key := range []string{"sslrootcert", "sslcert", "sslkey", "sslpassword"} {
		if p[key] != "" {
			return nil, &Error{"the connection has certificates by content and " + key + " in its connection string", "leave out " + key}
		}
	}
	switch mode := p["sslmode"]; {
	case c.Root != "" && mode == "":
		p["sslmode"] = "verify-full"
	case c.Root != "" && mode == "require":
		p["sslmode"] = "verify-ca"
	case c.Root != "" && mode != "verify-ca" && mode != "verify-full", mode == "disable":
		return nil, &Error{"the connection has certificates, and an sslmode that does not check them", "set sslmode=verify-full, or leave it out"}
	}
	return p.parseWith(c)
}

func (p Parameters) parseWith(c Certificates) (*pgconn.Config, error) {
	config, err := Parse(keywords(p))
	if err != nil {
		return nil, err
	}
	var roots *x509.CertPool
	if c.Root != "" {
		if roots = x509.NewCertPool(); !roots.AppendCertsFromPEM([]byte(c.Root)) {
			return nil, &Error{"the connection's root certificate is no certificate in PEM", "store what begins with -----BEGIN CERTIFICATE-----"}
		}
	}
	var own []tls.Certificate
	if c.Certificate != "" || c.Key != "" {
		pair, err := tls.X509KeyPair([]byte(c.Certificate), []byte(c.Key))
		if err != nil { // its text is not shown: the key is a secret
			return nil, &Error{"the connection's client certificate and key are not a pair in PEM", "store both, the key without a passphrase"}
		}
		own = []tls.Certificate{pair}
	}
	for _, endpoint := range endpoints(config) {
		if endpoint.TLSConfig != nil { // not over a unix socket
			endpoint.TLSConfig.RootCAs, endpoint.TLSConfig.ClientCAs = roots, roots
			endpoint.TLSConfig.Certificates = own
		}
	}
	return config, nil
}

// Without returns a connection string of the parameters but for some keys.
func (p Parameters) Without(keys ...string) string {
	rest := Parameters{}
	for key, value := range p {
		if !slices.Contains(keys, key) {
			rest[key] = value
		}
	}
	return keywords(rest)
}
