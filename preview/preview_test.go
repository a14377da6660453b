package preview_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/sanitize"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			code = 1
		}
	}
	os.Exit(code)
}

// schema is a small shop, with a secret and a view over it.
const schema = `
create table customers (id int primary key, name text, email text, password_hash text);
insert into customers values (1, 'Ada', 'ada@example.com', 'hunter2-canary'), (2, 'Grace', null, 'hunter3-canary');
create table orders (id int primary key, customer_id int references customers, amount numeric(10,2), note text);
insert into orders select i, 1 + i % 2, i * 1.5, 'note ' || i from generate_series(1, 250) i;
create view public_customers as select id, name from customers;
create view all_customers as select id, name, password_hash as word from customers;
create function add_row() returns int language sql volatile as 'insert into orders values (-1, 1, 1, null) returning 1';
create function shout(text) returns text language sql immutable as 'select upper($1)';
`

func newPreviewer(t *testing.T, config preview.Config) *preview.Previewer {
	t.Helper()
	if config.Resolver == nil {
		dsn := pgtest.Shared(t).Database(t, schema)
		config.Resolver = preview.SingleConnection(preview.NewSecret(dsn))
	}
	previewer, err := preview.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(previewer.Close)
	return previewer
}

func run(t *testing.T, p *preview.Previewer, sql string) *preview.Result {
	t.Helper()
	result, err := p.Preview(context.Background(), preview.Request{SQL: sql})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return result
}

func failure(t *testing.T, p *preview.Previewer, request preview.Request) *preview.Error {
	t.Helper()
	_, err := p.Preview(context.Background(), request)
	var e *preview.Error
	if !errors.As(err, &e) {
		t.Fatalf("%s: error is %v, want a *preview.Error", request.SQL, err)
	}
	return e
}

func TestPreviewReturnsRows(t *testing.T) {
	p := newPreviewer(t, preview.Config{})
	result := run(t, p, "select o.id as no, c.name, o.amount, null as nothing from orders o join customers c on c.id = o.customer_id order by 1 limit 2; -- done")
	if len(result.Rows) != 2 || len(result.Columns) != 4 {
		t.Fatalf("got %d rows of %d columns, want 2 of 4", len(result.Rows), len(result.Columns))
	}
	row := result.Rows[0]
	if row[0].Text != "1" || row[1].Text != "Grace" || row[2].Text != "1.50" || !row[3].Null || row[0].Null {
		t.Errorf("first row is %+v", row)
	}
	amount := result.Columns[2]
	if amount.Name != "amount" || amount.Type != "numeric(10,2)" || amount.Precision != 10 || amount.Scale != 2 || amount.Category != "N" {
		t.Errorf("column is %+v", amount)
	}
	if amount.OriginTable != "public.orders" || amount.OriginColumn != "amount" {
		t.Errorf("origin is %q.%q, want public.orders.amount", amount.OriginTable, amount.OriginColumn)
	}
	if len(result.Truncations) != 0 {
		t.Errorf("truncations are %+v, want none", result.Truncations)
	}
	receipt := result.Receipt
	if len(receipt.SQLFingerprint) != 16 || len(receipt.SchemaFingerprint) != 64 || len(receipt.PayloadSHA256) != 64 {
		t.Errorf("receipt is %+v", receipt)
	}
	if result.RequestID == "" || result.Stats.Total <= 0 || result.Stats.Rows != 2 || result.Stats.Bytes <= 0 {
		t.Errorf("request id %q, stats %+v", result.RequestID, result.Stats)
	}
}

func TestReceiptTellsResultsApart(t *testing.T) {
	p := newPreviewer(t, preview.Config{})
	payload := func(sql string) string { return run(t, p, sql).Receipt.PayloadSHA256 }
	same := payload("select 'a'::text as x, 'b'::text as y")
	if payload("select 'a'::text as x, 'b'::text as y where true") != same {
		t.Error("equal payloads have different hashes")
	}
	for _, other := range []string{
		"select 'ab'::text as x, ''::text as y",
		"select 'a'::text as x, null::text as y",
		"select 'a'::text as x, 'b'::varchar as y",
		"select 'a'::text as x, 'b'::text as z",
	} {
		if payload(other) == same {
			t.Errorf("%s has the hash of another payload", other)
		}
	}
}

func TestValuesAreSanitized(t *testing.T) {
	p := newPreviewer(t, preview.Config{})
	result := run(t, p, `select E'a\x1b[31mb' as escape, U&'safe\202Etxt' as bidi, '=1+1' as formula, 1 as plain`)
	row := result.Rows[0]
	for i, want := range []sanitize.Kind{sanitize.Control, sanitize.Bidi, sanitize.FormulaLike} {
		if row[i].Changes == nil || !row[i].Changes.Kinds.Has(want) {
			t.Errorf("cell %d is %+v, want it to say %v", i, row[i], want.Names())
		}
	}
	if row[3].Changes != nil {
		t.Errorf("a plain cell says %+v", row[3].Changes)
	}
	if strings.ContainsAny(row[0].Text+row[1].Text, "\x1b\u202e") {
		t.Errorf("a control character is left: %q %q", row[0].Text, row[1].Text)
	}
	if result.Sanitization.CellsChanged != 2 || result.Sanitization.Counts[sanitize.FormulaLike] != 1 {
		t.Errorf("the sum is %+v", result.Sanitization)
	}
}

func TestRefusalsComeBeforeTheDatabase(t *testing.T) {
	unreachable := preview.SingleConnection(preview.NewSecret("postgres://nobody:pw-canary@127.0.0.1:1/none"))
	p := newPreviewer(t, preview.Config{Resolver: unreachable})
	tests := []struct {
		sql  string
		want reason.Reason
	}{
		{"", reason.SQLEmpty},
		{"select 1; drop table orders", reason.MultipleStatements},
		{"delete from orders", reason.NotASelect},
		{"with d as (delete from orders returning *) select * from d", reason.DataModifyingCTE},
		{"select * into x from orders", reason.SelectInto},
		{"select * from orders for update", reason.RowLock},
		{"select $1", reason.ParameterNotAllowed},
		{"select pg_sleep(30)", reason.FunctionNotAllowed},
		{"select 1 +", reason.SQLSyntaxError},
		{"select '\xff'", reason.SQLInvalidText},
		{strings.Repeat("(", 60000), reason.SQLTooComplex},
		{strings.Repeat(" ", 300<<10), reason.SQLTooLarge},
	}
	for _, tt := range tests {
		e := failure(t, p, preview.Request{SQL: tt.sql, RequestID: "r-1"})
		if e.Reason != tt.want || len(e.Violations) == 0 || e.RequestID != "r-1" {
			t.Errorf("%.40q: got %v with %d violations, request %q; want %v", tt.sql, e.Reason, len(e.Violations), e.RequestID, tt.want)
		}
	}
	if e := failure(t, p, preview.Request{SQL: "select 1"}); e.Reason != reason.DatabaseUnavailable || strings.Contains(e.Error()+e.Hint, "canary") || strings.Contains(e.Error(), "127.0.0.1") {
		t.Errorf("an honest query on a dead server: %+v", e)
	}
}

func TestFunctionsAreResolvedOnTheTarget(t *testing.T) {
	p := newPreviewer(t, preview.Config{})
	if got := run(t, p, "select shout('a')").Rows[0][0].Text; got != "A" {
		t.Errorf("shout('a') is %q", got)
	}
	for _, sql := range []string{"select add_row()", "select * from add_row()", "select 1 order by public.add_row()"} {
		if e := failure(t, p, preview.Request{SQL: sql}); e.Reason != reason.FunctionNotAllowed || e.Position.Line != 1 {
			t.Errorf("%s: %+v", sql, e)
		}
	}
	if got := run(t, p, "select count(*) from orders where id < 0").Rows[0][0].Text; got != "0" {
		t.Errorf("%s rows were written", got)
	}
}

func TestServerErrorsPointIntoTheAuthorsText(t *testing.T) {
	p := newPreviewer(t, preview.Config{})
	sql := "-- höchst\nselect id,\n  'é', nme from customers"
	e := failure(t, p, preview.Request{SQL: sql})
	want := strings.Index(sql, "nme")
	if e.Reason != reason.UndefinedObject || e.SQLSTATE != "42703" {
		t.Fatalf("got %+v", e)
	}
	if e.Position != (preview.Position{Line: 3, Column: 8, Offset: want, End: want + 3}) {
		t.Errorf("position is %+v, want line 3, column 8, bytes %d to %d", e.Position, want, want+3)
	}
}

func TestErrorsHoldNoValue(t *testing.T) {
	p := newPreviewer(t, preview.Config{})
	for _, sql := range []string{
		"select password_hash::int from customers",
		"select password_hash::regclass from customers",
		"select password_hash::json from customers",
		"select current_setting(password_hash) from customers",
		"select has_table_privilege(password_hash, 'select') from customers",
	} {
		e := failure(t, p, preview.Request{SQL: sql})
		if strings.Contains(e.Error()+e.Hint, "canary") {
			t.Errorf("%s: the error holds a value: %+v", sql, e)
		}
	}
}

// TestAnotherDatabaseIsNoLogin: a query that asks about a database or role that
// is not there has logged in.
func TestAnotherDatabaseIsNoLogin(t *testing.T) {
	p := newPreviewer(t, preview.Config{})
	for _, sql := range []string{"select pg_database_size('nosuch')", "select has_database_privilege('nosuch', 'connect')"} {
		if e := failure(t, p, preview.Request{SQL: sql}); e.Reason != reason.SemanticError || e.SQLSTATE != "3D000" {
			t.Errorf("%s: got %+v, want SEMANTIC_ERROR", sql, e)
		}
	}
}

func TestTimeoutAndCancel(t *testing.T) {
	p := newPreviewer(t, preview.Config{})
	const slow = "select count(*) from generate_series(1, 100000000000) a"
	e := failure(t, p, preview.Request{SQL: slow, Timeout: time.Second})
	if e.Reason != reason.StatementTimeout || e.StoppedBy == "" {
		t.Errorf("got %+v, want STATEMENT_TIMEOUT and who stopped it", e)
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(200*time.Millisecond, cancel)
	if _, err := p.Preview(ctx, preview.Request{SQL: slow}); preview.ReasonOf(err) != reason.ClientCanceled {
		t.Errorf("got %v, want CLIENT_CANCELED", err)
	}
}

func TestConnections(t *testing.T) {
	p := newPreviewer(t, preview.Config{})
	if e := failure(t, p, preview.Request{SQL: "select 1", ConnectionID: "no-such"}); e.Reason != reason.ConnectionNotFound {
		t.Errorf("got %+v, want CONNECTION_NOT_FOUND", e)
	}
	broken := newPreviewer(t, preview.Config{Resolver: brokenStore{}})
	e := failure(t, broken, preview.Request{SQL: "select 1"})
	if e.Reason != reason.DatabaseUnavailable || strings.Contains(e.Error()+e.Hint, "canary") {
		t.Errorf("got %+v, want DATABASE_UNAVAILABLE without the store's text", e)
	}
}

type brokenStore struct{}

func (brokenStore) Resolve(context.Context, string) (preview.Connection, error) {
	return preview.Connection{}, errors.New("vault token canary expired")
}

func TestDescribe(t *testing.T) {
	p := newPreviewer(t, preview.Config{})
	const sql = "select id, amount, 1/0 as never from orders"
	description, err := p.Describe(context.Background(), preview.Request{SQL: sql, RequestID: "d"})
	if err != nil {
		t.Fatal(err)
	}
	if len(description.Columns) != 3 || description.Columns[1].Type != "numeric(10,2)" || description.RequestID != "d" {
		t.Errorf("got %+v", description)
	}
	if _, err := p.Describe(context.Background(), preview.Request{SQL: "delete from orders"}); preview.ReasonOf(err) != reason.NotASelect {
		t.Errorf("got %v, want NOT_A_SELECT", err)
	}
	whole := run(t, p, "select id, amount, 1 as never from orders")
	if whole.Receipt.SchemaFingerprint != description.Receipt.SchemaFingerprint {
		t.Error("Preview and Describe disagree on the schema fingerprint")
	}
}

func TestValidate(t *testing.T) {
	p := newPreviewer(t, preview.Config{
		Resolver: brokenStore{},
		Policy:   preview.Policy{DenyRelations: []string{"public.orders"}},
	})
	verdict, err := p.Validate(context.Background(), "select lower(name), shout(name) from customers join customers c using (id)")
	if err != nil {
		t.Fatal(err)
	}
	if !verdict.Allowed || strings.Join(verdict.Tables, " ") != "customers" ||
		strings.Join(verdict.Functions, " ") != "lower shout" || strings.Join(verdict.ToBeResolved, " ") != "shout" || len(verdict.Fingerprint) != 16 {
		t.Errorf("got %+v", verdict)
	}
	verdict, err = p.Validate(context.Background(), "select 1 from orders for update; select 2")
	if err != nil {
		t.Fatal(err)
	}
	if verdict.Allowed || len(verdict.Violations) != 3 {
		t.Errorf("got %+v, want the denied relation, the lock and the second statement", verdict)
	}
	if offline := preview.Check("select 1 from orders"); !offline.Allowed {
		t.Errorf("the built-in policy refuses an honest query: %+v", offline.Violations)
	}
}

func TestNewFindsFaults(t *testing.T) {
	resolver := preview.SingleConnection(preview.NewSecret("postgres:///x"))
	for name, config := range map[string]preview.Config{
		"no resolver":       {},
		"too many rows":     {Resolver: resolver, Limits: preview.Limits{MaxRows: 101}},
		"too long":          {Resolver: resolver, Limits: preview.Limits{Timeout: 11 * time.Second}},
		"too long cells":    {Resolver: resolver, Limits: preview.Limits{MaxCellCharacters: 1025}},
		"negative":          {Resolver: resolver, Limits: preview.Limits{MaxResponseBytes: -1}},
		"not a name":        {Resolver: resolver, Policy: preview.Policy{AllowFunctions: []string{"a b"}}},
		"two cell limits":   {Resolver: resolver, Sanitize: sanitize.Config{MaxCharacters: 10}},
		"not a column rule": {Resolver: resolver, Sanitize: sanitize.Config{Columns: sanitize.ColumnRules{Mask: []string{"users"}}}},
	} {
		if p, err := preview.New(config); err == nil {
			p.Close()
			t.Errorf("%s: New accepts it", name)
		}
	}
}

func TestParsePolicy(t *testing.T) {
	p, err := preview.ParsePolicy([]byte(`{"strict": true, "allow_functions": ["app.f"], "deny_functions": ["f"]}`))
	if err != nil || !p.Strict || len(p.AllowFunctions) != 1 || len(p.DenyFunctions) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	for _, text := range []string{
		`{"strict": true, "alow_functions": []}`, `{"strict": "yes"}`, `{"deny_functions": "f"}`, `{"allow_functions": ["f"]}`,
		`{} {}`, `{`, ``, `[]`,
	} {
		if _, err := preview.ParsePolicy([]byte(text)); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

func TestResolverDecidesHowToDial(t *testing.T) {
	refuse := errors.New("this address is not allowed: canary")
	dialled := 0
	connection := preview.Connection{
		DSN: preview.NewSecret("postgres://u@127.0.0.1:1/d"),
		Dial: func(context.Context, string, string) (net.Conn, error) {
			dialled++
			return nil, refuse
		},
	}
	p := newPreviewer(t, preview.Config{Resolver: preview.StaticConnections(map[string]preview.Connection{preview.DefaultConnectionID: connection})})
	e := failure(t, p, preview.Request{SQL: "select 1"})
	if dialled == 0 || e.Reason != reason.DatabaseUnavailable || strings.Contains(e.Error()+e.Hint, "canary") {
		t.Errorf("dialled %d times, got %+v", dialled, e)
	}
}

func TestLoginFailuresTellNothing(t *testing.T) {
	host, port, password := pgtest.Start(t, pgtest.Options{TCP: true}).TCP()
	dsn := func(user, password, database string) preview.Connection {
		return preview.Connection{DSN: preview.NewSecret(fmt.Sprintf(
			"host=%s port=%d user=%s password=%s dbname=%s sslmode=disable", host, port, user, password, database))}
	}
	p := newPreviewer(t, preview.Config{Resolver: preview.StaticConnections(map[string]preview.Connection{
		"right":          dsn("postgres", password, "postgres"),
		"wrong password": dsn("postgres", "canary", "postgres"),
		"no such user":   dsn("canary", password, "postgres"),
		"no such base":   dsn("postgres", password, "canary"),
	})})
	if _, err := p.Preview(context.Background(), preview.Request{SQL: "select 1", ConnectionID: "right"}); err != nil {
		t.Fatalf("the right password: %v", err)
	}
	for _, id := range []string{"wrong password", "no such user", "no such base"} {
		e := failure(t, p, preview.Request{SQL: "select 1", ConnectionID: id})
		if e.Reason != reason.DatabaseLoginFailed {
			t.Errorf("%s: got %s, want DATABASE_LOGIN_FAILED", id, e.Reason)
		}
		text := fmt.Sprintf("%+v %s", *e, e.Error())
		for _, secret := range []string{"canary", password, host, strconv.Itoa(port), "postgres"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: the error tells %q: %s", id, secret, text)
			}
		}
	}
}
