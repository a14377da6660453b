package run_test

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// canary is planted wherever a secret may be; no form of it may come out.
const canary = "canary4711secret"

const canaryTables = `
create table vault (id int, secret text, name text, doc text);
insert into vault values (1, 'canary4711secret', 'pg_class', '{"canary4711secret": tru}');
create table canary4711secret_hidden (canary4711secret_column int);
create type mood as enum ('fine');
create domain short as text check (length(value) < 5);
create function raise_error() returns int language plpgsql stable as $$ begin raise exception 'canary4711secret' using hint = 'canary4711secret', detail = 'canary4711secret'; end $$;
create function raise_parse() returns int language plpgsql stable as $$ begin raise exception 'canary4711secret' using errcode = '42703', hint = 'canary4711secret'; end $$;
create function raise_code() returns int language plpgsql stable as $$ begin raise exception 'x' using errcode = 'CANAR', hint = 'canary4711secret'; end $$;
create function raise_notice() returns int language plpgsql stable as $$ begin raise notice 'canary4711secret'; raise warning 'canary4711secret'; return 1; end $$;
create function fold() returns text language sql immutable as $$ select 'canary4711secret'::text $$;
create function inner_query() returns int language plpgsql stable as $$ declare n int; begin execute 'select canary4711secret from nowhere' into n; return n; end $$;
create view bad_view as select secret::int as n from vault;
`

// outputs collects everything that anybody could see.
func outputs(t *testing.T, result *run.Result, err error) string {
	t.Helper()
	var out bytes.Buffer
	for _, v := range []any{err} {
		fmt.Fprintf(&out, "%v %+v %#v %s\n", v, v, v, v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
	}
	var e *run.Error
	if errors.As(err, &e) {
		fmt.Fprintf(&out, "%+v\n", *e)
	}
	if result != nil {
		for _, column := range result.Columns {
			fmt.Fprintf(&out, "%+v\n", column)
		}
	}
	return out.String()
}

func TestErrorsTellNoValue(t *testing.T) {
	t.Parallel()
	to := target(t, canaryTables)
	pools := newPools(t, run.Limits{})
	for _, test := range []struct {
		sql  string
		want reason.Reason
	}{
		{"select secret::int from vault", reason.DataException},
		{"select (select secret from vault)::numeric", reason.DataException},
		{"select secret::date from vault", reason.DataException},
		{"select secret::uuid from vault", reason.DataException},
		{"select secret::mood from vault", reason.DataException},
		{"select secret::short from vault", reason.DataException}, // 23514
		{"select secret::regclass from vault", reason.UndefinedObject},
		{"select secret::regproc from vault", reason.UndefinedObject},
		{"select secret::regtype from vault", reason.SemanticError},
		{"select (secret || ' ' || secret || ' (')::regtype from vault", reason.SQLSyntaxError},
		{"select secret::regnamespace from vault", reason.UndefinedObject},
		{"select secret::regrole from vault", reason.SemanticError},
		{"select (secret || '(int)')::regprocedure from vault", reason.UndefinedObject},
		{"select has_table_privilege(secret, 'select') from vault", reason.UndefinedObject},
		{"select has_table_privilege('vault', secret) from vault", reason.DataException},
		{"select current_setting(secret) from vault", reason.SemanticError},
		{"select doc::json from vault", reason.DataException},
		{"select doc::jsonb from vault", reason.DataException},
		{"select jsonb_path_query('{}', secret::jsonpath) from vault", reason.SQLSyntaxError},
		{"select xmlparse(document '<' || secret) from vault", reason.DataException},
		{"select to_tsquery(secret || ' ' || secret) from vault", reason.SQLSyntaxError},
		{"select regexp_match('a', '(' || secret) from vault", reason.DataException},
		{"select 'a' similar to 'b' escape secret from vault", reason.DataException},
		{"select decode(secret, 'hex') from vault", reason.DataException},
		{"select encode('a', secret) from vault", reason.DataException},
		{"select date_trunc(secret, now()) from vault", reason.DataException},
		{"select now() at time zone secret from vault", reason.DataException},
		{"select format('%' || secret, 1) from vault", reason.DataException},
		{"select pg_read_file(secret) from vault", reason.Internal},
		{"select n from bad_view", reason.DataException},
		{"select raise_error()", reason.FunctionRaised},
		{"select raise_parse()", reason.UndefinedObject},
		{"select raise_code()", reason.Internal},
		{"select inner_query()", reason.UndefinedObject},
		{"select fold()::int", reason.DataException},
		{"select fold()::regclass", reason.UndefinedObject},
		{"select 1 from vault where fold()::regclass = 1", reason.UndefinedObject},
		{"select canary4711secre from vault", reason.UndefinedObject},
		{"select canary4711secret_colum from canary4711secret_hidden", ""},
		{"select * from canary4711secret_hidde", ""},
		{"select secre from vault v", reason.UndefinedObject},
		{"select raise_notice()", ""},
	} {
		for _, describe := range []bool{false, true} {
			call := pools.Run
			if describe {
				call = pools.Describe
			}
			result, err := call(t.Context(), to, run.Query{SQL: wrapped(test.sql)})
			if !describe && test.want != "" {
				if err == nil {
					t.Errorf("%s: no error", test.sql)
					continue
				}
				if got := asError(t, err).Reason; got != test.want {
					t.Errorf("%s: the reason is %s (%s), want %s", test.sql, got, asError(t, err).SQLSTATE, test.want)
				}
			}
			var e *run.Error
			failed := errors.As(err, &e)
			if failed && e.Position != 0 && !strings.Contains(test.sql, "secre from") && !strings.Contains(test.sql, canary[:10]) {
				t.Errorf("%s: an error about a value has the position %d", test.sql, e.Position)
			}
			// What the author wrote may be told to the author.
			out := outputs(t, result, err)
			for _, own := range []string{"canary4711secret_colum\"", "canary4711secret_hidde\"", "canary4711secre\""} {
				if strings.Contains(test.sql, strings.TrimSuffix(own, `"`)) {
					out = strings.ReplaceAll(out, own, "")
					out = strings.ReplaceAll(out, strings.TrimSuffix(own, `"`)+`\"`, "")
				}
			}
			out = strings.ReplaceAll(out, "canary4711secret_hidden", "") // the origin of a column that the author may read
			if failed && e.SQLSTATE == "CANAR" {
				t.Errorf("%s: a raised code is told", test.sql)
			}
			if at := strings.Index(out, canary[:12]); at >= 0 {
				t.Errorf("%s: the canary is told: %.200s", test.sql, out[max(0, at-100):])
			}
		}
	}
}

// TestConnectErrorsTellNoSecret plants the canary in every part of a
// connection string, in many spellings, and makes the connection fail.
func TestConnectErrorsTellNoSecret(t *testing.T) {
	server := pgtest.Start(t, pgtest.Options{TCP: true})
	host, port, password := server.TCP()

	var logged bytes.Buffer
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	defer slog.SetDefault(old)

	pools := newPools(t, run.Limits{ConnectTimeout: 2 * time.Second})
	for i, test := range []struct {
		dsn  string
		want reason.Reason
	}{
		{"postgres://" + canary + ":" + canary + "@127.0.0.1:1/" + canary, reason.DatabaseUnavailable},
		{"postgres://u:" + canary + "@" + canary + ".invalid/d", reason.DatabaseUnavailable},
		{"postgres://u:" + canary + "@h:port" + canary + "/d", reason.DatabaseLoginFailed},
		{"postgres://u:p%zz" + canary + "@h/d", reason.DatabaseLoginFailed},
		{"postgres://u:" + canary + "@[::1/d", reason.DatabaseLoginFailed},
		{"postgres//u:" + canary + "@h/d", reason.DatabaseLoginFailed},
		{"host=h password=" + canary + " port", reason.DatabaseLoginFailed},
		{"host=h password='" + canary, reason.DatabaseLoginFailed},
		{"host=h password=a" + canary + " sslmode=" + canary, reason.DatabaseLoginFailed},
		{"host=h port=1 sslrootcert=/" + canary + " sslmode=verify-full", reason.DatabaseLoginFailed},
		{"service=" + canary, reason.DatabaseLoginFailed},
		{"host=/" + canary + " user=" + canary, reason.DatabaseUnavailable},
		{fmt.Sprintf("host=%s port=%d user=postgres password=%s dbname=postgres sslmode=disable", host, port, canary), reason.DatabaseLoginFailed},
		{fmt.Sprintf("host=%s port=%d user=%s password=%s dbname=postgres sslmode=disable", host, port, canary, canary), reason.DatabaseLoginFailed},
		{fmt.Sprintf("host=%s port=%d user=postgres password=%s dbname=%s sslmode=disable", host, port, password, canary), reason.DatabaseLoginFailed},
		{fmt.Sprintf("host=%s port=%d user=postgres password=%s dbname=postgres sslmode=require", host, port, canary), reason.DatabaseUnavailable},
		{fmt.Sprintf("host=%s port=%d user=postgres password=%s dbname=postgres sslmode=disable options=-c%%20%s=1", host, port, password, canary), reason.DatabaseUnavailable},
		{fmt.Sprintf("host=%s port=%d user=postgres password=%s dbname=postgres sslmode=disable %s=1", host, port, password, canary), reason.DatabaseUnavailable},
	} {
		_, err := pools.Run(t.Context(), run.Target{ID: fmt.Sprint(i), DSN: test.dsn}, run.Query{SQL: "select 1"})
		e := asError(t, err)
		if e.Reason != test.want {
			t.Errorf("%d: the reason is %s (%s, %s), want %s", i, e.Reason, e.SQLSTATE, e.Message, test.want)
		}
		out := outputs(t, nil, err)
		for _, secret := range []string{canary, password, "127.0.0.1", host} {
			if strings.Contains(out, secret) {
				t.Errorf("%d: %q is told: %s", i, secret, out)
			}
		}
		if e.Message == "" || e.Hint == "" {
			t.Errorf("%d: the error does not say what happened and what to do: %+v", i, e)
		}
	}
	if logged.Len() > 0 {
		t.Errorf("something was logged: %s", logged.String())
	}
}

// TestPositionsAndNames: what an author needs to mend the query.
func TestPositionsAndNames(t *testing.T) {
	t.Parallel()
	to := target(t, `create table orders (id int, total numeric, "größe" text)`)
	pools := newPools(t, run.Limits{})
	for _, test := range []struct {
		sql, at, message, hint string
		want                   reason.Reason
	}{
		{"select nope from orders", "nope", `column "nope" does not exist`, "check the spelling, the schema and the search path", reason.UndefinedObject},
		{"select 'ääää', orders.nope from orders", "orders.nope", `column orders.nope does not exist`, "*", reason.UndefinedObject},
		{"select * from ordres", "ordres", `relation "ordres" does not exist`, "*", reason.UndefinedObject},
		{`select * from "Größe"`, `"Größe"`, `relation "Größe" does not exist`, "*", reason.UndefinedObject},
		{"select nofunction(id) from orders", "nofunction", "function nofunction(integer) does not exist", "No function matches the given name and argument types. You might need to add explicit type casts.", reason.UndefinedObject},
		{"select id + 'x' from orders", "'x'", `invalid input syntax for type integer: "x"`, "*", reason.DataException},
		{"select id, count(*) from orders", "id, count", "*", "*", reason.SemanticError},
		{"select totals from orders", "totals", `column "totals" does not exist`, "check the spelling, the schema and the search path", reason.UndefinedObject}, // the hint would name a column not written
		{"select o.total from orders o, x.y", "x.y", `relation "x.y" does not exist`, "*", reason.UndefinedObject},
		{`select "größe" from orders a, orders b`, `"größe"`, `column reference "größe" is ambiguous`, "*", reason.SemanticError},
		{"select 1 / 0", "", "*", "*", reason.DataException},
	} {
		sql := wrapped(test.sql)
		_, err := pools.Run(t.Context(), to, run.Query{SQL: sql})
		e := asError(t, err)
		if e.Reason != test.want {
			t.Errorf("%s: the reason is %s, want %s", test.sql, e.Reason, test.want)
		}
		if test.message != "*" && e.Message != test.message {
			t.Errorf("%s: the message is %q, want %q", test.sql, e.Message, test.message)
		}
		if test.hint != "*" && e.Hint != test.hint {
			t.Errorf("%s: the hint is %q, want %q", test.sql, e.Hint, test.hint)
		}
		switch {
		case test.at == "" && e.Position != 0:
			t.Errorf("%s: the position is %d, want none", test.sql, e.Position)
		case test.at != "" && e.Position == 0:
			t.Errorf("%s: there is no position", test.sql)
		case test.at != "":
			if rest := string([]rune(sql)[e.Position-1:]); !strings.HasPrefix(rest, test.at) {
				t.Errorf("%s: the position is at %q", test.sql, rest)
			}
		}
	}
}
