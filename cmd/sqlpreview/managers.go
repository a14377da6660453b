package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/op-data/sqlpreview/preview/connections"
)

// managers says which secret managers payloads may refer to. Their libraries are
// linked only where a build tag asks for them (with_vault, with_aws, with_gcp), since
// serve is to idle below 30 MiB: a release binary grows from 25.7 MB by 1.3, 4.2 and
// 2.2 MB, by 7.4 MB with all three, and the idle memory from 24 to 28 MiB by 6 to 11
// with all three, used or not.
//
// None is on unless its first setting is given; each takes a prefix, outside of
// which nothing can be referred to.
type managers struct {
	// MaxAge is how long a secret is used before it is fetched again; zero fetches
	// each time.
	MaxAge time.Duration
	Vault  vaultManager
	AWS    awsManager
	GCP    gcpManager
}

type vaultManager struct {
	Address, Namespace, CAFile, TokenFile             string
	KubernetesRole, KubernetesMount, KubernetesTokens string
	Mount, Prefix                                     string
	KVVersion                                         int
}

type awsManager struct{ Prefix, Region string }

type gcpManager struct{ Project, Location, Endpoint, Prefix string }

// manager is a secret manager that was opened.
type manager interface {
	connections.SecretSource
	Close()
}

// settings lists the managers' settings.
func (m *managers) settings() []setting {
	return []setting{
		{key: "secrets_max_age", value: &m.MaxAge,
			about: "How long a fetched secret is used; 0 fetches it for every preview.",
			more: "It is not used longer, even if the manager is down. One that the database refuses is fetched again at once (at most every " +
				"5 s) and the login tried once more."},
		{key: "vault_address", value: &m.Vault.Address, example: "https://vault.internal:8200",
			about: "HashiCorp Vault or OpenBao (`with_vault`): `https://HOST:PORT`, or http on this machine.",
			more:  "References are `vault:NAME?version=3#KEY`; without a key, all of the secret's members as one JSON object."},
		{key: "vault_prefix", value: &m.Vault.Prefix, example: "sqlpreview/tenant-7/",
			about: "The path below the mount, as in `sqlpreview/tenant-7/`; required."},
		{key: "vault_mount", value: &m.Vault.Mount, about: "Where key-value secrets are mounted."},
		{key: "vault_kv_version", value: &m.Vault.KVVersion, most: 2, about: "Their version, 1 or 2."},
		{key: "vault_token_file", value: &m.Vault.TokenFile, example: "/run/vault/token",
			about: "A token, read for every fetched secret; the program that writes the file (Vault Agent) renews it."},
		{key: "vault_kubernetes_role", value: &m.Vault.KubernetesRole, example: "sqlpreview",
			about: "Instead of a token: log in to this role with the service account, again when two thirds of the token's life are over."},
		{key: "vault_kubernetes_mount", value: &m.Vault.KubernetesMount, about: "Where the Kubernetes login is mounted."},
		{key: "vault_kubernetes_token_file", value: &m.Vault.KubernetesTokens, unset: "the mounted service account's token",
			example: "/var/run/secrets/tokens/vault", about: "The service account's token."},
		{key: "vault_namespace", value: &m.Vault.Namespace, unset: "the root namespace", example: "team-7",
			about: "Vault's namespace.", more: "Vault's own variables (`VAULT_TOKEN`, ...) are ignored."},
		{key: "vault_ca_file", value: &m.Vault.CAFile, unset: "the system's", example: "/etc/sqlpreview/vault-ca.crt",
			about: "The authorities that may have signed Vault's certificate, PEM."},
		{key: "aws_prefix", value: &m.AWS.Prefix, example: "sqlpreview/tenant-7/",
			about: "What the names of AWS Secrets Manager's secrets (`with_aws`) begin with, as in `sqlpreview/tenant-7/`.",
			more: "References are `aws:NAME#KEY`, with `?stage=AWSPREVIOUS` or `?version=ID`. Credentials are found as AWS's SDK " +
				"finds them."},
		{key: "aws_region", value: &m.AWS.Region, unset: "the SDK's (`AWS_REGION`)", example: "eu-central-1", about: "The region."},
		{key: "gcp_project", value: &m.GCP.Project, example: "project-7",
			about: "The project of Google Cloud Secret Manager (`with_gcp`).",
			more: "References are `gcp:NAME#KEY`; a version is a number or an alias, default latest. Credentials are Google's application " +
				"default ones."},
		{key: "gcp_prefix", value: &m.GCP.Prefix, example: "sqlpreview-tenant-7-",
			about: "What the secrets' ids begin with, as in `sqlpreview-tenant-7-`; required."},
		{key: "gcp_location", value: &m.GCP.Location, example: "europe-west3", about: "The location of regional secrets."},
		{key: "gcp_endpoint", value: &m.GCP.Endpoint, unset: "Google's", example: "https://secretmanager.internal", about: "A private endpoint."},
	}
}

// The schemes of the managers' references. A build without a manager knows its
// scheme too, to say what is missing.
const (
	vaultScheme = "vault"
	awsScheme   = "aws"
	gcpScheme   = "gcp"
)

// choices lists the managers that something was set for.
func (m managers) choices() []choice {
	var chosen []choice
	for _, c := range []choice{
		{vaultScheme, "vault_address", m.Vault.Address != "", m.Vault != managerDefaults().Vault && m.Vault != vaultManager{}, openVault},
		{awsScheme, "aws_prefix", m.AWS.Prefix != "", m.AWS != awsManager{}, openAWS},
		{gcpScheme, "gcp_project", m.GCP.Project != "", m.GCP != gcpManager{}, openGCP},
	} {
		if c.touched {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

type choice struct {
	scheme, setting string
	on, touched     bool
	open            func(managers) (manager, error)
}

// notOn is the fault of a manager that something was set for and that is not on.
func (c choice) notOn() error {
	return fmt.Errorf("settings of %s are there, but %s, which turns it on, is not", c.scheme, c.setting)
}

// managerDefaults are the defaults, written out for --print-config.
func managerDefaults() managers {
	return managers{
		MaxAge: defaultSecretsAge,
		Vault:  vaultManager{Mount: "secret", KVVersion: 2, KubernetesMount: "kubernetes"},
	}
}

// defaultSecretsAge is how long a fetched secret is used.
const defaultSecretsAge = time.Minute

// open returns the managers by the scheme of their references, and what closes
// them; or every fault.
func (m managers) open() (map[string]connections.SecretSource, func(), error) {
	sources := map[string]connections.SecretSource{}
	var opened []manager
	var faults []error
	if m.MaxAge < 0 {
		faults = append(faults, errors.New("secrets_max_age is negative"))
	}
	if m.MaxAge == 0 { // for the libraries zero is the default
		m.MaxAge = -1
	}
	for _, c := range m.choices() {
		if !c.on {
			faults = append(faults, c.notOn())
			continue
		}
		made, err := c.open(m)
		if err != nil {
			faults = append(faults, settingError(err, c.setting))
			continue
		}
		sources[c.scheme] = made
		opened = append(opened, made)
	}
	closeAll := func() {
		for _, each := range opened {
			each.Close()
		}
	}
	return sources, closeAll, errors.Join(faults...)
}
