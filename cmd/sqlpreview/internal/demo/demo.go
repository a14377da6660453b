// Package demo sends sample queries through a running sidecar, as a caller in
// another process would, and shows each answer.
package demo

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/op-data/sqlpreview/cmd/internal/diagnostic"
	"github.com/op-data/sqlpreview/cmd/internal/received"
	"github.com/op-data/sqlpreview/cmd/internal/table"
	"github.com/op-data/sqlpreview/preview"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// Schema makes the shop in an empty database, and the role "preview", which may
// read it and do nothing else.
//
//go:embed shop.sql
var Schema string

// Fingerprint is a query whose one value changes when anything in the shop does,
// and when a session of Role is left at work or holds a lock.
//
//go:embed fingerprint.sql
var Fingerprint string

// Role is the role that Schema makes.
const Role = "preview"

// shownRows is how many rows of an answer are printed.
const shownRows = 8

// Run sends every sample over gRPC to the sidecar at target, a gRPC target such
// as "unix:///run/s.sock", prints each answer to w, and returns how many samples
// there are and how many were not answered as they should be. The error is that
// of w or ctx.
func Run(ctx context.Context, w io.Writer, colour bool, width int, target string) (total, wrong int, err error) {
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close() //nolint:errcheck // nothing is left to send
	s := show{w: w, colour: colour, width: width, client: previewv1.NewPreviewServiceClient(conn)}
	for i, sample := range samples {
		if s.one(ctx, i+1, sample); s.err != nil {
			return 0, 0, s.err
		}
		if ctx.Err() != nil {
			return 0, 0, ctx.Err()
		}
	}
	return len(samples), s.wrong, nil
}

// show prints answers until an error of the writer.
type show struct {
	w      io.Writer
	colour bool
	width  int
	client previewv1.PreviewServiceClient
	wrong  int
	err    error
}

// one sends and shows one sample.
func (s *show) one(ctx context.Context, number int, sample sample) {
	request := &previewv1.PreviewQueryRequest{Sql: sample.sql, RequestId: fmt.Sprintf("demo-%d", number)}
	if sample.timeout > 0 {
		request.Timeout = durationpb.New(sample.timeout)
	}
	s.printf("\n%s\n%s\n\n", s.bold(fmt.Sprintf("%d. %s", number, sample.title)), indent(sample.sql))

	start := time.Now()
	response, err := s.client.PreviewQuery(ctx, request)
	took := time.Since(start)
	if ctx.Err() != nil {
		return
	}
	var faults []string
	if err != nil {
		failure := received.Error(err)
		s.keep(diagnostic.Error(s.w, diagnostic.Options{Colour: s.colour, Width: s.width}, "query", sample.sql, failure))
		faults = sample.judgeFailure(failure)
	} else {
		result := received.Preview(response)
		s.keep(table.Write(s.w, result, table.Options{Colour: s.colour, Width: s.width, MaxRows: shownRows}))
		faults = sample.judge(result)
	}
	s.printf("round trip over gRPC: %s\n", took.Round(10*time.Microsecond))
	if len(faults) > 0 {
		s.wrong++
		s.printf("NOT AS IT SHOULD BE: %s\n", strings.Join(faults, "; "))
	}
}

func (s *show) printf(format string, arguments ...any) {
	_, err := fmt.Fprintf(s.w, format, arguments...)
	s.keep(err)
}

// keep keeps the first error.
func (s *show) keep(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *show) bold(text string) string {
	if !s.colour {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

func indent(text string) string {
	return "   " + strings.ReplaceAll(text, "\n", "\n   ")
}

// judge says what is wrong with an answer that has rows.
func (s sample) judge(result *preview.Result) []string {
	if s.reason != "" {
		return []string{fmt.Sprintf("rows came, but %s should have", s.reason)}
	}
	var faults []string
	if len(result.Rows) != s.rows {
		faults = append(faults, fmt.Sprintf("%d rows came, not %d", len(result.Rows), s.rows))
	}
	for _, bound := range s.bounds {
		found := false
		for _, t := range result.Truncations {
			found = found || t.Reason == bound
		}
		if !found {
			faults = append(faults, "the bound "+string(bound)+" is not declared")
		}
	}
	for _, kind := range s.changes.Split() {
		if result.Sanitization.Counts[kind] == 0 {
			faults = append(faults, "no value is marked "+kind.Names()[0])
		}
	}
	return faults
}

// judgeFailure says what is wrong with an answer that has none.
func (s sample) judgeFailure(failure *preview.Error) []string {
	switch {
	case s.reason == "":
		return []string{fmt.Sprintf("%s came, but rows should have", failure.Reason)}
	case failure.Reason != s.reason:
		return []string{fmt.Sprintf("%s came, but %s should have", failure.Reason, s.reason)}
	default:
		return nil
	}
}
