package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/cmd/internal/service"
	"github.com/op-data/sqlpreview/preview/doctor"
	"github.com/op-data/sqlpreview/preview/server"
)

// serveCommand is the sidecar.
type serveCommand struct {
	Listen string `help:"${help_listen}"`
	sourceFlags
	settingFlags
	PrintConfig bool `help:"Print the settings in force, without secrets, and exit."`
}

// Help says what the short lines cannot.
func (*serveCommand) Help() string {
	return `The databases come from one of
  OP_PREVIEW_DSN               one connection string; requests call it "default"
  OP_PREVIEW_DSN_FILE          the same from a file, read for every preview
  OP_PREVIEW_CONNECTIONS_DIR   a folder of such files; a file's name is the connection's id
  OP_PREVIEW_WORKSPACE_ID      this tenant's rows of the agent's table, in OP_AGENT_DATABASE_URL
A stored JSON payload may refer to files of OP_PREVIEW_SECRETS_DIR, into which a secret manager puts its secrets,
{"password": {"secret": "file:shop/password"}}, and, where the binary was built with them, to HashiCorp Vault
(OP_PREVIEW_VAULT_ADDRESS), AWS Secrets Manager (OP_PREVIEW_AWS_PREFIX) and Google Cloud Secret Manager
(OP_PREVIEW_GCP_PROJECT): {"secret": "vault:shop/database#password"}.
Callers show every proof that is configured: OP_PREVIEW_TOKEN_FILE (a bearer token), OP_PREVIEW_CLIENT_CA_FILE with
OP_PREVIEW_CLIENT_NAMES (a client certificate), OP_PREVIEW_JWT_ISSUER and its kin (an access token).
OP_PREVIEW_EGRESS_DIR keeps the audit log (egress record) of all that left; OP_PREVIEW_ADMIN_LISTEN answers /livez, /readyz and /metrics;
OTEL_EXPORTER_OTLP_ENDPOINT sends traces, metrics and logs.
--print-config lists every setting; each is a key of the file and an environment variable,
for instance max_rows and OP_PREVIEW_MAX_ROWS. Flags win over the environment, that over the file.`
}

// Run serves until the context ends.
func (c *serveCommand) Run(ctx context.Context, env *environment) error {
	config, err := c.load(env, append(c.sourceSettings(), assignment{key: "listen", text: c.Listen, flag: "--listen"})...)
	if isMisuse(err) {
		return err
	}
	if c.PrintConfig && err == nil {
		return config.print(env.stdout, env.stderr)
	}
	sidecar, err := newSidecar(ctx, config, err, env)
	var tooLow *doctor.GradeError
	switch {
	case errors.As(err, &tooLow):
		return err
	case err != nil:
		return config.misconfigured(err)
	}
	limitMemory()
	stopLooking := sidecar.warnAtStart(config, sidecar.core)
	err = sidecar.run(ctx, config, func(state string) { service.Notify(env.getenv, sidecar.log, state) })
	stopLooking()
	return errors.Join(err, sidecar.close())
}

// run listens and serves until ctx ends; notify is called when it is ready and when
// it stops.
func (s *sidecar) run(ctx context.Context, config *config, notify func(state string)) error {
	defer service.IgnoreSignals(s.log)()
	listen := server.Listen
	if exposed(config.Listen, s.tls) {
		listen = server.ListenTLS
	}
	listener, err := listen(ctx, config.Listen)
	if err != nil {
		return listenError(config, err)
	}
	var adminListener net.Listener
	if config.AdminListen != "" {
		if adminListener, err = listenAdmin(ctx, config.AdminListen, config.AdminAllowRemote); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	notify("READY=1")
	defer context.AfterFunc(ctx, func() { notify("STOPPING=1") })()
	return s.serve(ctx, listener, adminListener)
}

// listenError adds to what went wrong what to do about it.
func listenError(config *config, err error) error {
	path, isSocket := strings.CutPrefix(config.Listen, "unix:")
	if isSocket {
		folder := filepath.Dir(path)
		if _, statErr := os.Stat(folder); errors.Is(statErr, fs.ErrNotExist) {
			return fmt.Errorf("listen: the folder %[1]s is not there; make it (mkdir %[1]s), or listen elsewhere, for instance --listen 127.0.0.1:7777", folder)
		}
		if errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("%w; listen elsewhere, for instance --listen 127.0.0.1:7777", err)
		}
		return err
	}
	host, _, _ := net.SplitHostPort(config.Listen) // outOfBounds has read it
	if ip := net.ParseIP(host); config.Callers.CertFile == "" && (host == "" || ip != nil && !ip.IsLoopback()) {
		return fmt.Errorf("%w, or turn TLS on: set tls_cert_file and tls_key_file, and a proof of who calls (token_file, client_ca_file with client_names, or jwt_issuer)", err)
	}
	return err
}

// serve serves until ctx ends; adminListener may be nil.
func (s *sidecar) serve(ctx context.Context, listener, adminListener net.Listener) error {
	// The admin side must answer until the drain is over.
	adminCtx, stopAdmin := context.WithCancel(context.WithoutCancel(ctx))
	adminDone := make(chan error, 1)
	go func() { adminDone <- s.admin.serve(adminCtx, adminListener) }()

	address := slog.Group("listening", "network", listener.Addr().Network(), "address", listener.Addr().String())
	about := []any{"version", versionString(), address}
	if adminListener != nil {
		about = append(about, slog.Group("admin", "network", adminListener.Addr().Network(), "address", adminListener.Addr().String()))
	}
	s.log.Info("serving", about...)
	start := time.Now()
	said := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(said)
		s.ready.Drain()
		s.log.Info("stopping: running previews may finish")
	})
	err := s.server.Serve(ctx, listener)
	if !stop() {
		<-said
	}
	stopAdmin()
	err = errors.Join(err, <-adminDone)
	if err != nil {
		return fmt.Errorf("the sidecar stopped: %w", err)
	}
	s.log.Info("stopped", "served", time.Since(start).Round(time.Millisecond).String())
	return nil
}
