// Package client calls a sidecar over gRPC, for an agent written in Go.
//
//	c, err := client.New(client.Config{Target: "unix:/run/sqlpreview/preview.sock"})
//	if err != nil { ... }
//	defer c.Close()
//	response, err := c.PreviewQuery(ctx, &previewv1.PreviewQueryRequest{ConnectionId: "shop", Sql: sql})
//	switch client.ReasonOf(err) {
//	case "": // rows
//	case reason.StatementTimeout: ...
//	default: // client.Detail(err) has the violations and their places
//	}
//
// A call that the sidecar answers with RetryInfo is sent again after the time
// that it names. That is always safe: a preview changes nothing.
//
// An agent with a gRPC client of its own should fix the windows of
// flow control, as this package does: left to themselves, gRPC's libraries send a
// PING with every answer to measure the way, which on a socket costs more than it
// can tell. Connect over HTTP/1.1 is a little quicker for one call at a time, and
// dearer for many at once, where every call holds a connection.
//
// An agent in another language needs no library of ours: the folder node beside
// this package shows the same for Node and TypeScript, without any dependency.
package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/op-data/sqlpreview/preview/reason"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// DefaultAttempts is Config.Attempts' default.
const DefaultAttempts = 3

const (
	// An answer of the default limits fits into streamWindow, so that the sidecar
	// never waits for room. Fixed windows also spare the PING that gRPC sends with
	// every answer to find out how large its windows should be.
	streamWindow = 1 << 20
	connWindow   = 4 << 20
	// maxAnswer takes every answer that a sidecar may be configured to give: 16 MiB
	// and the names of the query's tables. gRPC's own default is 4 MiB.
	maxAnswer = 18 << 20
)

// Config says where the sidecar is and how to call it.
type Config struct {
	// Target is a gRPC target: "unix:/run/sqlpreview/preview.sock" or "host:port".
	Target string
	// TLS is the client's side of TLS, with a client certificate where the sidecar
	// asks for one. Default: none, for unix sockets and loopback.
	TLS *tls.Config
	// Token returns the bearer token to send, at every attempt, so that a rotated
	// one is used at once. Default: none is sent.
	Token func(ctx context.Context) (string, error)
	// Attempts is how often a call is sent at most while the sidecar says when to
	// try again. Default 3; 1 means never again.
	Attempts int
	// Options are added to those of the connection, for instance a stats handler.
	Options []grpc.DialOption
}

// Client calls a sidecar. Its methods may be used by many at once.
type Client struct {
	previewv1.PreviewServiceClient
	conn *grpc.ClientConn
}

// New returns a client. It connects when it is first used.
func New(config Config) (*Client, error) {
	if config.Target == "" {
		return nil, errors.New("client: Config.Target is not set")
	}
	if config.Attempts < 0 {
		return nil, errors.New("client: Config.Attempts is negative")
	}
	if config.Attempts == 0 {
		config.Attempts = DefaultAttempts
	}
	local := strings.HasPrefix(config.Target, "unix:")
	if config.TLS == nil && config.Token != nil && !local && !loopback(config.Target) {
		return nil, errors.New("client: a token would travel in the clear; set Config.TLS")
	}
	transport := insecure.NewCredentials()
	if config.TLS != nil {
		transport = credentials.NewTLS(config.TLS)
	}
	conn, err := grpc.NewClient(config.Target, append([]grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithUnaryInterceptor(config.call),
		// Retries are decided here, by what the sidecar says.
		grpc.WithDisableServiceConfig(),
		grpc.WithStaticStreamWindowSize(streamWindow),
		grpc.WithStaticConnWindowSize(connWindow),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer), grpc.ForceCodecV2(newCodec())),
	}, config.Options...)...)
	if err != nil {
		return nil, fmt.Errorf("client: the target cannot be used: %w", err)
	}
	return &Client{PreviewServiceClient: previewv1.NewPreviewServiceClient(conn), conn: conn}, nil
}

func loopback(target string) bool {
	for _, host := range []string{"localhost:", "127.0.0.1:", "[::1]:"} {
		if strings.HasPrefix(target, host) {
			return true
		}
	}
	return false
}

// Serving asks whether the sidecar can answer previews now. It needs no token.
// The error says that the sidecar itself did not answer.
func (c *Client) Serving(ctx context.Context) (bool, error) {
	response, err := grpc_health_v1.NewHealthClient(c.conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{
		Service: previewv1.PreviewService_ServiceDesc.ServiceName,
	})
	return response.GetStatus() == grpc_health_v1.HealthCheckResponse_SERVING, err
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// call sends one call, and again as long as the sidecar's error says when. Its parameters
// are those of a grpc.UnaryClientInterceptor.
func (c Config) call(
	ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	for attempt := 1; ; attempt++ {
		out := ctx
		if c.Token != nil {
			token, err := c.Token(ctx)
			if err != nil {
				return fmt.Errorf("client: there is no token to send: %w", err)
			}
			out = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
		}
		err := invoke(out, method, request, reply, conn, options...)
		wait, again := RetryDelay(err)
		if !again || attempt >= c.Attempts || !pause(ctx, wait) {
			return err
		}
	}
}

// pause waits a little longer than wait, so that callers who were turned away
// together do not come back together. It returns false when ctx would end
// before.
func pause(ctx context.Context, wait time.Duration) bool {
	wait += rand.N(wait/4 + time.Millisecond) //nolint:gosec // it spreads load and guards nothing
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// RetryDelay returns how long to wait before the same call may succeed; again is
// false when trying again is no use.
func RetryDelay(err error) (wait time.Duration, again bool) {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration(), true
		}
	}
	return 0, false
}

// Unavailable is what ReasonOf returns where no sidecar answered: none runs at the
// target, or the connection to it broke. It is not one of the sidecar's own reasons.
const Unavailable reason.Reason = "UNAVAILABLE"

// ReasonOf returns the stable name of why a call failed: "" for nil, Unavailable
// where no sidecar answered, and INTERNAL for any other error that has no reason
// of the sidecar's, such as a caller that was not let in.
func ReasonOf(err error) reason.Reason {
	if err == nil {
		return ""
	}
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetDomain() == errorDomain {
			return reason.Reason(info.GetReason())
		}
	}
	if status.Code(err) == codes.Unavailable {
		return Unavailable
	}
	return reason.Internal
}

// errorDomain is the domain of the sidecar's ErrorInfo.
const errorDomain = "sqlpreview.op-data.com"

// Detail returns all that the sidecar says of a failure: the violations and
// their places, the hint, the SQLSTATE. It is nil for an error that did not come
// from the sidecar.
func Detail(err error) *previewv1.ErrorDetail {
	for _, detail := range status.Convert(err).Details() {
		if d, ok := detail.(*previewv1.ErrorDetail); ok {
			return d
		}
	}
	return nil
}
