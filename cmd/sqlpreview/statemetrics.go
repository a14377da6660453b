package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// stateScope names the instrumentation of the sidecar's own state.
const stateScope = "github.com/op-data/sqlpreview/cmd/sqlpreview"

// stateMetrics report what an operator is alerted by and no request shows: whether the
// sidecar is ready, whether the egress record can be written, and when certificates end.
type stateMetrics struct {
	unaudited metric.Int64Counter
	watch     metric.Registration
}

// newStateMetrics watches until close. certificates are the files of the settings
// that name them.
func newStateMetrics(meters metric.MeterProvider, ready func(context.Context) error, certificates map[string]string) (*stateMetrics, error) {
	meter := meters.Meter(stateScope)
	m := &stateMetrics{}
	var faults [4]error
	m.unaudited, faults[0] = meter.Int64Counter("sqlpreview.egress.failures", metric.WithUnit("{request}"),
		metric.WithDescription("Requests that were not answered since the egress record could not be written."))
	isReady, fault := meter.Int64ObservableGauge("sqlpreview.ready",
		metric.WithDescription("1 while previews can be answered, as /readyz says, else 0."))
	faults[1] = fault
	// The time itself, so that an alert says how long before it is.
	notAfter, fault := meter.Int64ObservableGauge("sqlpreview.certificate.not_after", metric.WithUnit("s"),
		metric.WithDescription("When the first certificate of the file ends, in seconds since 1970, by the setting that names the file."))
	faults[2] = fault
	if err := errors.Join(faults[:3]...); err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	m.unaudited.Add(context.Background(), 0) // a rate needs a beginning
	m.watch, faults[3] = meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		value := int64(0)
		if ready(ctx) == nil {
			value = 1
		}
		o.ObserveInt64(isReady, value)
		for setting, file := range certificates {
			if end, ok := firstEnd(file); ok {
				o.ObserveInt64(notAfter, end.Unix(), metric.WithAttributes(attribute.String("sqlpreview.setting", setting)))
			}
		}
		return nil
	}, isReady, notAfter)
	return m, faults[3]
}

// close ends the watch.
func (m *stateMetrics) close() error { return m.watch.Unregister() }

// firstEnd returns when the first certificate of a PEM file ends; ok is false if
// there is none to be read.
func firstEnd(file string) (end time.Time, ok bool) {
	for _, certificate := range certificatesIn(file) {
		if !ok || certificate.NotAfter.Before(end) {
			end, ok = certificate.NotAfter, true
		}
	}
	return end, ok
}

// certificatesIn reads the certificates of a PEM file, none if it cannot be read: it
// was read at the start, so it is being replaced.
func certificatesIn(file string) (certificates []*x509.Certificate) {
	content, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil
	}
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
			certificates = append(certificates, certificate)
		}
	}
	return certificates
}
