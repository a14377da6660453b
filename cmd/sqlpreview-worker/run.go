package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/op-data/sqlpreview/cmd/internal/dial"
	"github.com/op-data/sqlpreview/cmd/internal/observe"
	"github.com/op-data/sqlpreview/cmd/internal/service"
	"github.com/op-data/sqlpreview/preview/client"
	"github.com/op-data/sqlpreview/preview/worker"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// runCommand answers previews until a signal comes.
type runCommand struct {
	temporalFlags
	sidecarFlags
	Sessions       int    `env:"OP_TEMPORAL_SESSIONS" placeholder:"N" help:"How many previews run at a time: as many as the sidecar has sessions (OP_PREVIEW_SESSIONS there). Default: 4, as there."`
	MaxResultBytes int    `env:"OP_TEMPORAL_MAX_RESULT_BYTES" placeholder:"N" help:"The most bytes of rows in a result. Default: 1048576. At most 1572864."`
	Deployment     string `env:"OP_TEMPORAL_DEPLOYMENT" placeholder:"NAME" help:"The worker deployment that this worker is a version of. Default: none."`
	BuildID        string `env:"OP_TEMPORAL_BUILD_ID" placeholder:"ID" help:"The version of that deployment. Default: the program's."`
	HealthListen   string `env:"OP_TEMPORAL_HEALTH_LISTEN" placeholder:"HOST:PORT" help:"Where to answer /livez and /readyz. Default: nowhere."`
	MetricsListen  string `env:"OP_TEMPORAL_METRICS_LISTEN" placeholder:"HOST:PORT" help:"Where to answer /metrics for Prometheus; it may be the same. Default: nowhere."`
}

// Help says what the short lines cannot.
func (*runCommand) Help() string {
	return `Logs, traces and metrics also go to an OpenTelemetry collector where OTEL_EXPORTER_OTLP_ENDPOINT names one.
On SIGTERM it takes no more work and ends what it has begun, within 18 s.
Exit code 0: stopped by a signal. 1: Temporal will not have this worker. 2: misuse.`
}

// connectPause is how long to wait before Temporal is called again at the start.
const connectPause = 2 * time.Second

// Run answers previews.
func (c *runCommand) Run(ctx context.Context, env *environment) error {
	seen, observeErr := observe.Open(ctx, observe.Options{
		Service: "sqlpreview-worker", Version: versionString(), Listener: c.MetricsListen != "", Local: observe.JSON(env.stderr), Getenv: env.getenv,
	})
	if observeErr != nil {
		return misconfigured(observeErr)
	}
	defer seen.Close()
	log := seen.Log
	config, configErr := c.config(log)
	config.TracerProvider, config.MeterProvider = seen.Traces, seen.Meters
	sidecar, sidecarErr := dial.Sidecar(dial.Config{
		Address: c.Sidecar, TokenFile: c.Token, CAFile: c.CAFile, CertFile: c.CertFile, KeyFile: c.KeyFile, Attempts: 1,
		OnError: func(why error) {
			log.Warn("the changed token for the sidecar cannot be read; the last good one stays in force", "why", why.Error())
		},
	})
	if c.BuildID == "" {
		c.BuildID = versionString()
	}
	options := c.options(sidecar, log)
	if err := errors.Join(configErr, sidecarErr, options.Check()); err != nil {
		return misconfigured(err)
	}
	defer sidecar.Close() //nolint:errcheck // nothing is left to send
	defer service.IgnoreSignals(log)()

	var running atomic.Pointer[worker.Worker]
	ready := newReadiness(sidecar, &running)
	stopProbes, err := serveProbes(ctx, c.HealthListen, c.MetricsListen, ready, seen.Metrics)
	if err != nil {
		return err
	}
	defer stopProbes()
	connection, err := connect(ctx, config, log)
	if connection == nil {
		return err
	}
	defer connection.Close()
	w, err := worker.New(connection, options)
	if err != nil {
		return misconfigured(err)
	}
	running.Store(w)
	context.AfterFunc(ctx, func() {
		ready.Drain()
		service.Notify(env.getenv, log, "STOPPING=1")
	})
	log.Info("polling", "queue", worker.Queue(c.Org), "identity", connection.Identity(), "version", versionString())
	service.Notify(env.getenv, log, "READY=1")
	if err := w.Run(ctx); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

func (c *runCommand) options(sidecar *client.Client, log *slog.Logger) worker.Options {
	return worker.Options{
		Preview: func(ctx context.Context, request *previewv1.PreviewQueryRequest) (*previewv1.PreviewQueryResponse, error) {
			return sidecar.PreviewQuery(ctx, request)
		},
		Sessions: c.Sessions, MaxResultBytes: c.MaxResultBytes, Deployment: c.Deployment, BuildID: c.BuildID, Log: log,
	}
}

// connect connects to Temporal, and waits for one that does not answer yet. It
// returns nil and no error when ctx ends before.
func connect(ctx context.Context, config worker.Config, log *slog.Logger) (*worker.Connection, error) {
	for waited := false; ; waited = true {
		connection, err := worker.Connect(ctx, config)
		if !errors.Is(err, worker.ErrUnavailable) {
			return connection, err
		}
		if !waited && ctx.Err() == nil {
			log.Warn("Temporal does not answer yet; check that it runs, its address, and for TLS the certificates")
		}
		select {
		case <-ctx.Done():
			return nil, nil //nolint:nilnil // a signal ended the wait, which is no fault
		case <-time.After(connectPause):
		}
	}
}
