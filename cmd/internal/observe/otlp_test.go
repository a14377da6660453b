package observe

import (
	"strings"
	"testing"
)

func TestExportedSignals(t *testing.T) {
	const all, one = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	for _, c := range []struct {
		name  string
		env   map[string]string
		want  string // of traces, metrics and logs, those that are exported
		fault string // or parts of the error
	}{
		{name: "nothing", want: ""},
		{name: "all", env: map[string]string{all: "http://c"}, want: "TRACES METRICS LOGS"},
		{name: "one", env: map[string]string{one: "http://c"}, want: "TRACES"},
		{name: "disabled", env: map[string]string{all: "http://c", "OTEL_SDK_DISABLED": "TRUE"}, want: ""},
		{name: "one off", env: map[string]string{all: "http://c", "OTEL_LOGS_EXPORTER": "none"}, want: "TRACES METRICS"},
		{name: "said", env: map[string]string{all: "http://c", "OTEL_LOGS_EXPORTER": "otlp"}, want: "TRACES METRICS LOGS"},
		{name: "another exporter", env: map[string]string{"OTEL_METRICS_EXPORTER": "prometheus"}, fault: "OTEL_METRICS_EXPORTER"},
		{name: "the protocol", env: map[string]string{all: "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, want: "TRACES METRICS LOGS"},
		{name: "another protocol", env: map[string]string{all: "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, fault: "OTEL_EXPORTER_OTLP_PROTOCOL"},
		{name: "another protocol for one", env: map[string]string{all: "http://c", "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "grpc"}, fault: "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL"},
		{name: "a signal's protocol wins", env: map[string]string{
			one: "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
		}, want: "TRACES"},
		{name: "of what is not exported", env: map[string]string{one: "http://c", "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "grpc"}, want: "TRACES"},
	} {
		var on, faults []string
		for _, signal := range signals {
			exports, err := otlpEnabled(signal, func(name string) string { return c.env[name] })
			if err != nil {
				faults = append(faults, err.Error())
			}
			if exports {
				on = append(on, signal)
			}
		}
		if got := strings.Join(on, " "); c.fault == "" && (got != c.want || len(faults) > 0) {
			t.Errorf("%s: exported are %q %v, want %q", c.name, got, faults, c.want)
		}
		if c.fault != "" && !strings.Contains(strings.Join(faults, "\n"), c.fault) {
			t.Errorf("%s: got %v, want a fault of %s", c.name, faults, c.fault)
		}
	}
}
