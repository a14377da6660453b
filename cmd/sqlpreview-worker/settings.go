package main

import (
	"log/slog"

	"github.com/op-data/sqlpreview/preview/worker"
)

// temporalFlags say where Temporal is and how to speak with it.
type temporalFlags struct {
	Address        string `env:"OP_TEMPORAL_ADDRESS" placeholder:"HOST:PORT" help:"Temporal's frontend. HTTPS_PROXY and NO_PROXY count."`
	Namespace      string `env:"OP_TEMPORAL_NAMESPACE" placeholder:"NAME" help:"Temporal's namespace. Default: default."`
	Org            string `env:"OP_TEMPORAL_ORG_ID" placeholder:"ID" help:"The organization; its queue is tenant-ID."`
	KeysFile       string `env:"OP_TEMPORAL_KEYS_FILE" placeholder:"FILE" help:"The keys that payloads are encrypted with, one a line: an id and 32 random bytes in base64. The first encrypts, all decrypt. Read again when it changes."`
	AllowPlaintext bool   `env:"OP_TEMPORAL_ALLOW_PLAINTEXT" help:"Let rows rest readable in Temporal's history."`
	Identity       string `env:"OP_TEMPORAL_IDENTITY" placeholder:"NAME" help:"The name in histories and lists of pollers. Default: sqlpreview-worker and a random number."`
}

// config opens what the flags name.
func (f temporalFlags) config(log *slog.Logger) (worker.Config, error) {
	config := worker.Config{
		Address: f.Address, Namespace: f.Namespace, OrgID: f.Org, AllowPlaintext: f.AllowPlaintext, Identity: f.Identity, Log: log,
	}
	if f.KeysFile != "" {
		keys, err := worker.ReadKeys(f.KeysFile, func(why error) {
			log.Warn("the changed keys cannot be used; the last good ones stay in force", "why", why.Error())
		})
		if err != nil {
			return config, misuse{"OP_TEMPORAL_KEYS_FILE: " + err.Error()}
		}
		config.Keys = keys
	}
	return config, nil
}

// sidecarFlags say where the sidecar is and what to prove to it.
type sidecarFlags struct {
	Sidecar  string `env:"OP_PREVIEW_SIDECAR" placeholder:"ADDRESS" default:"unix:/run/sqlpreview/preview.sock" help:"The sidecar: unix:PATH or HOST:PORT. Default: unix:/run/sqlpreview/preview.sock."`
	Token    string `name:"token-file" env:"OP_PREVIEW_TOKEN_FILE" placeholder:"FILE" help:"The bearer token that the sidecar asks for (its first line)."`
	CAFile   string `name:"ca-file" env:"OP_PREVIEW_CA_FILE" placeholder:"FILE" help:"The authorities that may have signed the sidecar's certificate, PEM. Default: the system's."`
	CertFile string `name:"cert-file" env:"OP_PREVIEW_CERT_FILE" placeholder:"FILE" help:"The client certificate to show to the sidecar, PEM."`
	KeyFile  string `name:"key-file" env:"OP_PREVIEW_KEY_FILE" placeholder:"FILE" help:"Its key."`
}
