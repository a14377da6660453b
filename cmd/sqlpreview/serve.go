package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server"
)

// serveCommand is the sidecar.
type serveCommand struct {
	Listen      string `help:"Where to listen: unix:PATH or HOST:PORT of a loopback address. Default: OP_PREVIEW_LISTEN, else ${default_listen}."`
	Config      string `help:"A JSON file with settings."`
	PrintConfig bool   `help:"Print the settings in force, without secrets, and exit."`
}

// Help says what the short lines cannot.
func (*serveCommand) Help() string {
	return `The database is OP_PREVIEW_DSN, or what the file OP_PREVIEW_DSN_FILE holds; requests call it "default".
With OP_PREVIEW_TOKEN_FILE callers must send one of that file's tokens as a bearer token.
--print-config lists every setting; each is a key of the file and an environment variable,
for instance max_rows and OP_PREVIEW_MAX_ROWS. Flags win over the environment, that over the file.`
}

// Run serves until the context ends.
func (c *serveCommand) Run(ctx context.Context, env *environment) error {
	config, err := loadConfig(c.Config, env.getenv)
	if c.Listen != "" {
		config.Listen = c.Listen
	}
	if err != nil {
		return misusef("the configuration has faults:\n%v", err)
	}
	if c.PrintConfig {
		return config.print(env.stdout)
	}
	sidecar, err := newSidecar(config, env.stderr)
	if err != nil {
		return misusef("the configuration has faults:\n%v", err)
	}
	defer sidecar.previewer.Close()
	listener, err := server.Listen(ctx, config.Listen)
	if err != nil {
		return err
	}
	return sidecar.serve(ctx, listener)
}

// sidecar is a server with its core and its log.
type sidecar struct {
	previewer *preview.Previewer
	server    *server.Server
	log       *slog.Logger
}

// newSidecar puts a sidecar together, or reports every fault of config.
func newSidecar(config *config, logTo io.Writer) (*sidecar, error) {
	log := slog.New(slog.NewJSONHandler(logTo, nil))
	resolver, resolverErr := config.resolver()
	var authenticate server.Authenticator
	var tokenErr error
	if config.TokenFile != "" {
		authenticate, tokenErr = server.BearerTokenFile(config.TokenFile)
	}
	if err := errors.Join(resolverErr, tokenErr); err != nil {
		return nil, err
	}
	previewer, err := preview.New(preview.Config{Resolver: resolver, Limits: config.Limits})
	if err != nil {
		return nil, err
	}
	s, err := server.New(server.Config{
		Previewer:      previewer,
		Authenticate:   authenticate,
		AllowedHosts:   config.AllowedHosts,
		AllowedOrigins: config.AllowedOrigins,
		MaxConnections: config.MaxConnections,
		MaxInFlight:    config.MaxInFlight,
		DrainTimeout:   config.DrainTimeout,
		Observe:        observer(log),
	})
	if err != nil {
		previewer.Close()
		return nil, err
	}
	return &sidecar{previewer: previewer, server: s, log: log}, nil
}

func (s *sidecar) serve(ctx context.Context, listener net.Listener) error {
	s.log.Info("serving", "version", versionString(), "network", listener.Addr().Network(), "address", listener.Addr().String())
	stop := context.AfterFunc(ctx, func() { s.log.Info("stopping: running previews may finish") })
	defer stop()
	err := s.server.Serve(ctx, listener)
	if err != nil {
		return fmt.Errorf("the sidecar stopped: %w", err)
	}
	s.log.Info("stopped")
	return nil
}

// maxLogged bounds what a caller can put into a log line.
const maxLogged = 128

// observer writes one line a request. There is no SQL and no value in it.
func observer(log *slog.Logger) func(context.Context, server.Call) {
	return func(ctx context.Context, call server.Call) {
		attributes := []slog.Attr{
			slog.String("path", bounded(call.Path)),
			slog.String("outcome", string(call.Outcome)),
			milliseconds("duration", call.Duration),
		}
		for _, a := range []struct{ key, value string }{
			{"reason", string(call.Reason)},
			{"denial", call.Denial},
			{"request_id", call.RequestID},
			{"connection_id", call.ConnectionID},
			{"caller", call.Caller.Subject},
		} {
			if a.value != "" {
				attributes = append(attributes, slog.String(a.key, bounded(a.value)))
			}
		}
		if s := call.Stats; s != nil {
			attributes = append(attributes, slog.Int("rows", s.Rows), slog.Int64("bytes", s.Bytes),
				milliseconds("queue", s.Queue), milliseconds("connect", s.Connect), milliseconds("execute", s.Execute),
				milliseconds("fetch", s.Fetch), milliseconds("catalog", s.Catalog), milliseconds("sanitize", s.Sanitize))
		}
		level := slog.LevelInfo
		if call.Outcome == server.OutcomePanicked {
			level = slog.LevelError
		}
		log.LogAttrs(ctx, level, "request", attributes...)
	}
}

// milliseconds is a length of time with its unit in the key.
func milliseconds(name string, d time.Duration) slog.Attr {
	return slog.Float64(name+"_ms", float64(d.Microseconds())/1000)
}

func bounded(text string) string {
	if len(text) > maxLogged {
		return text[:maxLogged]
	}
	return text
}
