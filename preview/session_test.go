package preview_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/sanitize"
)

// sessionSchema has a table whose rows are ruled by a variable and by the role, and
// a name that depends on the search path.
const sessionSchema = `
	create schema shop; create schema other;
	create table shop.orders (id int, tenant text, secret text);
	insert into shop.orders values (1, 'a', 'hidden-1'), (2, 'b', 'hidden-2'), (3, 'a', 'hidden-3');
	alter table shop.orders enable row level security;
	create policy by_tenant on shop.orders using (tenant = current_setting('app.tenant_id', true));
	create table other.orders (id int); insert into other.orders values (100);
	grant usage on schema shop, other to public; grant select on shop.orders, other.orders to public;`

func cells(result *preview.Result) (texts []string) {
	for _, row := range result.Rows {
		for _, cell := range row {
			texts = append(texts, cell.Text)
		}
	}
	return texts
}

// TestSession: search path, time zone, role and variables hold for the query, in
// the first pipelines of a session and in later ones, and for nobody else.
func TestSession(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	suffix := strings.ToLower(t.Name())
	dsn := server.Database(t, sessionSchema+"create role reader_"+suffix+"; create role stranger_"+suffix+"; create role login_"+suffix+" login; grant reader_"+suffix+" to login_"+suffix+";")
	t.Cleanup(func() {
		superuser(t, dsn, "drop owned by reader_"+suffix)
		for _, role := range []string{"login_", "reader_", "stranger_"} {
			superuser(t, dsn, "drop role "+role+suffix)
		}
	})
	login := dsn + " user=login_" + suffix
	p := newPreviewer(t, preview.Config{
		Resolver: preview.StaticConnections(map[string]preview.Connection{
			"plain":  {DSN: preview.NewSecret(dsn)},
			"stored": {DSN: preview.NewSecret(login), Session: preview.Session{SearchPath: "shop", TimeZone: "Asia/Tokyo", Role: "reader_" + suffix}},
			"ruled":  {DSN: preview.NewSecret(login), Session: preview.Session{SearchPath: "shop", Role: "nobody_at_all"}},
			"absent": {DSN: preview.NewSecret(login), Session: preview.Session{Role: "nobody_at_all"}},
			"denied": {DSN: preview.NewSecret(login), Session: preview.Session{Role: "stranger_" + suffix}},
			"zone":   {DSN: preview.NewSecret(login), Session: preview.Session{TimeZone: "Nowhere/At all"}},
		}),
		ByConnection: map[string]preview.ConnectionRules{
			"ruled": {
				Session:  preview.Session{SearchPath: "other, shop", Role: "reader_" + suffix, Variables: map[string]string{"app.tenant_id": `b`}},
				Limits:   preview.Limits{MaxRows: 1},
				Sanitize: &sanitize.Config{Columns: sanitize.ColumnRules{Names: []string{"id"}}},
				Policy:   &preview.Policy{DenyRelations: []string{"shop.orders"}},
			},
		},
	})
	ask := func(id, sql string) ([]string, error) {
		result, err := p.Preview(t.Context(), preview.Request{ConnectionID: id, SQL: sql})
		if err != nil {
			return nil, err
		}
		return cells(result), nil
	}
	for i := range 4 {
		for _, test := range []struct {
			id, sql string
			want    []string
			reason  reason.Reason
		}{
			{"stored", "select current_user::text, current_setting('timezone'), '2024-01-01 00:00+00'::timestamptz::text", []string{"reader_" + suffix, "Asia/Tokyo", "2024-01-01 09:00:00+09"}, ""},
			{"stored", "select id from orders", nil, ""}, // no tenant, no row
			{"plain", "select id from shop.orders order by id", []string{"1", "2", "3"}, ""},
			{"plain", "select id from orders", nil, reason.UndefinedObject},
			{"plain", "select current_user::text", []string{"postgres"}, ""},
			{"ruled", "select id from other.orders", []string{"masked"}, ""},
			{"ruled", "select current_schemas(false)::text", []string{"{other,shop}"}, ""},
			{"ruled", "select 1 as a union all select 2", []string{"1"}, ""},
			{"ruled", "select tenant from shop.orders", nil, reason.SyntaxNotAllowed},
			{"absent", "select 1", nil, reason.DatabaseLoginFailed},
			{"denied", "select 1", nil, reason.DatabaseLoginFailed},
			{"zone", "select 1", nil, reason.DatabaseLoginFailed},
		} {
			got, err := ask(test.id, test.sql)
			if test.reason != "" {
				var e *preview.Error
				if !errors.As(err, &e) || e.Reason != test.reason || e.Message == "" || e.Hint == "" {
					t.Errorf("%d: %s: %s: %v, want %s", i, test.id, test.sql, err, test.reason)
				}
				continue
			}
			masked := len(test.want) == 1 && test.want[0] == "masked"
			if err != nil || !masked && !slices.Equal(got, test.want) || masked && (len(got) != 1 || got[0] == "100") {
				t.Errorf("%d: %s: %s: got %q (%v), want %q", i, test.id, test.sql, got, err, test.want)
			}
		}
	}
}

// TestRequestSession: what requests set is theirs alone, however many run at a
// time over the same sessions, and only what the operator allows is set.
func TestRequestSession(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	suffix := strings.ToLower(t.Name())
	dsn := server.Database(t, sessionSchema+"create role a_"+suffix+"; create role b_"+suffix+"; create role login_"+suffix+" login; grant a_"+suffix+", b_"+suffix+" to login_"+suffix+";")
	t.Cleanup(func() {
		for _, role := range []string{"login_", "a_", "b_"} {
			superuser(t, dsn, "drop role "+role+suffix)
		}
	})
	p := newPreviewer(t, preview.Config{
		Resolver:     preview.SingleConnection(preview.NewSecret(dsn + " user=login_" + suffix)),
		RequestRoles: []string{"a_" + suffix, "b_" + suffix}, RequestVariables: []string{"app.tenant_id"},
	})
	const sql = "select current_user::text || id from shop.orders order by id"
	var wait sync.WaitGroup
	for i := range 40 {
		wait.Go(func() {
			tenant, want := "a", []string{"1", "3"}
			if i%2 == 1 {
				tenant, want = "b", []string{"2"}
			}
			role := tenant + "_" + suffix
			for j := range want {
				want[j] = role + want[j]
			}
			ctx := preview.WithRequestSession(t.Context(), preview.RequestSession{Role: role, Variables: map[string]string{"app.tenant_id": tenant}})
			result, err := p.Preview(ctx, preview.Request{SQL: sql})
			if preview.ReasonOf(err) == reason.ConcurrencyLimit {
				return
			}
			if err != nil || !slices.Equal(cells(result), want) {
				t.Errorf("%s: %v (%v), want %v", tenant, result, err, want)
			}
		})
	}
	wait.Wait()
	for _, odd := range []string{`a' or '1'='1`, `\`, `x\'y`, "é€\n", strings.Repeat("x", 4096), ""} {
		ctx := preview.WithRequestSession(t.Context(), preview.RequestSession{Variables: map[string]string{"app.tenant_id": odd}})
		if result, err := p.Preview(ctx, preview.Request{SQL: sql}); err != nil || len(result.Rows) != 0 {
			t.Errorf("the tenant %.20q: %v, %v", odd, result, err)
		}
	}
	for _, s := range []preview.RequestSession{
		{}, // no tenant
		{Role: "a_" + suffix},
		{Role: "postgres", Variables: map[string]string{"app.tenant_id": "a"}},
		{Variables: map[string]string{"app.tenant_id": "a", "app.admin": "1"}},
		{Variables: map[string]string{"app.tenant_id": strings.Repeat("x", 4097)}},
		{Variables: map[string]string{"app.tenant_id": "a\x00b"}},
	} {
		_, err := p.Preview(preview.WithRequestSession(context.Background(), s), preview.Request{SQL: "select 1"})
		if e := new(preview.Error); !errors.As(err, &e) || e.Reason != reason.InsufficientPrivilege || e.Hint == "" {
			t.Errorf("%.80v: %v", s, err)
		}
	}
}

// TestRulesAreChecked: faults of a connection's rules are found by New.
func TestRulesAreChecked(t *testing.T) {
	t.Parallel()
	_, err := preview.New(preview.Config{
		Resolver: preview.StaticConnections(nil), Limits: preview.Limits{MaxRows: 10}, RequestVariables: []string{"search_path"},
		ByConnection: map[string]preview.ConnectionRules{
			"a": {Limits: preview.Limits{MaxRows: 11}},
			"b": {Session: preview.Session{Variables: map[string]string{"work_mem": "1GB"}}},
			"c": {Policy: &preview.Policy{AllowFunctions: []string{"x"}}},
		},
	})
	if err == nil {
		t.Fatal("no fault was found")
	}
	for _, part := range []string{`RequestVariables has the name "search_path"`, `["a"]: preview: Limits.MaxRows`, `["b"]: Session.Variables has the name "work_mem"`, `["c"]`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the faults lack %q: %v", part, err)
		}
	}
}
