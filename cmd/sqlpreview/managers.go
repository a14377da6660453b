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

// settings lists the settings by their keys; a value is a pointer into m.
func (m *managers) settings() map[string]any {
	return map[string]any{
		"secrets_max_age":             &m.MaxAge,
		"vault_address":               &m.Vault.Address,
		"vault_namespace":             &m.Vault.Namespace,
		"vault_ca_file":               &m.Vault.CAFile,
		"vault_token_file":            &m.Vault.TokenFile,
		"vault_kubernetes_role":       &m.Vault.KubernetesRole,
		"vault_kubernetes_mount":      &m.Vault.KubernetesMount,
		"vault_kubernetes_token_file": &m.Vault.KubernetesTokens,
		"vault_mount":                 &m.Vault.Mount,
		"vault_kv_version":            &m.Vault.KVVersion,
		"vault_prefix":                &m.Vault.Prefix,
		"aws_prefix":                  &m.AWS.Prefix,
		"aws_region":                  &m.AWS.Region,
		"gcp_project":                 &m.GCP.Project,
		"gcp_location":                &m.GCP.Location,
		"gcp_endpoint":                &m.GCP.Endpoint,
		"gcp_prefix":                  &m.GCP.Prefix,
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
			faults = append(faults, fmt.Errorf("settings of %s are there, but %s, which turns it on, is not", c.scheme, c.setting))
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
