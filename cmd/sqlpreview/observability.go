package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/op-data/sqlpreview/preview/server/jsonline"
)

// flushTimeout bounds the sending of what is left at the end.
const flushTimeout = 5 * time.Second

// observability is where logs, traces and metrics go: to standard error always; to an
// OTLP collector where OpenTelemetry's own variables name one; metrics also to
// the readers of the admin listener.
type observability struct {
	log    *slog.Logger
	traces trace.TracerProvider
	meters metric.MeterProvider
	// metrics are for the admin listener, nil without one.
	metrics *prometheus.Registry
	closers []func(context.Context) error
}

// newObservability reads OpenTelemetry's own variables, see otlpEnabled.
func newObservability(ctx context.Context, admin bool, env *environment) (_ *observability, err error) {
	local := slog.Handler(slog.NewJSONHandler(jsonline.Writer(env.stderr), nil))
	if env.brief {
		local = slog.NewTextHandler(env.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})
	}
	s := &observability{log: slog.New(local), traces: noop.NewTracerProvider()}
	defer func() {
		if err != nil {
			_ = s.close()
		}
	}()
	// An exporter's error may hold the collector's address and header.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {
		slog.New(local).Warn("traces, metrics or logs could not be exported")
	}))
	about, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", "sqlpreview"), attribute.String("service.version", versionString()),
	), resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, errors.New("OTEL_RESOURCE_ATTRIBUTES cannot be read")
	}
	var faults [len(signals)]error
	var otlp [len(signals)]bool
	for i, signal := range signals {
		otlp[i], faults[i] = otlpEnabled(signal, env.getenv)
	}
	if err := errors.Join(faults[:]...); err != nil {
		return nil, err
	}
	if err := s.openTraces(ctx, otlp[0], about); err != nil {
		return nil, err
	}
	if err := s.openMetrics(ctx, otlp[1], admin, about); err != nil {
		return nil, err
	}
	return s, s.openLogs(ctx, otlp[2], about, local)
}

func (s *observability) openTraces(ctx context.Context, otlp bool, about *resource.Resource) error {
	if !otlp {
		return nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return errors.New("the settings for exporting traces cannot be used")
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	s.traces = provider
	s.closers = append(s.closers, provider.Shutdown)
	return nil
}

func (s *observability) openMetrics(ctx context.Context, otlp, admin bool, about *resource.Resource) error {
	options := []sdkmetric.Option{sdkmetric.WithResource(about)}
	if otlp {
		exporter, err := otlpmetrichttp.New(ctx)
		if err != nil {
			return errors.New("the settings for exporting metrics cannot be used")
		}
		options = append(options, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter)))
	}
	if admin {
		s.metrics = prometheus.NewRegistry()
		s.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
		// Every series is of this program: the labels of scopes would be empty.
		exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(s.metrics), otelprometheus.WithoutScopeInfo())
		if err != nil {
			return err
		}
		options = append(options, sdkmetric.WithReader(exporter))
	}
	provider := sdkmetric.NewMeterProvider(options...)
	s.meters = provider
	s.closers = append(s.closers, provider.Shutdown)
	return nil
}

func (s *observability) openLogs(ctx context.Context, otlp bool, about *resource.Resource, local slog.Handler) error {
	if !otlp {
		return nil
	}
	exporter, err := otlploghttp.New(ctx)
	if err != nil {
		return errors.New("the settings for exporting logs cannot be used")
	}
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)), sdklog.WithResource(about))
	s.closers = append(s.closers, provider.Shutdown)
	s.log = slog.New(slog.NewMultiHandler(local, otelslog.NewHandler("sqlpreview", otelslog.WithLoggerProvider(provider))))
	return nil
}

// close sends what is left. A collector that does not answer is no failure of
// the sidecar's.
func (s *observability) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	for _, shut := range s.closers {
		if shut(ctx) != nil && s.log != nil {
			s.log.Warn("traces, metrics or logs could not be exported")
		}
	}
	return nil
}
