package telemetry_test

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/preview/server/telemetry"
	"github.com/op-data/sqlpreview/sanitize"
)

// BenchmarkObserve is what counting one preview costs, with the metrics read and
// with nobody who reads them.
func BenchmarkObserve(b *testing.B) {
	answered := server.Call{
		Path: "/opdata.preview.v1.PreviewService/PreviewQuery", Outcome: server.OutcomeOK,
		Stats:        &preview.Stats{Check: 60 * time.Microsecond, Execute: 200 * time.Microsecond, Total: 300 * time.Microsecond, Rows: 100, Bytes: 8800},
		Sanitization: &preview.Sanitization{CellsChanged: 1, Counts: map[sanitize.Kind]int{sanitize.Truncated: 1}},
	}
	for _, c := range []struct {
		name   string
		meters metric.MeterProvider
	}{
		{"read", sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))},
		{"unread", sdkmetric.NewMeterProvider()},
		{"noop", metricnoop.NewMeterProvider()},
	} {
		for _, call := range []server.Call{answered, {Path: answered.Path, Outcome: server.OutcomeFailed, Reason: reason.RowLock}} {
			b.Run(c.name+"/"+string(call.Outcome), func(b *testing.B) {
				tel, err := telemetry.New(telemetry.Config{
					TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: c.meters, Pools: func() []preview.PoolState { return nil },
				})
				if err != nil {
					b.Fatal(err)
				}
				defer tel.Close()
				b.ReportAllocs()
				for b.Loop() {
					tel.Observe(context.Background(), call)
				}
			})
		}
	}
}
