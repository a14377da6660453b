// Package observe opens a command's logs, traces and metrics.
package observe

import (
	"context"
	"errors"
	"io"
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

// Observability is where logs, traces and metrics go: to the local handler always; to
// an OTLP collector where OpenTelemetry's own variables name one; metrics also to
// the readers of a listener.
type Observability struct {
	Log    *slog.Logger
	Traces trace.TracerProvider
	Meters metric.MeterProvider
	// Metrics are for the listener, nil without one.
	Metrics *prometheus.Registry
	closers []func(context.Context) error
}

// Options say whose logs, traces and metrics they are.
type Options struct {
	// Service is the program's name, Version its version.
	Service, Version string
	// Listener makes Metrics.
	Listener bool
	// Local gets the log's lines.
	Local slog.Handler
	// Getenv reads OpenTelemetry's own variables, see otlpEnabled.
	Getenv func(string) string
}

// JSON is the local handler of a service: one JSON object a line.
func JSON(w io.Writer) slog.Handler { return slog.NewJSONHandler(jsonline.Writer(w), nil) }

// Open opens them.
func Open(ctx context.Context, options Options) (_ *Observability, err error) {
	local := options.Local
	s := &Observability{Log: slog.New(local), Traces: noop.NewTracerProvider()}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	// An exporter's error may hold the collector's address and header.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {
		slog.New(local).Warn("traces, metrics or logs could not be exported")
	}))
	about, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", options.Service), attribute.String("service.version", options.Version),
	), resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, errors.New("OTEL_RESOURCE_ATTRIBUTES cannot be read")
	}
	var faults [len(signals)]error
	var otlp [len(signals)]bool
	for i, signal := range signals {
		otlp[i], faults[i] = otlpEnabled(signal, options.Getenv)
	}
	if err := errors.Join(faults[:]...); err != nil {
		return nil, err
	}
	if err := s.openTraces(ctx, otlp[0], about); err != nil {
		return nil, err
	}
	if err := s.openMetrics(ctx, otlp[1], options.Listener, about); err != nil {
		return nil, err
	}
	return s, s.openLogs(ctx, otlp[2], options.Service, about, local)
}

func (s *Observability) openTraces(ctx context.Context, otlp bool, about *resource.Resource) error {
	if !otlp {
		return nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return errors.New("the settings for exporting traces cannot be used")
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	s.Traces = provider
	s.closers = append(s.closers, provider.Shutdown)
	return nil
}

func (s *Observability) openMetrics(ctx context.Context, otlp, listener bool, about *resource.Resource) error {
	options := []sdkmetric.Option{sdkmetric.WithResource(about)}
	if otlp {
		exporter, err := otlpmetrichttp.New(ctx)
		if err != nil {
			return errors.New("the settings for exporting metrics cannot be used")
		}
		options = append(options, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter)))
	}
	if listener {
		s.Metrics = prometheus.NewRegistry()
		s.Metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
		// Every series is of this program: the labels of scopes would be empty.
		exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(s.Metrics), otelprometheus.WithoutScopeInfo())
		if err != nil {
			return err
		}
		options = append(options, sdkmetric.WithReader(exporter))
	}
	provider := sdkmetric.NewMeterProvider(options...)
	s.Meters = provider
	s.closers = append(s.closers, provider.Shutdown)
	return nil
}

func (s *Observability) openLogs(ctx context.Context, otlp bool, service string, about *resource.Resource, local slog.Handler) error {
	if !otlp {
		return nil
	}
	exporter, err := otlploghttp.New(ctx)
	if err != nil {
		return errors.New("the settings for exporting logs cannot be used")
	}
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)), sdklog.WithResource(about))
	s.closers = append(s.closers, provider.Shutdown)
	s.Log = slog.New(slog.NewMultiHandler(local, otelslog.NewHandler(service, otelslog.WithLoggerProvider(provider))))
	return nil
}

// Close sends what is left. A collector that does not answer is no failure of the
// command's.
func (s *Observability) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	for _, shut := range s.closers {
		if shut(ctx) != nil && s.Log != nil {
			s.Log.Warn("traces, metrics or logs could not be exported")
		}
	}
}
