//go:build !with_vault

package main

func openVault(managers) (manager, error) {
	return nil, notBuiltIn("HashiCorp Vault", "with_vault")
}
