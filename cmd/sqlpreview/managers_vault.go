//go:build with_vault

package main

import (
	"errors"

	"github.com/op-data/sqlpreview/preview/connections/secretmanager/vault"
)

func openVault(m managers) (manager, error) {
	v := m.Vault
	if v.KubernetesRole == "" && v.KubernetesTokens != "" {
		return nil, errors.New("vault_kubernetes_token_file needs vault_kubernetes_role")
	}
	source, err := vault.New(vault.Config{
		Address: v.Address, Namespace: v.Namespace, CAFile: v.CAFile, TokenFile: v.TokenFile,
		Kubernetes: vault.Kubernetes{Role: v.KubernetesRole, Mount: v.KubernetesMount, TokenFile: v.KubernetesTokens},
		Mount:      v.Mount, KVVersion: v.KVVersion, Prefix: v.Prefix, MaxAge: m.MaxAge,
	})
	if err != nil {
		return nil, err // a nil *Source in an interface would not be nil
	}
	return source, nil
}
