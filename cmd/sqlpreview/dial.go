package main

import (
	"errors"

	"github.com/op-data/sqlpreview/cmd/internal/dial"
	"github.com/op-data/sqlpreview/preview/client"
)

// clientFiles are the files with which a command proves who it is to a sidecar,
// and knows the sidecar. The bearer token is the first of token_file.
type clientFiles struct {
	CAFile, CertFile, KeyFile string
}

// clientFlags are the flags of a command that asks a running sidecar.
type clientFlags struct {
	TokenFile string `name:"token-file" placeholder:"FILE" help:"${help_token_file} Used with --sidecar."`
	CertFile  string `name:"cert-file" placeholder:"FILE" help:"${help_cert_file} Used with --sidecar."`
	KeyFile   string `name:"key-file" placeholder:"FILE" help:"${help_key_file} Used with --sidecar."`
	CAFile    string `name:"ca-file" placeholder:"FILE" help:"${help_ca_file} Used with --sidecar."`
}

func (f clientFlags) clientSettings() []assignment {
	return []assignment{
		{key: "token_file", text: f.TokenFile, flag: "--token-file"},
		{key: "cert_file", text: f.CertFile, flag: "--cert-file"},
		{key: "key_file", text: f.KeyFile, flag: "--key-file"},
		{key: "ca_file", text: f.CAFile, flag: "--ca-file"},
	}
}

// dial makes a client of the sidecar at unix:PATH or HOST:PORT.
func (c *config) dial(address string) (*client.Client, error) {
	made, err := dial.Sidecar(dial.Config{
		Address: address, TokenFile: c.Callers.TokenFile,
		CAFile: c.Client.CAFile, CertFile: c.Client.CertFile, KeyFile: c.Client.KeyFile,
	})
	var fault *dial.SettingError
	if errors.As(err, &fault) {
		return nil, settingError(fault.Err, fault.Keys...)
	}
	return made, err
}
