package server_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/jackc/pgx/v5/pgconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/server"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

const shop = `
	create table people (id int primary key generated always as identity, name text, note text, total numeric(20,2), tags text[], extra json);
	insert into people (name, note, total, tags, extra) values
		('Anna', E'a\tb\nc', 9007199254740993.01, '{x,"y z"}', '{"n": 12345678901234567890, "n": 1}'),
		('漢字 👨‍👩‍👧', E'bell\x07', null, '{}', null),
		(null, repeat('é', 5000), -0.10, null, '[]');
	create sequence counter;
	select nextval('counter');
	create table audit (at timestamptz default now());
`

// database is a PostgreSQL database with a sidecar in front of it.
type database struct {
	*running
	t   *testing.T
	dsn string
}

// serveDatabase serves previews of a database of the test's own over network.
func serveDatabase(t *testing.T, network string, config server.Config) *database {
	t.Helper()
	dsn := pgtest.Shared(t).Database(t, shop)
	previewer, err := preview.New(preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(previewer.Close)
	config.Previewer = previewer
	return &database{running: start(t, network, config), t: t, dsn: dsn}
}

// value asks the database itself, over a connection that is not the sidecar's.
func (d *database) value(sql string) string {
	d.t.Helper()
	conn, err := pgconn.Connect(context.Background(), d.dsn)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	results, err := conn.Exec(context.Background(), sql).ReadAll()
	if err != nil || len(results[0].Rows) != 1 {
		d.t.Fatalf("%s: %v", sql, err)
	}
	return string(results[0].Rows[0][0])
}

// left is what a preview could have left behind.
func (d *database) left() map[string]string {
	d.t.Helper()
	const ours = `datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`
	return map[string]string{
		"rows":         d.value(`select md5(string_agg(p::text, '' order by id)) || (select count(*) from audit) from people p`),
		"sequences":    d.value(`select string_agg(sequencename || ' ' || coalesce(last_value, 0), ',' order by 1) from pg_sequences`),
		"relations":    d.value(`select count(*) from pg_class`),
		"not idle":     d.value(`select count(*) from pg_stat_activity where ` + ours + ` and state <> 'idle'`),
		"locks":        d.value(`select count(*) from pg_locks l join pg_stat_activity a using (pid) where ` + ours),
		"prepared":     d.value(`select count(*) from pg_prepared_xacts`),
		"slots":        d.value(`select count(*) from pg_replication_slots`),
		"transactions": d.value(`select count(*) from pg_stat_activity where ` + ours + ` and (backend_xid is not null or backend_xmin is not null)`),
	}
}

// The same preview gives the same rows, whatever the protocol and the network.
func TestSamePreviewThroughEveryProtocol(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"unix", "tcp"} {
		d := serveDatabase(t, network, server.Config{})
		request := &previewv1.PreviewQueryRequest{Sql: `select *, id as id, g from people, generate_series(1, 60) g order by g, 1`}
		var first *previewv1.PreviewQueryResponse
		for protocol, ask := range clients(t, d.address) {
			got := ask(t.Context(), request, nil)
			if got.response == nil {
				t.Fatalf("%s, %s: %s %s", network, protocol, got.code, got.message)
			}
			// Times and ids differ between any two previews.
			got.response.RequestId, got.response.Stats = "", nil
			if first == nil {
				first = got.response
				checkSample(t, first)
			}
			if !proto.Equal(got.response, first) {
				t.Errorf("%s, %s: got %v\nwant %v", network, protocol, got.response, first)
			}
		}
	}
}

// checkSample knows what the first row holds.
func checkSample(t *testing.T, r *previewv1.PreviewQueryResponse) {
	t.Helper()
	if len(r.GetRows()) != 100 || r.GetTruncations()[0].GetReason() != previewv1.TruncationReason_TRUNCATION_REASON_ROW_LIMIT {
		t.Errorf("%d rows, truncations %v", len(r.GetRows()), r.GetTruncations())
	}
	var texts []string
	for _, c := range r.GetRows()[0].GetCells() {
		texts = append(texts, c.GetText())
	}
	want := []string{"1", "Anna", "a\tb\nc", "9007199254740993.01", `{x,"y z"}`, `{"n": 12345678901234567890, "n": 1}`, "1", "1", "1"}
	if strings.Join(texts, "|") != strings.Join(want, "|") {
		t.Errorf("the first row is %q, want %q", texts, want)
	}
	third := r.GetRows()[2].GetCells()
	if third[1].Text != nil || third[1].GetChanges() != nil {
		t.Errorf("NULL came as %v", third[1])
	}
	if n := len([]rune(third[2].GetText())); n != 1024 || third[2].GetChanges().GetOriginalBytes() != 10000 {
		t.Errorf("the long cell has %d characters and %v", n, third[2].GetChanges())
	}
}

// Every kind of failure is one clear error with its reason and its code, in
// every protocol, and no value of the database is in it.
func TestFailuresOfARealDatabase(t *testing.T) {
	t.Parallel()
	d := serveDatabase(t, "unix", server.Config{})
	all := clients(t, d.address)
	for _, test := range []struct {
		request *previewv1.PreviewQueryRequest
		code    connect.Code
		reason  string
		offset  int32 // of the position, or -1 for none
	}{
		{ask1("select 1; drop table people"), connect.CodeInvalidArgument, "MULTIPLE_STATEMENTS", 10},
		{ask1("with x as (delete from people returning *) select * from x"), connect.CodeInvalidArgument, "DATA_MODIFYING_CTE", -2},
		{ask1("select pg_sleep(30)"), connect.CodeInvalidArgument, "FUNCTION_NOT_ALLOWED", 7},
		{ask1("select '漢字', missing from people"), connect.CodeInvalidArgument, "UNDEFINED_OBJECT", 17},
		{ask1("select name::int from people"), connect.CodeInvalidArgument, "DATA_EXCEPTION", -2},
		{ask1("select"), 0, "", -1},
		{ask1(""), connect.CodeInvalidArgument, "SQL_EMPTY", -2},
		{ask1("select " + strings.Repeat("1,", 150_000) + "1"), connect.CodeInvalidArgument, "SQL_TOO_LARGE", -2},
		{ask1("selec 1"), connect.CodeInvalidArgument, "SQL_SYNTAX_ERROR", 0},
		{&previewv1.PreviewQueryRequest{Sql: "select 1", ConnectionId: "of-another-tenant"}, connect.CodeNotFound, "CONNECTION_NOT_FOUND", -1},
		{&previewv1.PreviewQueryRequest{
			Sql: "select count(*) from generate_series(1, 1000000000) a, generate_series(1, 1000) b", Timeout: durationpb.New(50 * time.Millisecond),
		}, connect.CodeDeadlineExceeded, "STATEMENT_TIMEOUT", -1},
	} {
		for protocol, ask := range all {
			got := ask(t.Context(), test.request, nil)
			name := protocol + ", " + test.request.GetSql()[:min(len(test.request.GetSql()), 60)]
			if test.reason == "" {
				if got.response == nil {
					t.Errorf("%s: got %+v", name, got)
				}
				continue
			}
			if got.code != test.code.String() || got.info.GetReason() != test.reason || got.message == "" || got.detail.GetRequestId() == "" {
				t.Errorf("%s: got %+v, want %v %s", name, got, test.code, test.reason)
				continue
			}
			if p := got.detail.GetPosition(); test.offset >= 0 && p.GetOffset() != test.offset || test.offset == -1 && p != nil {
				t.Errorf("%s: the position is %v, want the offset %d", name, p, test.offset)
			}
			if strings.Contains(got.message+got.detail.String(), "Anna") {
				t.Errorf("%s: a value is in the error: %+v", name, got)
			}
		}
	}
}

// ask1 is a request with nothing but SQL.
func ask1(sql string) *previewv1.PreviewQueryRequest {
	return &previewv1.PreviewQueryRequest{Sql: sql}
}

// After previews, refusals and cancellations without number nothing is left.
func TestNothingStaysBehind(t *testing.T) {
	t.Parallel()
	d := serveDatabase(t, "unix", server.Config{})
	before := d.left()
	all := clients(t, d.address)
	var protocols []string
	for protocol := range all {
		if protocol != "curl" { // two hundred processes would test the machine
			protocols = append(protocols, protocol)
		}
	}
	const slow = "select count(*) from generate_series(1, 1000000000) a, generate_series(1, 1000) b"
	requests := []string{
		"select * from people", "select nextval('counter')", "select 1; delete from people", slow,
		"select pg_advisory_lock(1)", "select name::int from people", "with x as (insert into audit default values returning *) select * from x",
		"select * from people for update", "select count(*) from pg_class", "select set_config('search_path', 'x', false)",
	}
	var group sync.WaitGroup
	answers := make(chan answer, 200)
	for i := range 200 {
		group.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			sql := requests[i%len(requests)]
			if sql == slow {
				// Some callers leave, some have set a limit.
				time.AfterFunc(time.Duration(i%5)*20*time.Millisecond, cancel)
			}
			answers <- all[protocols[i%len(protocols)]](ctx, ask1(sql), nil)
		})
	}
	group.Wait()
	close(answers)
	outcomes := map[string]int{}
	for a := range answers {
		outcomes[a.code]++
	}
	if outcomes[""] == 0 || outcomes["invalid_argument"] == 0 || outcomes["canceled"] == 0 {
		t.Errorf("the answers are not the mixture that this test needs: %v", outcomes)
	}
	t.Logf("200 requests: %v", outcomes)

	// A cancelled query ends within a second of its caller, not within none.
	eventually(t, func() bool {
		left := d.left()
		return left["not idle"] == "0" && left["locks"] == "0" && left["transactions"] == "0"
	})
	for what, now := range d.left() {
		if now != before[what] {
			t.Errorf("%s: %s before, %s after", what, before[what], now)
		}
	}
	if got := all["connect-go"](t.Context(), ask1("select count(*) from people"), nil); got.response == nil {
		t.Errorf("afterwards: %+v", got)
	}
}

const endless = "select count(*) from generate_series(1, 1000000000) a, generate_series(1, 1000) b"

// active is how many queries run for the sidecar.
func (d *database) active() string {
	return d.value(`select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state = 'active'`)
}

// When the caller leaves, the query ends in the database too.
func TestDisconnectingCallerEndsTheQuery(t *testing.T) {
	t.Parallel()
	d := serveDatabase(t, "unix", server.Config{})
	for protocol, ask := range clients(t, d.address) {
		ctx, leave := context.WithCancel(t.Context())
		gone := make(chan answer, 1)
		go func() { gone <- ask(ctx, ask1(endless), nil) }()
		eventually(t, func() bool { return d.active() == "1" })
		leave()
		if got := <-gone; got.response != nil {
			t.Errorf("%s: rows came", protocol)
		}
		eventually(t, func() bool { return d.active() == "0" })
	}
}

// A stop that cannot wait any longer ends the query in the database too.
func TestStopEndsTheQuery(t *testing.T) {
	t.Parallel()
	d := serveDatabase(t, "unix", server.Config{DrainTimeout: 50 * time.Millisecond})
	got := make(chan answer, 1)
	ask := clients(t, d.address)["grpc-go"]
	go func() { got <- ask(context.Background(), ask1(endless), nil) }()
	eventually(t, func() bool { return d.active() == "1" })
	d.stop()
	if a := <-got; a.info.GetReason() != "ADMIN_CANCELED" || a.retry == nil || a.detail.GetStoppedBy() != "admin" {
		t.Errorf("got %+v", a)
	}
	if err := d.wait(); err != nil {
		t.Error(err)
	}
	eventually(t, func() bool { return d.active() == "0" })
}

func TestValidateAndDescribe(t *testing.T) {
	t.Parallel()
	d := serveDatabase(t, "unix", server.Config{})
	client := previewv1.NewPreviewServiceClient(grpcConn(t, d.running))
	verdict, err := client.ValidateQuery(t.Context(), &previewv1.ValidateQueryRequest{
		Sql: "select lower(name), my_function(1) from people join s.other using (id)", RequestId: "v-1",
	})
	if err != nil {
		t.Fatal(err)
	}
	if !verdict.GetAllowed() || verdict.GetRequestId() != "v-1" || verdict.GetSqlFingerprint() == "" ||
		strings.Join(verdict.GetTables(), " ") != "people s.other" || strings.Join(verdict.GetFunctions(), " ") != "lower my_function" ||
		strings.Join(verdict.GetFunctionsToBeResolved(), " ") != "my_function" {
		t.Errorf("accepted: got %v", verdict)
	}
	verdict, err = client.ValidateQuery(t.Context(), &previewv1.ValidateQueryRequest{Sql: "drop table people; select 1 for update"})
	if err != nil {
		t.Fatal(err)
	}
	if verdict.GetAllowed() || len(verdict.GetViolations()) == 0 || verdict.GetRequestId() == "" {
		t.Errorf("refused: got %v", verdict)
	}
	described, err := client.DescribeQuery(t.Context(), &previewv1.DescribeQueryRequest{Sql: "select id, total as t, 1 from people"})
	if err != nil {
		t.Fatal(err)
	}
	c := described.GetColumns()
	if len(c) != 3 || c[1].GetName() != "t" || c[1].GetType() != "numeric(20,2)" || c[1].GetOriginColumn() != "total" ||
		described.GetSchemaFingerprint() == "" {
		t.Errorf("described: got %v", described)
	}
	if _, err := client.DescribeQuery(t.Context(), &previewv1.DescribeQueryRequest{Sql: "select nothing_like_it from people"}); err == nil {
		t.Error("an unknown column is described")
	}
}
