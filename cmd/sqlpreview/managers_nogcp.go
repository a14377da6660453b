//go:build !with_gcp

package main

func openGCP(managers) (manager, error) {
	return nil, notBuiltIn("Google Cloud", "with_gcp")
}
