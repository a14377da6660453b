package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"github.com/op-data/sqlpreview/cmd/internal/observe"
	"github.com/op-data/sqlpreview/cmd/internal/service"
	"github.com/op-data/sqlpreview/preview/worker"
)

// codecCommand decrypts for Temporal's own page.
type codecCommand struct {
	Listen    string   `env:"OP_TEMPORAL_CODEC_LISTEN" placeholder:"HOST:PORT" default:"127.0.0.1:8081" help:"Where to answer. Default: 127.0.0.1:8081."`
	TokenFile string   `name:"codec-token-file" env:"OP_TEMPORAL_CODEC_TOKEN_FILE" placeholder:"FILE" help:"The bearer tokens of those who may read, one a line, each of 16 bytes or more."`
	Origins   []string `env:"OP_TEMPORAL_CODEC_ORIGINS" placeholder:"ORIGIN,..." help:"The pages that browsers may call from, such as https://temporal.example.com. Default: none."`
	CertFile  string   `name:"codec-tls-cert" env:"OP_TEMPORAL_CODEC_TLS_CERT" placeholder:"FILE" help:"The certificate to show, PEM. Needed where other machines can call."`
	KeyFile   string   `name:"codec-tls-key" env:"OP_TEMPORAL_CODEC_TLS_KEY" placeholder:"FILE" help:"Its key."`
	Namespace string   `env:"OP_TEMPORAL_NAMESPACE" placeholder:"NAME" help:"Temporal's namespace. Default: default."`
	Org       string   `env:"OP_TEMPORAL_ORG_ID" placeholder:"ID" help:"The organization."`
	KeysFile  string   `env:"OP_TEMPORAL_KEYS_FILE" placeholder:"FILE" help:"The keys, as the worker has them."`
}

// Help says what the short lines cannot.
func (*codecCommand) Help() string {
	return `This is Temporal's remote codec, for reading alone: POST /decode. There is no /encode.
  temporal workflow show --codec-endpoint http://127.0.0.1:8081 --codec-auth "Bearer TOKEN" -w WORKFLOW`
}

// Run answers until a signal comes.
func (c *codecCommand) Run(ctx context.Context, env *environment) error {
	seen, err := observe.Open(ctx, observe.Options{
		Service: "sqlpreview-worker", Version: versionString(), Local: observe.JSON(env.stderr), Getenv: env.getenv,
	})
	if err != nil {
		return misconfigured(err)
	}
	defer seen.Close()
	keys, err := temporalFlags{KeysFile: c.KeysFile}.keys(seen.Log)
	switch {
	case err != nil:
		return misuse{"OP_TEMPORAL_KEYS_FILE: " + err.Error()}
	case keys == nil:
		return misuse{"OP_TEMPORAL_KEYS_FILE is not set"}
	case c.Org == "":
		return misuse{"OP_TEMPORAL_ORG_ID is not set"}
	case c.TokenFile == "":
		return misuse{"OP_TEMPORAL_CODEC_TOKEN_FILE is not set, and everybody could read"}
	}
	if c.Namespace == "" {
		c.Namespace = worker.DefaultNamespace
	}
	handler, err := worker.CodecHandler(worker.CodecHandlerConfig{
		Codec: worker.NewCodec(keys, c.Org, c.Namespace), TokenFile: c.TokenFile, Origins: c.Origins, Log: seen.Log,
	})
	if err != nil {
		return misconfigured(err)
	}
	listener, secure, err := c.listen(ctx)
	if err != nil {
		return err
	}
	defer service.IgnoreSignals(seen.Log)()
	seen.Log.Info("decoding", "address", listener.Addr().String())
	return worker.ServeCodec(ctx, listener, secure, handler)
}

// listen listens, and returns what TLS needs where there is a certificate.
func (c *codecCommand) listen(ctx context.Context) (net.Listener, *tls.Config, error) {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, nil, misuse{"OP_TEMPORAL_CODEC_LISTEN is not HOST:PORT"}
	}
	var config *tls.Config
	switch ip := net.ParseIP(host); {
	case c.CertFile != "" && c.KeyFile != "":
		if config, err = c.tls(); err != nil {
			return nil, nil, misuse{"OP_TEMPORAL_CODEC_TLS_CERT, OP_TEMPORAL_CODEC_TLS_KEY: " + err.Error()}
		}
	case c.CertFile+c.KeyFile != "":
		return nil, nil, misuse{"OP_TEMPORAL_CODEC_TLS_CERT and OP_TEMPORAL_CODEC_TLS_KEY belong together; set both"}
	case host != "localhost" && (ip == nil || !ip.IsLoopback()):
		return nil, nil, misuse{"OP_TEMPORAL_CODEC_LISTEN: other machines could call, and rows and tokens would travel in the clear; set OP_TEMPORAL_CODEC_TLS_CERT and OP_TEMPORAL_CODEC_TLS_KEY, or listen on a loopback address"}
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, nil, misuse{"OP_TEMPORAL_CODEC_LISTEN: " + err.Error()}
	}
	return listener, config, nil
}

// tls reads the certificate at every handshake, so that a rotated one is shown at
// once.
func (c *codecCommand) tls() (*tls.Config, error) {
	load := func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, errors.New("the certificate or the key cannot be used")
		}
		return &pair, nil
	}
	if _, err := load(); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return load() },
	}, nil
}
