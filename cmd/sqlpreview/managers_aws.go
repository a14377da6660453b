//go:build with_aws

package main

import "github.com/op-data/sqlpreview/preview/connections/secretmanager/awssecrets"

func openAWS(m managers) (manager, error) {
	source, err := awssecrets.New(awssecrets.Config{Region: m.AWS.Region, Prefix: m.AWS.Prefix, MaxAge: m.MaxAge})
	if err != nil {
		return nil, err
	}
	return source, nil
}
