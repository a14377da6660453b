package observe

import (
	"cmp"
	"fmt"
	"strings"
)

// signals are OpenTelemetry's, as its variables name them: traces, metrics, logs.
var signals = [...]string{"TRACES", "METRICS", "LOGS"}

// otlpEnabled reports whether a signal goes to an OTLP collector: whether one is
// named, for all signals or for this one, and nothing switches it off. What is
// asked for and not built in is an error, not silence.
//
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
// and https://opentelemetry.io/docs/specs/otel/protocol/exporter/
func otlpEnabled(signal string, getenv func(string) string) (bool, error) {
	exporterName := "OTEL_" + signal + "_EXPORTER"
	exporter := getenv(exporterName)
	endpoint := cmp.Or(getenv("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT"), getenv("OTEL_EXPORTER_OTLP_ENDPOINT"))
	switch {
	case strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") || exporter == "none":
		return false, nil
	case exporter != "" && exporter != "otlp":
		return false, fmt.Errorf("%s must be otlp or none; no other exporter is built in", exporterName)
	case endpoint == "":
		return false, nil
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_" + signal + "_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		switch getenv(name) {
		case "":
		case "http/protobuf":
			return true, nil
		default:
			return false, fmt.Errorf("%s must be http/protobuf, the only protocol that is built in", name)
		}
	}
	return true, nil
}
