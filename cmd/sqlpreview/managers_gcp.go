//go:build with_gcp

package main

import "github.com/op-data/sqlpreview/preview/connections/secretmanager/gcpsecrets"

func openGCP(m managers) (manager, error) {
	source, err := gcpsecrets.New(gcpsecrets.Config{
		Project: m.GCP.Project, Location: m.GCP.Location, Endpoint: m.GCP.Endpoint, Prefix: m.GCP.Prefix, MaxAge: m.MaxAge,
	})
	if err != nil {
		return nil, err
	}
	return source, nil
}
