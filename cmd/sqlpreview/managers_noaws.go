//go:build !with_aws

package main

func openAWS(managers) (manager, error) {
	return nil, notBuiltIn("aws_prefix", "AWS", "with_aws")
}
