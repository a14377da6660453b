package telemetry_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/op-data/sqlpreview/preview/pgtest"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// TestSpanNamesWhatWasAsked: the span of every request whose statement the guard
// accepted names the statement and the connection, however it ended.
func TestSpanNamesWhatWasAsked(t *testing.T) {
	o := observe(t, pgtest.Shared(t).Database(t, shop))
	for _, c := range []struct {
		name    string
		ask     func(ctx context.Context, id string) error
		summary string // "": the guard refuses
	}{
		{"ok", o.previews("select id from orders", 0), "SELECT orders"},
		{"failed in the database", o.previews("select 1 / (id - 1) from orders", 0), "SELECT orders"},
		{"timeout", o.previews("select count(*) from orders a, orders b, orders c, orders d, orders e", 50*time.Millisecond), "SELECT orders"},
		{"no tables", o.previews("select 1", 0), "SELECT"},
		{"refused", o.previews("delete from orders", 0), ""},
		{"describe", o.describes("select id from orders"), "SELECT orders"},
		{"describe failed", o.describes("select id from s.nowhere"), "SELECT s.nowhere"},
	} {
		for _, id := range []string{"", "default", "unknown"} {
			o.spans.Reset()
			err := c.ask(t.Context(), id)
			call := <-o.calls
			attributes := map[string]string{}
			for _, span := range o.spans.GetSpans() {
				if span.SpanContext.SpanID() != call.Span.SpanID() {
					continue
				}
				for _, a := range span.Attributes {
					attributes[string(a.Key)] = a.Value.String()
				}
			}
			want := id
			if id == "" {
				want = "default"
			}
			if call.ConnectionID != want || attributes["sqlpreview.connection_id"] != want {
				t.Errorf("%s: the connection %q is observed as %q, in the span %q (%v)", c.name, id, call.ConnectionID, attributes["sqlpreview.connection_id"], err)
			}
			if attributes["db.query.summary"] != c.summary || (attributes["sqlpreview.sql_fingerprint"] == "") != (c.summary == "") {
				t.Errorf("%s of %q: the span has %v (%v)", c.name, id, attributes, err)
			}
		}
	}
}

func (o *observed) previews(sql string, timeout time.Duration) func(context.Context, string) error {
	return func(ctx context.Context, id string) error {
		_, err := o.client.PreviewQuery(ctx, &previewv1.PreviewQueryRequest{Sql: sql, ConnectionId: id, Timeout: durationpb.New(timeout)})
		return err
	}
}

func (o *observed) describes(sql string) func(context.Context, string) error {
	return func(ctx context.Context, id string) error {
		_, err := o.client.DescribeQuery(ctx, &previewv1.DescribeQueryRequest{Sql: sql, ConnectionId: id})
		return err
	}
}
