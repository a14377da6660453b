package worker

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
)

// DefaultNamespace is the default of Config.Namespace.
const DefaultNamespace = "default"

// Config says where Temporal is and how to speak with it.
type Config struct {
	// Address is the frontend as HOST:PORT. gRPC goes through the proxy that
	// HTTPS_PROXY names, unless NO_PROXY excepts the host.
	Address string
	// Namespace. Default: "default".
	Namespace string
	// OrgID is the organization whose previews these are: 1 to 128 of A-Z, a-z, 0-9,
	// ".", "_" and "-".
	OrgID string
	// TLS is the client's side of TLS, see [ClientTLS]. Default: none, unless there is
	// a Token, which never travels in the clear.
	TLS *tls.Config
	// Token returns what to send as a bearer token with every call: an API key, or an
	// access token. Default: none is sent.
	Token func(context.Context) (string, error)
	// Keys encrypt what rests in Temporal's history. Without them AllowPlaintext must
	// be set.
	Keys *Keys
	// AllowPlaintext says that rows may rest in Temporal's history as they are. It is
	// for tests and demonstrations. With Keys it is a fault.
	AllowPlaintext bool
	// Identity is how the worker is called in histories and lists of pollers.
	// Default: "sqlpreview-worker" and a random number, so that no host's name leaves.
	Identity string
	// Log is for what the SDK says. Errors in it lose their text, which could hold
	// an address. Default: nothing is logged.
	Log *slog.Logger
	// TracerProvider and MeterProvider get spans and metrics of the SDK, of workflows
	// and of activities. Default: none.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
}

// maxOrgID bounds an organization's id.
const maxOrgID = 128

// Check returns what is wrong with c, as Connect would.
func (c Config) Check() error { return c.check() }

// check completes c, or says what is wrong with it.
func (c *Config) check() error {
	switch {
	case c.Address == "":
		return errors.New("worker: Config.Address is not set")
	case c.OrgID == "" || len(c.OrgID) > maxOrgID || strings.Trim(c.OrgID, plainCharacters) != "":
		return errors.New("worker: Config.OrgID is not 1 to 128 of A-Z, a-z, 0-9, \".\", \"_\" and \"-\"")
	case c.Keys == nil && !c.AllowPlaintext:
		return errors.New("worker: there are no keys, and rows would rest readable in Temporal's history; set Config.Keys, or Config.AllowPlaintext where that is no harm")
	case c.Keys != nil && c.AllowPlaintext:
		return errors.New("worker: Config.Keys and Config.AllowPlaintext are both set; leave one out")
	}
	if c.Namespace == "" {
		c.Namespace = DefaultNamespace
	}
	if c.Identity == "" {
		var number [4]byte
		_, _ = rand.Read(number[:]) // it never fails
		c.Identity = "sqlpreview-worker-" + hex.EncodeToString(number[:])
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// options are the SDK's own.
func (c *Config) options() client.Options {
	data, failures := newDataConverter(nil), newFailureConverter(nil)
	if c.Keys != nil {
		codec := NewCodec(c.Keys, c.OrgID, c.Namespace)
		data, failures = newDataConverter(codec), newFailureConverter(codec)
	}
	options := client.Options{
		HostPort:         c.Address,
		Namespace:        c.Namespace,
		Identity:         c.Identity,
		Logger:           sdkLogger(c.Log),
		DataConverter:    data,
		FailureConverter: failures,
		ConnectionOptions: client.ConnectionOptions{
			TLS: c.TLS,
			// What is encrypted cannot be compressed.
			GrpcCompression: &client.GrpcCompressionNone{},
		},
		// Half a MiB, the SDK's own, is no result worth a warning.
		PayloadLimits: client.PayloadLimitOptions{PayloadSizeWarning: maxPayload},
		// The SDK's own reports name the host, its operating system and its cloud.
		WorkerHeartbeatInterval:      -1,
		DisableWorkerEnvironmentInfo: true,
	}
	if c.Token != nil {
		options.Credentials = client.NewAPIKeyDynamicCredentials(c.Token)
	}
	if c.MeterProvider != nil {
		options.MetricsHandler = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
			Meter: c.MeterProvider.Meter(scope), UseMonotonicCounters: true,
			OnError: func(error) { c.Log.Warn("a metric of the SDK could not be made") },
		})
	}
	if c.TracerProvider != nil {
		// Baggage is the caller's, and would rest readable in the history.
		tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
			Tracer: c.TracerProvider.Tracer(scope), DisableBaggage: true, SpanStarter: startQuietSpan,
		})
		if err != nil { // only for options that are not set here
			panic(err)
		}
		options.Interceptors = append(options.Interceptors, tracing)
	}
	return options
}

// scope names the instrumentation in spans and metrics.
const scope = "github.com/op-data/sqlpreview/preview/worker"

// Connection is a connection to Temporal's frontend for one organization.
type Connection struct {
	client client.Client
	config Config
}

// Connect connects to Temporal and asks it what it can do.
func Connect(ctx context.Context, config Config) (*Connection, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	connected, err := client.DialContext(ctx, config.options())
	if err != nil {
		return nil, connectError(err)
	}
	return &Connection{client: connected, config: config}, nil
}

// Identity returns the name of this connection in histories.
func (c *Connection) Identity() string { return c.config.Identity }

// Close ends the connection.
func (c *Connection) Close() { c.client.Close() }
