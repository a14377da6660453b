// Package server is the RPC interface of the sidecar: one http.Handler that speaks gRPC,
// gRPC-Web and Connect (JSON or binary) on one port, and the life of the server
// that carries it.
//
// A request passes, in this order: the bounds on connections and open requests,
// the Host and Origin checks, the [Authenticator], the bounds on the requests of
// its caller and of all (all of them before a byte of the body is read), the size
// limit, the [Previewer]. The package decides nothing about a query and writes no
// log: what happened is handed to [Config.Observe], once a request.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"math"
	"net/http"
	"slices"
	"time"

	"connectrpc.com/connect"
	"connectrpc.com/grpchealth"
	"connectrpc.com/grpcreflect"
	"golang.org/x/sys/unix"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

// Previewer is the core behind the RPCs; *preview.Previewer is one.
type Previewer interface {
	Preview(ctx context.Context, request preview.Request) (*preview.Result, error)
	Validate(ctx context.Context, sql string) (*preview.Verdict, error)
	Describe(ctx context.Context, request preview.Request) (*preview.Description, error)
	ListTables(ctx context.Context, request preview.TablesRequest) (*preview.TablePage, error)
	DescribeTable(ctx context.Context, request preview.TableRequest) (*preview.TableDescription, error)
	ListConnections(ctx context.Context, request preview.ConnectionsRequest) (*preview.ConnectionPage, error)
}

// Config is everything a Server needs. Only Previewer must be set.
type Config struct {
	// Previewer answers the requests. The caller closes it, after Serve returned.
	Previewer Previewer
	// Authenticate decides who may call. Default: everybody who can connect,
	// which is right for a unix socket, whose file mode decides.
	Authenticate Authenticator
	// AllowedHosts are further names that callers over TCP may put into the Host
	// header. Default: only localhost and loopback addresses, which keeps a web
	// page that rebinds its name to this machine out.
	AllowedHosts []string
	// AllowedOrigins are the origins, for instance "https://app.example.com", of
	// the web pages that may call. Default: none.
	AllowedOrigins []string
	// MaxConnections bounds the connections open at a time. When there is one more,
	// the oldest one without a request that was let in is closed, else an idle one of
	// the caller that holds the most; a caller with less than its share loses none.
	// It must leave room below the process's limit of open files. Default 256.
	MaxConnections int
	// MaxInFlight bounds the requests that were let in and have not ended; one more
	// is answered CONCURRENCY_LIMIT before its body is read. One caller gets one more
	// only while it has fewer than are free: alone, at most half of them. Four times
	// as many requests may be open, those that are being refused among them; beyond
	// it, the connection with the most of them is closed. Default 256.
	MaxInFlight int
	// MaxPerConnection bounds the requests of one connection id inside the Previewer,
	// by the same rule for each caller, so that no caller can fill the queue of a
	// connection id. Default 0: the Previewer's own bounds alone.
	MaxPerConnection int
	// MaxMessageBytes bounds one request message after decompression. Default
	// twice preview.HardMaxSQLBytes, so that a text over the limit of the core
	// meets the core's clear answer.
	MaxMessageBytes int
	// DrainTimeout is how long a stop waits for running previews before it
	// cancels them in the database. Default preview.HardTimeout and 2 s more.
	DrainTimeout time.Duration
	// RequestsPerSecond bounds the requests of one caller, with bursts of twice as
	// many; one more is answered CONCURRENCY_LIMIT before its body is read.
	// Anonymous callers share one bucket. Default 0: no bound but MaxInFlight.
	RequestsPerSecond int
	// TLS is the server's side of TLS. Default: none; then only unix sockets and
	// loopback addresses are served.
	TLS *tls.Config
	// Interceptors see the requests of the PreviewService, after the caller has
	// been let in. Default: none.
	Interceptors []connect.Interceptor
	// Audit writes the line of the audit log: it is called for each request but ValidateQuery that reached the core,
	// before the answer leaves; the Call lacks only its Duration. When it
	// returns an error, the answer is INTERNAL instead. What it returns is noted as
	// Call.AuditLine. Default: there is no audit log.
	Audit func(ctx context.Context, call Call) (string, error)
	// Mount returns further handlers by the pattern of their path. They stand behind
	// everything that the PreviewService stands behind but Interceptors. The core that
	// it is given answers under the context of a request that came through one of
	// them: each of its calls is bounded for the connection id, audited and
	// observed as the RPC of its name is, under the path of the handler followed by
	// that name. Its errors are *preview.Error. Default: no further handlers.
	Mount func(core Previewer) map[string]http.Handler
	// Public are handlers, by the pattern of their path, that need no credentials: a
	// web page that then calls the PreviewService, for instance. They stand behind the
	// bounds on connections and open requests and behind the Host and Origin checks; a
	// body is at most 1 KiB long and has a second to arrive. Default: none.
	Public map[string]http.Handler
	// Ready reports whether previews can be answered now; it should remember its
	// answer for a while. The health service asks it about the PreviewService; the
	// health of the process as a whole does not depend on it. Default: ready.
	Ready func(ctx context.Context) error
	// Observe is called once for every request, after the answer; it must not
	// block. Default: nothing is observed.
	Observe func(ctx context.Context, call Call)
	// ErrorLog gets net/http's messages about broken connections. Default: they are
	// dropped.
	ErrorLog *log.Logger
}

// The defaults of Config.
const (
	DefaultMaxConnections  = 256
	DefaultMaxInFlight     = 256
	DefaultMaxMessageBytes = 2 * preview.HardMaxSQLBytes
	DefaultDrainTimeout    = preview.HardTimeout + 2*time.Second
)

const (
	// compressMinBytes is the smallest response that is compressed: on one machine
	// compression costs more time than it saves.
	compressMinBytes = 64 << 10
	// openPerInFlight is how many requests may be open, those that are being refused
	// among them, for each of MaxInFlight. The header of each is at most
	// maxHeaderBytes long.
	openPerInFlight = 4
	// minOpen is the least number of requests that may be open.
	minOpen = 256
	// reservedFiles are open files that are no connection of a caller: sessions of
	// databases, the egress record, listeners.
	reservedFiles = 64
)

// Server answers previews over HTTP. Make one with New.
type Server struct {
	config  Config
	health  *grpchealth.StaticChecker
	handler http.Handler
}

// New returns a server, or an error that lists every fault of config.
func New(config Config) (*Server, error) {
	if err := config.complete(); err != nil {
		return nil, err
	}
	s := &Server{
		config: config,
		health: grpchealth.NewStaticChecker(previewv1connect.PreviewServiceName),
	}
	origins, err := newOrigins(config)
	if err != nil {
		return nil, err
	}
	s.handler = s.observe(s.routes(origins))
	return s, nil
}

// complete sets the defaults and finds the faults.
func (c *Config) complete() error {
	var faults []error
	if c.Previewer == nil {
		faults = append(faults, errors.New("server: Config.Previewer is not set"))
	}
	positive(&faults, "MaxConnections", &c.MaxConnections, DefaultMaxConnections)
	positive(&faults, "MaxInFlight", &c.MaxInFlight, DefaultMaxInFlight)
	positive(&faults, "MaxMessageBytes", &c.MaxMessageBytes, DefaultMaxMessageBytes)
	positive(&faults, "DrainTimeout", &c.DrainTimeout, DefaultDrainTimeout)
	if c.RequestsPerSecond < 0 {
		faults = append(faults, errors.New("server: Config.RequestsPerSecond is negative"))
	}
	if c.MaxPerConnection < 0 {
		faults = append(faults, errors.New("server: Config.MaxPerConnection is negative"))
	}
	faults = append(faults, checkOpenFiles(c.MaxConnections))
	if c.Observe == nil {
		c.Observe = func(context.Context, Call) {}
	}
	return errors.Join(faults...)
}

// checkOpenFiles refuses more connections than the process can have open.
func checkOpenFiles(connections int) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("server: the limit of open files cannot be read: %w", err)
	}
	if most := min(limit.Cur, math.MaxInt32); uint64(max(connections, 0))+reservedFiles > most {
		return fmt.Errorf("server: Config.MaxConnections is %d, and this process may open %d files, of which %d are for other uses; "+
			"lower it or raise the limit (ulimit -n)", connections, most, reservedFiles)
	}
	return nil
}

// positive gives a zero field its default and refuses a negative one.
func positive[T int | time.Duration](faults *[]error, name string, field *T, fallback T) {
	switch {
	case *field == 0:
		*field = fallback
	case *field < 0:
		*faults = append(*faults, errors.New("server: Config."+name+" is negative"))
	}
}

// Handler returns the server as an http.Handler, for a caller that owns the
// listener and its life. It needs HTTP/2 for gRPC.
func (s *Server) Handler() http.Handler { return s.handler }

// routes mounts the services. Health and Public answer everyone, also when the server is
// full: a probe has no credentials, its answer says only that the process serves, and a
// busy sidecar must not be taken for a dead one.
func (s *Server) routes(origins *origins) http.Handler {
	outside := http.NewServeMux()
	path, handler := observed(grpchealth.NewHandler(&checker{static: s.health, ready: s.config.Ready}, connect.WithReadMaxBytes(healthBytes)))
	outside.Handle(path, limitHealth(handler))
	for pattern, handler := range s.config.Public {
		path, handler := observed(pattern, handler)
		outside.Handle(path, origins.checkOrigin(limitHealth(handler)))
	}
	outside.Handle("/", s.protect(origins, s.services()))
	return outside
}

// protect puts the checks on a request in their order. All run before a byte of the body
// is read.
func (s *Server) protect(origins *origins, services http.Handler) http.Handler {
	return preAuthDeadline(
		origins.checkOrigin(
			requireCaller(s.config.Authenticate,
				limitRate(newRates(s.config.RequestsPerSecond),
					limitInFlight(newCallerLimiter(s.config.MaxInFlight),
						s.limitBody(
							holdLarge(services)))))))
}

// services mounts what needs an authenticated caller.
func (s *Server) services() http.Handler {
	limits := []connect.HandlerOption{
		connect.WithReadMaxBytes(s.config.MaxMessageBytes),
		connect.WithCompressMinBytes(compressMinBytes),
	}
	reading := append(messageOptions(s.config.MaxMessageBytes),
		connect.WithInterceptors(append(slices.Clone(s.config.Interceptors), connect.UnaryInterceptorFunc(rejectUndecodable))...))
	previews := &service{previewer: s.config.Previewer, audit: s.config.Audit, byConnection: newKeyedLimiter(s.config.MaxPerConnection)}
	recovering := append([]connect.HandlerOption{connect.WithRecover(previews.recovered)}, limits...)

	mux := http.NewServeMux()
	path, handler := previewv1connect.NewPreviewServiceHandler(previews, append(slices.Clone(recovering), reading...)...)
	mux.Handle(path, bufferResponse(handler))
	reflector := grpcreflect.NewStaticReflector(previewv1connect.PreviewServiceName, grpchealth.HealthV1ServiceName)
	mux.Handle(observed(grpcreflect.NewHandlerV1(reflector, recovering...)))
	mux.Handle(observed(grpcreflect.NewHandlerV1Alpha(reflector, recovering...)))
	if s.config.Mount != nil {
		for pattern, handler := range s.config.Mount(&mountedCore{service: previews, observe: s.config.Observe}) {
			mux.Handle(observed(pattern, handler))
		}
	}
	return mux
}
