package main

import (
	"crypto/tls"
	"errors"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/preview/server/auth"
)

// callers says who may call. Every proof that is configured is asked for.
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

// open returns the server's side of TLS, nil for none, and who decides about
// callers, nil for everybody who can connect; or every fault of c. warn is called with
// what is found out later.
func (c callers) open(warn func(what string, why error)) (*tls.Config, server.Authenticator, error) {
	faults := c.conflicts()
	var proofs []server.Authenticator
	add := func(proof server.Authenticator, err error) {
		faults = append(faults, err)
		proofs = append(proofs, proof)
	}
	var serverTLS *tls.Config
	if c.CertFile != "" && c.KeyFile != "" {
		var err error
		serverTLS, err = auth.TLS(c.CertFile, c.KeyFile, func(why error) {
			warn("the server's changed certificate or key cannot be used; the last good one stays in force", why)
		})
		faults = append(faults, settingError(err, "tls_cert_file", "tls_key_file"))
	}
	if c.showsCertificate() && c.certificateNeeds() == nil {
		names := auth.CertificateConfig{CAFile: c.ClientCAFile, Names: c.ClientNames}
		if slices.Equal(c.ClientNames, []string{anyName}) {
			names.Names, names.AnyName = nil, true
		}
		proof, err := auth.ClientCertificate(names)
		add(proof, settingError(err, "client_ca_file"))
	}
	if c.TokenFile != "" {
		proof, err := server.BearerTokenFile(c.TokenFile)
		add(proof, settingError(err, "token_file"))
	}
	if c.sendsJWT() && c.jwtNeeds() == nil {
		add(c.accessToken())
	}
	if err := errors.Join(faults...); err != nil {
		return nil, nil, err
	}
	if len(proofs) == 0 {
		return serverTLS, nil, nil
	}
	return serverTLS, auth.All(proofs...), nil
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

// showsCertificate tells whether something is set for client certificates.
func (c callers) showsCertificate() bool { return c.ClientCAFile != "" || len(c.ClientNames) > 0 }

func (c callers) certificateNeeds() error {
	return needed(map[string]string{"client_ca_file": c.ClientCAFile, "client_names": strings.Join(c.ClientNames, "")})
}

// sendsJWT tells whether something is set for access tokens.
func (c callers) sendsJWT() bool {
	return c.Issuer+c.Audience+c.Organization+c.KeysURL+c.Algorithm+c.RoleClaim != "" || len(c.Subjects)+len(c.VariableClaims) > 0
}

func (c callers) jwtNeeds() error {
	return needed(map[string]string{
		"jwt_issuer": c.Issuer, "jwt_keys_url": c.KeysURL, "jwt_organization": c.Organization,
		"jwt_audience (or jwt_subjects, where the issuer's tokens have none)": c.Audience + strings.Join(c.Subjects, ""),
	})
}

// accessToken fetches nothing before the first request.
func (c callers) accessToken() (server.Authenticator, error) {
	variables, err := variableClaims(c.VariableClaims)
	if err != nil {
		return nil, nil // conflicts has said so
	}
	return auth.AccessToken(auth.TokenConfig{
		Issuer: c.Issuer, Audience: c.Audience, Subjects: c.Subjects, Organization: c.Organization,
		KeysURL: c.KeysURL, Algorithm: c.Algorithm, RoleClaim: c.RoleClaim, VariableClaims: variables,
	})
}

// exposed tells whether an address is for other machines.
func exposed(address string, serverTLS *tls.Config) bool {
	return serverTLS != nil && !strings.HasPrefix(address, "unix:")
}
