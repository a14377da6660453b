//go:build !with_aws

package main

func openAWS(managers) (manager, error) {
	return nil, notBuiltIn("AWS", "with_aws")
}
