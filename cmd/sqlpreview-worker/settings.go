package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview/worker"
)

// othersVariables matches variables that begin as ours do and are not settings:
// those that Kubernetes sets for a service named op-temporal.
var othersVariables = regexp.MustCompile(`^((.*_)?SERVICE_(HOST|PORT(_.*)?)=.*|(.*_)?PORT=[a-z]+://.*|(.*_)?PORT_[0-9]+_.*)`)

// envPrefix begins the names of the worker's own variables. Those of the sidecar
// that it reads too begin with OP_PREVIEW_.
const envPrefix = "OP_TEMPORAL_"

// temporalFlags say where Temporal is and how to speak with it.
type temporalFlags struct {
	Address    string `env:"OP_TEMPORAL_ADDRESS" placeholder:"HOST:PORT" help:"Temporal's frontend. HTTPS_PROXY and NO_PROXY count."`
	Namespace  string `env:"OP_TEMPORAL_NAMESPACE" placeholder:"NAME" help:"Temporal's namespace. Default: default."`
	Org        string `env:"OP_TEMPORAL_ORG_ID" placeholder:"ID" help:"The organization; its queue is tenant-ID."`
	TLS        bool   `name:"tls" env:"OP_TEMPORAL_TLS" help:"Speak TLS. Implied by the other settings of TLS, and by an API key or an access token."`
	TLSCert    string `name:"tls-cert" env:"OP_TEMPORAL_TLS_CERT" placeholder:"FILE" help:"The client certificate to show to Temporal, PEM. Read again when it changes, as the key and the authorities are."`
	TLSKey     string `name:"tls-key" env:"OP_TEMPORAL_TLS_KEY" placeholder:"FILE" help:"Its key."`
	TLSCA      string `name:"tls-ca" env:"OP_TEMPORAL_TLS_CA" placeholder:"FILE" help:"The authorities that may have signed Temporal's certificate, PEM. Default: the system's."`
	ServerName string `name:"tls-server-name" env:"OP_TEMPORAL_TLS_SERVER_NAME" placeholder:"NAME" help:"The name that Temporal's certificate must have. Default: the host of the address."`
	APIKeyFile string `name:"api-key-file" env:"OP_TEMPORAL_API_KEY_FILE" placeholder:"FILE" help:"The API key to send with every call. Read again when it changes."`
	oauthFlags
	KeysFile       string `env:"OP_TEMPORAL_KEYS_FILE" placeholder:"FILE" help:"The keys that payloads are encrypted with, one a line: an id and 32 random bytes in base64. The first encrypts, all decrypt. Read again when it changes."`
	AllowPlaintext bool   `env:"OP_TEMPORAL_ALLOW_PLAINTEXT" help:"Let rows rest readable in Temporal's history. For tests and demonstrations."`
	Identity       string `env:"OP_TEMPORAL_IDENTITY" placeholder:"NAME" help:"The name in histories and lists of pollers. Default: sqlpreview-worker and a random number."`
}

// oauthFlags are those of an access token by client credentials.
type oauthFlags struct {
	TokenURL     string   `name:"token-url" env:"OP_TEMPORAL_TOKEN_URL" placeholder:"URL" help:"The authorization server that gives out access tokens for Temporal's frontend (client credentials)."`
	ClientID     string   `name:"client-id" env:"OP_TEMPORAL_CLIENT_ID" placeholder:"ID" help:"The client's id there."`
	ClientSecret string   `name:"client-secret-file" env:"OP_TEMPORAL_CLIENT_SECRET_FILE" placeholder:"FILE" help:"The file with the client's secret."`
	Audience     string   `name:"token-audience" env:"OP_TEMPORAL_TOKEN_AUDIENCE" placeholder:"URI" help:"The audience to ask for. Default: none."`
	Scopes       []string `name:"token-scopes" env:"OP_TEMPORAL_TOKEN_SCOPES" placeholder:"SCOPE,..." help:"The scopes to ask for. Default: none."`
}

// config opens what the flags name, or returns every fault.
func (f temporalFlags) config(log *slog.Logger) (worker.Config, error) {
	config := worker.Config{
		Address: f.Address, Namespace: f.Namespace, OrgID: f.Org, AllowPlaintext: f.AllowPlaintext, Identity: f.Identity, Log: log,
	}
	var faults []error
	fault := func(name string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		}
	}
	var err error
	if config.Keys, err = f.keys(log); err != nil {
		fault("OP_TEMPORAL_KEYS_FILE", err)
	} else {
		faults = append(faults, config.Check())
	}
	config.Token, err = f.token(log)
	faults = append(faults, err)
	if f.TLS || f.TLSCert+f.TLSKey+f.TLSCA+f.ServerName != "" || config.Token != nil {
		config.TLS, err = worker.ClientTLS(f.Address, worker.TLSFiles{
			CertFile: f.TLSCert, KeyFile: f.TLSKey, CAFile: f.TLSCA, ServerName: f.ServerName,
			OnError: func(why error) {
				log.Warn("a changed certificate, key or authority cannot be used; the last good one stays in force", "why", why.Error())
			},
		})
		if f.Address != "" { // else that is the fault already
			faults = append(faults, err)
		}
	}
	return config, errors.Join(faults...)
}

// keys reads the keys; nil where there is no file.
func (f temporalFlags) keys(log *slog.Logger) (*worker.Keys, error) {
	if f.KeysFile == "" {
		return nil, nil //nolint:nilnil // no keys is what the settings say
	}
	return worker.ReadKeys(f.KeysFile, func(why error) {
		log.Warn("the changed keys cannot be used; the last good ones stay in force", "why", why.Error())
	})
}

// token is what proves who calls, nil for none.
func (f temporalFlags) token(log *slog.Logger) (func(context.Context) (string, error), error) {
	switch oauth := f.TokenURL+f.ClientID+f.ClientSecret+f.Audience != "" || len(f.Scopes) > 0; {
	case f.APIKeyFile != "" && oauth:
		return nil, errors.New("OP_TEMPORAL_API_KEY_FILE and OP_TEMPORAL_TOKEN_URL both say what to send as a bearer token; set one")
	case f.APIKeyFile != "":
		token, err := worker.KeyFile(f.APIKeyFile, func(why error) {
			log.Warn("the changed API key cannot be read; the last good one stays in force", "why", why.Error())
		})
		if err != nil {
			return nil, fmt.Errorf("OP_TEMPORAL_API_KEY_FILE: %w", err)
		}
		return token, nil
	case oauth:
		return worker.ClientCredentials{
			TokenURL: f.TokenURL, ClientID: f.ClientID, SecretFile: f.ClientSecret, Scopes: f.Scopes, Audience: f.Audience,
			OnError: func(why error) {
				log.Warn("the access token cannot be replaced, or the client's changed secret cannot be read; the last good one stays in force", "why", why.Error())
			},
		}.Token()
	}
	return nil, nil //nolint:nilnil // no token is what the settings say
}

// sidecarFlags say where the sidecar is and what to prove to it.
type sidecarFlags struct {
	Sidecar  string `env:"OP_PREVIEW_SIDECAR" placeholder:"ADDRESS" default:"unix:/run/sqlpreview/preview.sock" help:"The sidecar: unix:PATH or HOST:PORT. Default: unix:/run/sqlpreview/preview.sock."`
	Token    string `name:"token-file" env:"OP_PREVIEW_TOKEN_FILE" placeholder:"FILE" help:"The bearer token that the sidecar asks for (its first line)."`
	CAFile   string `name:"ca-file" env:"OP_PREVIEW_CA_FILE" placeholder:"FILE" help:"The authorities that may have signed the sidecar's certificate, PEM. Default: the system's."`
	CertFile string `name:"cert-file" env:"OP_PREVIEW_CERT_FILE" placeholder:"FILE" help:"The client certificate to show to the sidecar, PEM."`
	KeyFile  string `name:"key-file" env:"OP_PREVIEW_KEY_FILE" placeholder:"FILE" help:"Its key."`
}

// misconfigured is the misuse of settings with faults, one a line.
func misconfigured(err error) error {
	lines := strings.Split(operatorText(err), "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
	if len(lines) == 1 {
		return misuse{lines[0]}
	}
	return misuse{fmt.Sprintf("the settings have %d faults:\n  %s", len(lines), strings.Join(lines, "\n  "))}
}

// checkEnvironment refuses a variable that looks like a setting and is none: a
// bound or a key with a wrong name would be none.
func checkEnvironment(environ []string, known []string) error {
	var faults []error
	for _, variable := range slices.Sorted(slices.Values(environ)) {
		name, value, _ := strings.Cut(variable, "=")
		rest, ours := strings.CutPrefix(variable, envPrefix)
		if ours && value != "" && !slices.Contains(known, name) && !othersVariables.MatchString(rest) {
			faults = append(faults, fmt.Errorf("%s: there is no such setting; sqlpreview-worker run --help lists them", name))
		}
	}
	return errors.Join(faults...)
}
