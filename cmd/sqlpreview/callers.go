package main

import (
	"crypto/tls"
	"errors"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/preview/server/auth"
)

// callers are the settings of who may call. Every proof that is configured is asked
// for.
type callers struct {
	TokenFile         string
	CertFile, KeyFile string
	ClientCAFile      string
	ClientNames       []string
	Issuer, Audience  string
	Subjects          []string
	Organization      string
	KeysURL           string
	Algorithm         string
	RoleClaim         string
	VariableClaims    []string
}

// anyName in client_names lets in every certificate of the authority.
const anyName = "*"

// open returns the server's TLS configuration, nil for none, and its Authenticator, nil
// if everyone who can connect may call; or every fault of c. warn is called when a changed
// certificate cannot be used.
func (c callers) open(warn func(what string, why error)) (*tls.Config, server.Authenticator, error) {
	serverTLS, tlsErr := c.serverTLS(warn)
	authenticate, callerErr := c.authenticator()
	if err := errors.Join(append(c.conflicts(), tlsErr, callerErr)...); err != nil {
		return nil, nil, err
	}
	return serverTLS, authenticate, nil
}

// serverTLS returns the server's TLS configuration, nil for none.
func (c callers) serverTLS(warn func(what string, why error)) (*tls.Config, error) {
	if c.CertFile == "" || c.KeyFile == "" {
		return nil, nil
	}
	config, err := auth.TLS(c.CertFile, c.KeyFile, func(why error) {
		warn("the server's changed certificate or key cannot be used; the last good one stays in force", why)
	})
	return config, settingError(err, "tls_cert_file", "tls_key_file")
}

// authenticator returns what asks for every proof that is configured, nil for none.
func (c callers) authenticator() (server.Authenticator, error) {
	var proofs []server.Authenticator
	var faults []error
	for _, proof := range []struct {
		configured bool
		open       func() (server.Authenticator, error)
	}{
		{c.showsCertificate() && c.certificateNeeds() == nil, c.clientCertificate},
		{c.TokenFile != "", c.bearerToken},
		{c.sendsJWT() && c.jwtNeeds() == nil, c.accessToken},
	} {
		if !proof.configured {
			continue
		}
		authenticate, err := proof.open()
		proofs, faults = append(proofs, authenticate), append(faults, err)
	}
	if err := errors.Join(faults...); err != nil || len(proofs) == 0 {
		return nil, err
	}
	return auth.All(proofs...), nil
}

func (c callers) clientCertificate() (server.Authenticator, error) {
	config := auth.CertificateConfig{CAFile: c.ClientCAFile, Names: c.ClientNames}
	if slices.Equal(c.ClientNames, []string{anyName}) {
		config.Names, config.AnyName = nil, true
	}
	proof, err := auth.ClientCertificate(config)
	return proof, settingError(err, "client_ca_file")
}

func (c callers) bearerToken() (server.Authenticator, error) {
	proof, err := server.BearerTokenFile(c.TokenFile)
	return proof, settingError(err, "token_file")
}

// certificates returns the certificate files that are configured, by their settings.
func (c callers) certificates() map[string]string {
	files := map[string]string{}
	for setting, file := range map[string]string{"tls_cert_file": c.CertFile, "client_ca_file": c.ClientCAFile} {
		if file != "" {
			files[setting] = file
		}
	}
	return files
}

// conflicts returns the faults of settings that need or exclude each other. It opens
// no file.
func (c callers) conflicts() (faults []error) {
	if (c.CertFile == "") != (c.KeyFile == "") {
		faults = append(faults, errors.New("tls_cert_file and tls_key_file belong together; set both"))
	}
	if c.showsCertificate() {
		if c.CertFile == "" {
			faults = append(faults, errors.New("client certificates need TLS; set tls_cert_file and tls_key_file"))
		}
		faults = append(faults, c.certificateNeeds())
	}
	if _, err := variableClaims(c.VariableClaims); err != nil {
		faults = append(faults, err)
	}
	if c.sendsJWT() {
		if c.TokenFile != "" {
			faults = append(faults, errors.New("token_file and jwt_issuer both use the Authorization header; set one"))
		}
		faults = append(faults, c.jwtNeeds())
	}
	return faults
}

// showsCertificate reports whether a setting for client certificates is set.
func (c callers) showsCertificate() bool { return c.ClientCAFile != "" || len(c.ClientNames) > 0 }

func (c callers) certificateNeeds() error {
	return needed(map[string]string{"client_ca_file": c.ClientCAFile, "client_names": strings.Join(c.ClientNames, "")})
}

// sendsJWT reports whether a setting for access tokens is set.
func (c callers) sendsJWT() bool {
	return c.Issuer+c.Audience+c.Organization+c.KeysURL+c.Algorithm+c.RoleClaim != "" || len(c.Subjects)+len(c.VariableClaims) > 0
}

func (c callers) jwtNeeds() error {
	return needed(map[string]string{
		"jwt_issuer": c.Issuer, "jwt_keys_url": c.KeysURL, "jwt_organization": c.Organization,
		"jwt_audience (or jwt_subjects, where the issuer's tokens have none)": c.Audience + strings.Join(c.Subjects, ""),
	})
}

// accessToken opens the check of access tokens. Keys are fetched at the first request.
func (c callers) accessToken() (server.Authenticator, error) {
	variables, err := variableClaims(c.VariableClaims)
	if err != nil {
		return nil, nil //nolint:nilerr // conflicts has said so
	}
	return auth.AccessToken(auth.TokenConfig{
		Issuer: c.Issuer, Audience: c.Audience, Subjects: c.Subjects, Organization: c.Organization,
		KeysURL: c.KeysURL, Algorithm: c.Algorithm, RoleClaim: c.RoleClaim, VariableClaims: variables,
	})
}

// exposed reports whether other machines can reach an address.
func exposed(address string, serverTLS *tls.Config) bool {
	return serverTLS != nil && !strings.HasPrefix(address, "unix:")
}
