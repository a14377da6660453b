package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/doctor"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// TestHostileNames: a table's name cannot steer the terminal of the operator
// nor get into SQL that is meant to be copied.
func TestHostileNames(t *testing.T) {
	db := newTestDB(t)
	execute(t, db.super, "create table \"x\x1b[2J\u202e\ny\" (a int); grant insert on \"x\x1b[2J\u202e\ny\" to "+db.quoted())
	report := examine(t, db.dsn)
	f := find(report, "write-grants")
	if f == nil || len(f.Names) != 1 || strings.ContainsAny(f.Names[0], "\x1b\u202e\n") || f.Remedy != "" {
		t.Errorf("got %+v", f)
	}
}

func TestManyNamesAreCounted(t *testing.T) {
	db := newTestDB(t)
	execute(t, db.super, `do $$ begin for i in 1..30 loop execute format('create table t%s (a int); grant insert on t%s to `+db.quoted()+`', i, i); end loop; end $$`)
	f := find(examine(t, db.dsn), "write-grants")
	if f == nil || f.Count != 30 || len(f.Names) != 10 || !strings.Contains(f.Remedy, "and 20 more") {
		t.Errorf("got %+v", f)
	}
}

// TestShadowedCatalogsAreNotRead: objects in a schema of the role's search_path
// do not answer the questions.
func TestShadowedCatalogsAreNotRead(t *testing.T) {
	db := newTestDB(t)
	execute(t, db.super, `create schema lie; grant usage on schema lie to public;
		create function lie.has_table_privilege(oid, oid, text) returns bool language sql as 'select false';
		create table lie.pg_roles (like pg_catalog.pg_roles);
		alter role `+db.quoted()+` set search_path = lie, pg_catalog, public;
		grant insert on orders to `+db.quoted())
	if f := find(examine(t, db.dsn), "write-grants"); f == nil {
		t.Error("the lie was believed")
	}
}

func TestExamineLeavesNothing(t *testing.T) {
	db := newTestDB(t)
	count := func() (n int) {
		conn, err := pgx.Connect(context.Background(), db.super)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if err := conn.QueryRow(context.Background(), `select count(*) from pg_stat_activity where usename = $1`, db.role).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	examine(t, db.dsn)
	for range 100 {
		if count() == 0 {
			return
		}
	}
	t.Error("a session is left")
}

func TestFaultsHoldNoSecret(t *testing.T) {
	server := pgtest.Start(t, pgtest.Options{TCP: true})
	host, port, _ := server.TCP()
	const canary = "doctor-canary"
	for name, c := range map[string]struct {
		dsn  string
		want reason.Reason
	}{
		"no connection string":  {"host=x port=" + canary, reason.DatabaseLoginFailed},
		"a wrong password":      {fmt.Sprintf("host=%s port=%d user=postgres password=%s dbname=postgres sslmode=disable", host, port, canary), reason.DatabaseLoginFailed},
		"an unknown database":   {server.DSNFor("postgres", canary), reason.DatabaseLoginFailed},
		"nobody listens":        {"host=/nowhere user=" + canary + " dbname=d", reason.DatabaseUnavailable},
		"a name of no resolver": {"host=" + canary + ".invalid user=u dbname=d", reason.DatabaseUnavailable},
	} {
		_, err := doctor.Examine(context.Background(), preview.Connection{DSN: preview.NewSecret(c.dsn)}, doctor.Options{})
		var failure *preview.Error
		if !errors.As(err, &failure) || failure.Reason != c.want || strings.Contains(fmt.Sprintf("%+v", failure), canary) {
			t.Errorf("%s: got %+v", name, err)
		}
	}
}
