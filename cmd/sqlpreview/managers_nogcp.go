//go:build !with_gcp

package main

func openGCP(managers) (manager, error) {
	return nil, notBuiltIn("gcp_project", "Google Cloud", "with_gcp")
}
