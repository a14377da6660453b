package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/client"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/server/egress"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// served is a sidecar as serve runs it, on a unix socket of its own.
type served struct {
	dir    string
	stderr lockedBuffer
	stop   context.CancelFunc
	done   chan error
}

func serveForTest(t *testing.T, settings map[string]string) *served {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "serve") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	settings = maps.Clone(settings)
	settings["OP_PREVIEW_LISTEN"] = "unix:" + dir + "/s"
	s := &served{dir: dir, done: make(chan error, 1)}
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	go func() {
		env := &environment{stdout: io.Discard, stderr: &s.stderr, getenv: func(key string) string { return settings[key] }}
		s.done <- (&serveCommand{}).Run(ctx, env)
	}()
	t.Cleanup(func() { s.wait(t) })
	waitFor(t, dir+"/s")
	return s
}

// wait stops the sidecar and waits for its end; all is written then.
func (s *served) wait(t *testing.T) {
	t.Helper()
	s.stop()
	if err := <-s.done; err != nil {
		t.Errorf("%v: %s", err, s.stderr.String())
	}
	s.done <- nil
}

// TestAuditLineNamesWhatWasAsked: the egress record and the log name the statement,
// its tables and the connection of every request that the guard accepted, however
// it ended.
func TestAuditLineNamesWhatWasAsked(t *testing.T) {
	record := t.TempDir()
	s := serveForTest(t, map[string]string{
		"OP_PREVIEW_DSN":        pgtest.Shared(t).Database(t, "create table orders as select generate_series(1, 1000) as id; create table customers as select 1 as id"),
		"OP_PREVIEW_EGRESS_DIR": record,
	})
	ask := caller(t, "unix:"+s.dir+"/s", "")

	type asked struct {
		id, sql, connection string
		describe            bool
		timeout             time.Duration
		tables              []string // nil: the guard refuses
		failed              string   // the reason that the caller was told
	}
	cases := []asked{
		{id: "ok", sql: "select id from orders", tables: []string{"orders"}},
		{id: "named", sql: "select id from orders", connection: "default", tables: []string{"orders"}},
		{id: "no-tables", sql: "select 1", tables: []string{}},
		{id: "failed", sql: "select 1 / (o.id - 1) from orders o, customers", tables: []string{"orders", "customers"}},
		{id: "timeout", sql: "select count(*) from orders a, orders b, orders c, orders d", timeout: 50 * time.Millisecond, tables: []string{"orders"}},
		{id: "unknown", sql: "select id from orders", connection: "nowhere", tables: []string{"orders"}},
		{id: "refused", sql: "delete from orders"},
		{id: "describe", sql: "select id from orders", describe: true, tables: []string{"orders"}},
		{id: "describe-failed", sql: "select id from nowhere", describe: true, tables: []string{"nowhere"}},
		{id: "describe-refused", sql: "delete from orders", describe: true},
	}
	for i, c := range cases {
		var err error
		if c.describe {
			_, err = ask.DescribeQuery(t.Context(), &previewv1.DescribeQueryRequest{Sql: c.sql, ConnectionId: c.connection, RequestId: c.id})
		} else {
			_, err = ask.PreviewQuery(t.Context(), &previewv1.PreviewQueryRequest{
				Sql: c.sql, ConnectionId: c.connection, RequestId: c.id, Timeout: durationpb.New(c.timeout),
			})
		}
		cases[i].failed = string(client.ReasonOf(err))
	}
	s.wait(t)

	recorded, logged := map[string]egress.Line{}, map[string]egress.Line{}
	lines, err := os.ReadFile(filepath.Join(record, "egress-00000000000000000001.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	collect(t, lines, recorded)
	collect(t, []byte(s.stderr.String()), logged)
	for _, c := range cases {
		for name, got := range map[string]egress.Line{"record": recorded[c.id], "log": logged[c.id]} {
			connection := c.connection
			if connection == "" {
				connection = preview.DefaultConnectionID
			}
			if got.ConnectionID != connection || got.Reason != c.failed {
				t.Errorf("%s: the %s has the connection %q and the reason %q, want %q and %q", c.id, name, got.ConnectionID, got.Reason, connection, c.failed)
			}
			if fingerprint := preview.Check(c.sql).Fingerprint; got.SQLFingerprint != fingerprint || !slices.Equal(got.Tables, c.tables) {
				t.Errorf("%s: the %s has %q and the tables %q, want %q and %q", c.id, name, got.SQLFingerprint, got.Tables, fingerprint, c.tables)
			}
		}
		if left := recorded[c.id]; c.failed != "" && (left.PayloadSHA256+left.SchemaFingerprint != "" || left.Rows != 0) {
			t.Errorf("%s: the record says that something left: %+v", c.id, left)
		}
	}
}

// collect reads JSON lines, by the id of their request; a line without one is
// about no request. A line of the log has some of a record's keys.
func collect(t *testing.T, lines []byte, byID map[string]egress.Line) {
	t.Helper()
	for line := range bytes.Lines(lines) {
		var r egress.Line
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if r.RequestID != "" {
			byID[r.RequestID] = r
		}
	}
}

// TestLogIsBounded: no caller can grow a line of the log by the tables it names.
func TestLogIsBounded(t *testing.T) {
	s := serveForTest(t, map[string]string{"OP_PREVIEW_DSN": "host=/nowhere user=u dbname=d"})
	ask := caller(t, "unix:"+s.dir+"/s", "")
	var from []string
	for i := range 500 {
		from = append(from, "t"+strings.Repeat("x", i%60)+"_"+time.Duration(i).String())
	}
	_, err := ask.DescribeQuery(t.Context(), &previewv1.DescribeQueryRequest{Sql: "select 1 from " + strings.Join(from, ", "), RequestId: "many"})
	if client.Detail(err) == nil {
		t.Fatalf("the sidecar did not answer: %v", err)
	}
	s.wait(t)
	logged := map[string]egress.Line{}
	collect(t, []byte(s.stderr.String()), logged)
	if got := logged["many"]; len(got.Tables) != maxLoggedTables || got.TablesOmitted != 500-maxLoggedTables {
		t.Errorf("the log names %d tables and omits %d", len(got.Tables), got.TablesOmitted)
	}
}
