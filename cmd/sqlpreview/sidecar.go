package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"

	"github.com/op-data/sqlpreview/cmd/internal/observe"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/console"
	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/preview/server/egress"
	"github.com/op-data/sqlpreview/preview/server/readiness"
	"github.com/op-data/sqlpreview/preview/server/telemetry"
)

// sidecar is a server with its core, its egress record and its observability.
type sidecar struct {
	core      *core
	previewer *preview.Previewer
	server    *server.Server
	admin     *admin
	ready     *readiness.Readiness
	tls       *tls.Config
	log       *slog.Logger
	// closers end what was opened, the last first.
	closers []func() error
}

// newSidecar puts a sidecar together, or reports every fault of config: those that are
// known and what it finds. A *doctor.GradeError says that the database is not fit to be served.
// adjust change the server's configuration last.
func newSidecar(ctx context.Context, config *config, known error, env *environment, adjust ...func(*server.Config)) (_ *sidecar, err error) {
	s := &sidecar{}
	defer func() {
		if err != nil {
			_ = s.close()
		}
	}()
	seen, authenticate, err := s.open(ctx, config, known, env)
	if err != nil {
		return nil, err
	}
	for _, warning := range config.Rules.masking().Warnings() {
		s.log.Warn("settings", "warning", warning)
	}
	perConnection, err := s.openPreviewer(ctx, config)
	if err != nil {
		return nil, err
	}
	s.ready = newReadiness(s.core.source, s.previewer, s.log)
	s.admin = newAdmin(s.ready, seen.Metrics)
	serverConfig, err := s.serverConfig(config)
	if err != nil {
		return nil, err
	}
	serverConfig.Authenticate, serverConfig.MaxPerConnection = authenticate, perConnection
	if err := s.observe(&serverConfig, seen, config.EgressDir, config.Callers.certificates()); err != nil {
		return nil, err
	}
	for _, change := range adjust {
		change(&serverConfig)
	}
	s.server, err = server.New(serverConfig)
	return s, err
}

// open opens what can have a fault of its own, all of it before it returns the faults.
func (s *sidecar) open(ctx context.Context, config *config, known error, env *environment) (*observe.Observability, server.Authenticator, error) {
	s.log = slog.New(slog.DiscardHandler)
	seen, observeErr := observe.Open(ctx, observe.Options{
		Service: "sqlpreview", Version: versionString(), Listener: config.AdminListen != "", Local: localLog(env), Getenv: env.getenv,
	})
	if seen != nil {
		s.log = seen.Log
		s.closers = append(s.closers, func() error { seen.Close(); return nil })
	}
	core, coreErr := config.openCore(ctx)
	if core != nil {
		s.core = core
		s.closers = append(s.closers, func() error { core.source.close(); return nil })
	}
	log := s.log
	serverTLS, authenticate, callerErr := config.Callers.open(func(what string, why error) { log.Warn(what, "why", why.Error()) })
	if callerErr == nil && authenticate == nil && exposed(config.Listen, serverTLS) {
		callerErr = errors.New("listen: other machines could call and nothing would prove who they are; " +
			"set token_file, client_ca_file with client_names, or jwt_issuer, or listen on a unix socket")
	}
	s.tls = serverTLS
	return seen, authenticate, errors.Join(known, coreErr, callerErr, observeErr)
}

// openPreviewer makes the core's Previewer. perConnection is how many requests of one
// connection id may run and wait.
func (s *sidecar) openPreviewer(ctx context.Context, config *config) (perConnection int, err error) {
	pool, perConnection := sharedPool(config.Pool)
	s.previewer, err = s.core.previewer(ctx, config, func(c *preview.Config) {
		c.Resolver, c.Pool = loggingResolver{c.Resolver, s.log}, pool
		c.RequestVariables = s.core.variables // of the callers' claims; commands have no callers
	})
	if err != nil {
		return 0, err
	}
	s.closers = append(s.closers, func() error { s.previewer.Close(); return nil })
	return perConnection, nil
}

// serverConfig returns the server's configuration, but for what is observed and who
// may call.
func (s *sidecar) serverConfig(config *config) (server.Config, error) {
	c := server.Config{
		Previewer:      s.previewer,
		AllowedHosts:   config.AllowedHosts,
		AllowedOrigins: config.AllowedOrigins,
		MaxConnections: config.MaxConnections,
		MaxInFlight:    config.MaxInFlight,
		// Twice, so that a text over the limit still meets the clear answer to it.
		MaxMessageBytes:   2*cmp.Or(config.Limits.MaxSQLBytes, preview.DefaultLimits().MaxSQLBytes) + 64<<10,
		RequestsPerSecond: config.MaxPerSecond,
		DrainTimeout:      config.DrainTimeout,
		TLS:               s.tls,
		Ready:             s.ready.Check,
	}
	if config.MCP {
		c.Mount = s.mountMCP(c.MaxMessageBytes)
	}
	if config.Console {
		page, err := console.New(console.Config{Mode: config.Callers.consoleMode(), Version: versionString()})
		if err != nil {
			return c, settingError(err, "console")
		}
		c.Public = page
	}
	return c, nil
}

// sharedPool makes room for more than one caller in the queue of a connection id.
// perConnection is how many previews of the id run and wait at the most; a lone
// caller gets half of that, which is what it would have had by itself.
func sharedPool(pool preview.Pool) (shared preview.Pool, perConnection int) {
	d := preview.DefaultPool()
	sessions, queue := cmp.Or(pool.Sessions, d.Sessions), cmp.Or(pool.Queue, d.Queue)
	if queue <= maxQueue { // else it is a fault, which the core reports
		pool.Queue = min(2*queue+sessions, maxQueue)
	}
	return pool, sessions + pool.Queue
}

// observe connects the server with the egress record, the telemetry and the log.
func (s *sidecar) observe(config *server.Config, seen *observe.Observability, egressDir string, certificates map[string]string) error {
	state, err := newStateMetrics(seen.Meters, s.ready.Check, certificates)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, state.close)
	if egressDir != "" {
		audit, err := egress.Open(egress.Options{Dir: egressDir})
		if err != nil {
			return settingError(err, "egress_dir")
		}
		s.closers = append(s.closers, audit.Close)
		config.Audit = auditWith(audit, s.ready, s.log, state.unaudited)
	}
	measured, err := telemetry.New(telemetry.Config{
		TracerProvider: seen.Traces, MeterProvider: seen.Meters, Pools: s.previewer.PoolStates,
	})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, measured.Close)
	config.Interceptors = measured.Interceptors()
	write := observer(s.log)
	config.Observe = func(ctx context.Context, call server.Call) {
		measured.Observe(ctx, call)
		write(ctx, call)
	}
	return nil
}

// close ends everything, the last opened first.
func (s *sidecar) close() error {
	var faults []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		faults = append(faults, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(faults...)
}

// localLog writes JSON lines to standard error, and warnings in words where a
// person reads along.
func localLog(env *environment) slog.Handler {
	if env.brief {
		return slog.NewTextHandler(env.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})
	}
	return observe.JSON(env.stderr)
}
