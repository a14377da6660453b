package doctor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/doctor"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

func execute(t *testing.T, dsn, sql string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.PgConn().Exec(context.Background(), sql).ReadAll(); err != nil {
		t.Fatalf("%v in\n%s", err, sql)
	}
}

func databaseOf(t *testing.T, dsn string) string {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return config.Database
}

func examine(t *testing.T, dsn string) *doctor.Report {
	t.Helper()
	report, err := doctor.Examine(context.Background(), preview.Connection{DSN: preview.NewSecret(dsn)}, doctor.Options{Dedicated: true})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func find(r *doctor.Report, check string) *doctor.Finding {
	for i := range r.Findings {
		if r.Findings[i].Check == check {
			return &r.Findings[i]
		}
	}
	return nil
}

func hasRole(t *testing.T, dsn, name string) (has bool) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(context.Background(), `select exists (select from pg_roles where rolname = $1)`, name).Scan(&has); err != nil {
		t.Fatal(err)
	}
	return has
}

// shop is a small database; its owner is one role, and another may read it.
const shop = `
revoke create on schema public from public;
create table orders (id bigserial primary key, note text);
create table "od""d Table" (id int);
create view totals as select count(*) from orders;`

var roles atomic.Int64

// bestGrade is the best that a connection to this server can have: one that gets no
// more security fixes leads to advice.
func bestGrade(r *doctor.Report) doctor.Grade {
	if find(r, "version") != nil {
		return doctor.GradeB
	}
	return doctor.GradeA
}

// testDB is a database with a role that has only what a preview needs.
type testDB struct {
	super, role, dsn string
}

func newTestDB(t *testing.T) testDB {
	t.Helper()
	server := pgtest.Shared(t)
	db := testDB{super: server.Database(t, shop), role: fmt.Sprintf("preview role %d", roles.Add(1))}
	db.dsn = server.DSNFor(db.role, databaseOf(t, db.super))
	script := examine(t, db.super).LeastPrivilege
	execute(t, db.super, strings.NewReplacer("role sqlpreview", "role "+db.quoted(), "to sqlpreview", "to "+db.quoted()).Replace(script))
	t.Cleanup(func() { execute(t, db.super, "drop owned by "+db.quoted()+" cascade; drop role "+db.quoted()) })
	return db
}

func (db testDB) quoted() string { return `"` + db.role + `"` }

// TestGrades is what an operator sees for the three typical roles.
func TestGrades(t *testing.T) {
	db := newTestDB(t)

	least := examine(t, db.dsn)
	if least.Grade != bestGrade(least) {
		t.Errorf("the role that doctor's own script made has grade %s: %s", least.Grade, ids(least))
	}
	if s := least.Server; !s.Local || s.Pooled || s.Standby || s.Encoding != "UTF8" || s.Version == "" || s.Latency <= 0 || s.Connect <= 0 {
		t.Errorf("the server: %+v", s)
	}

	super := examine(t, db.super)
	if super.Grade != doctor.GradeF || find(super, "superuser") == nil {
		t.Errorf("a superuser has grade %s: %s", super.Grade, ids(super))
	}

	execute(t, db.super, `alter table orders owner to `+db.quoted())
	owner := examine(t, db.dsn)
	if f := find(owner, "owns-objects"); owner.Grade != doctor.GradeD || f == nil || !slices.Contains(f.Names, "public.orders") {
		t.Errorf("an owner has grade %s: %s", owner.Grade, ids(owner))
	}
	for _, r := range []*doctor.Report{super, owner, least} {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s", text)
	}
}

// better is the best grade that a finding of a severity must prevent.
var better = map[doctor.Severity]doctor.Grade{
	doctor.Critical: doctor.GradeD, doctor.Serious: doctor.GradeC, doctor.Warning: doctor.GradeB, doctor.Advice: doctor.GradeA,
}

// ids names what was found.
func ids(r *doctor.Report) string {
	var names []string
	for _, f := range r.Findings {
		names = append(names, fmt.Sprintf("%s:%s%.5q", f.Severity, f.Check, f.Names))
	}
	return strings.Join(names, " ")
}

// TestEveryFindingAndItsRemedy gives the role one right too many, sees that it
// is found, runs the remedy as it stands, and sees that it is gone.
func TestEveryFindingAndItsRemedy(t *testing.T) {
	db := newTestDB(t)
	for _, c := range []struct {
		check    string
		setup    string
		name     string
		severity doctor.Severity
		undo     string // where the remedy is advice and no SQL
	}{
		{"superuser", `alter role R superuser`, "", doctor.Critical, `alter role R nosuperuser`},
		{"can-become-superuser", `create role "R boss" superuser; grant "R boss" to R`, "R boss", doctor.Critical, ""},
		{"server-files", `grant pg_read_server_files to R`, "pg_read_server_files", doctor.Critical, ""},
		{"server-files", `grant pg_execute_server_program to R`, "pg_execute_server_program", doctor.Critical, ""},
		{"role-attributes", `alter role R createrole`, "createrole", doctor.Serious, ""},
		{"role-attributes", `alter role R createdb`, "createdb", doctor.Serious, ""},
		{"role-attributes", `alter role R replication`, "replication", doctor.Serious, ""},
		{"role-attributes", `alter role R bypassrls`, "bypassrls", doctor.Serious, ""},
		{"powerful-memberships", `grant pg_signal_backend to R`, "pg_signal_backend", doctor.Serious, ""},
		{"write-grants", `grant insert on "od""d Table" to R`, `public."od""d Table"`, doctor.Serious, ""},
		{"write-grants", `grant update (note) on orders to R`, "public.orders", doctor.Serious, ""},
		{"write-grants", `grant truncate on orders to public`, "public.orders", doctor.Serious, "revoke truncate on orders from public"},
		{"write-grants", `create role "R writer"; grant delete on orders to "R writer"; grant "R writer" to R`, "public.orders", doctor.Serious, `revoke "R writer" from R`},
		{"sequence-grants", `grant usage on sequence orders_id_seq to R`, "public.orders_id_seq", doctor.Serious, ""},
		{"create-grants", `grant create on schema public to R`, "schema public", doctor.Serious, ""},
		{"create-grants", `grant create on schema public to public`, "schema public", doctor.Serious, `revoke create on schema public from public`},
		{"secret-catalogs", `grant select on pg_authid to R`, "pg_catalog.pg_authid", doctor.Serious, ""},
		{"dangerous-functions", `grant execute on function pg_read_file(text) to R`, "pg_catalog.pg_read_file(text)", doctor.Serious, ""},
		{"definer-functions", `create function "do it"(a int, b text) returns int language sql security definer as 'select 1'`, `public."do it"(a integer, b text)`, doctor.Warning, `revoke execute on function "do it"(int, text) from public`},
		{"monitoring-memberships", `grant pg_monitor to R`, "pg_monitor", doctor.Warning, ""},
		{"powerful-memberships", `grant pg_read_all_data to R`, "pg_read_all_data", doctor.Serious, ""},
		{"other-memberships", `create role "R team"; grant "R team" to R`, "R team", doctor.Warning, ""},
		{"foreign-servers", `create foreign data wrapper nothing; create server "far away" foreign data wrapper nothing; grant usage on foreign server "far away" to R`, `"far away"`, doctor.Warning, ""},
		{"read-only-default", `alter role R reset default_transaction_read_only`, "default_transaction_read_only", doctor.Advice, ""},
		{"connection-limit", `alter role R connection limit -1`, "R", doctor.Advice, ""},
		{"string-syntax", `alter role R set standard_conforming_strings = off`, "standard_conforming_strings", doctor.Advice, ""},
		{"nothing-to-read", `revoke select on all tables in schema public from R`, "", doctor.Advice, ""},
	} {
		t.Run(c.check+" "+c.name, func(t *testing.T) {
			if c.name == "pg_read_all_data" && !hasRole(t, db.super, c.name) {
				t.Skip("the role came with PostgreSQL 14")
			}
			fill := func(text string) string {
				return strings.NewReplacer(`"R boss"`, `"`+db.role+` boss"`, `"R writer"`, `"`+db.role+` writer"`, `"R team"`, `"`+db.role+` team"`,
					"R boss", db.role+" boss", "R team", db.role+" team", " R ", " "+db.quoted()+" ").Replace(text + " ")
			}
			execute(t, db.super, fill(c.setup))
			t.Cleanup(func() {
				for _, suffix := range []string{" boss", " writer", " team"} {
					name := pgx.Identifier{db.role + suffix}.Sanitize()
					execute(t, db.super, `do $$ begin if exists (select from pg_roles where rolname = '`+db.role+suffix+`') then
						drop owned by `+name+`; drop role `+name+`; end if; end $$`)
				}
				execute(t, db.super, fill(`revoke pg_read_server_files, pg_execute_server_program, pg_signal_backend, pg_monitor from R `))
				if hasRole(t, db.super, "pg_read_all_data") {
					execute(t, db.super, fill(`revoke pg_read_all_data from R `))
				}
			})
			report := examine(t, db.dsn)
			f := find(report, c.check)
			if f == nil || f.Severity != c.severity || report.Grade.AtLeast(better[c.severity]) {
				t.Fatalf("grade %s, %s", report.Grade, ids(report))
			}
			if want := strings.TrimSpace(fill(c.name)); c.name == "R" && !slices.Contains(f.Names, db.quoted()) ||
				c.name != "R" && want != "" && !slices.ContainsFunc(f.Names, func(n string) bool { return strings.Contains(n, want) }) {
				t.Errorf("names %q, want %q", f.Names, want)
			}
			remedy := f.Remedy
			if c.undo != "" {
				remedy = fill(c.undo)
			}
			execute(t, db.super, remedy)
			if f := find(examine(t, db.dsn), c.check); f != nil {
				t.Errorf("after\n%s\nit is still found: %+v", remedy, f)
			}
		})
	}
}

// TestAdviceRevokesNothing: for a role that is not said to be for previews
// alone there is advice and no statement about it, and the script for a new role
// changes neither another role nor what everybody may do.
func TestAdviceRevokesNothing(t *testing.T) {
	db := newTestDB(t)
	execute(t, db.super, `grant insert on orders to `+db.quoted()+`; alter role `+db.quoted()+` createdb; grant create on schema public to public`)
	for name, dsn := range map[string]string{"a superuser": db.super, "an application's role": db.dsn} {
		report, err := doctor.Examine(t.Context(), preview.Connection{DSN: preview.NewSecret(dsn)}, doctor.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Findings) == 0 {
			t.Errorf("%s: nothing was found", name)
		}
		for _, f := range report.Findings {
			if f.Remedy != "" {
				t.Errorf("%s: %s has the statement %q", name, f.Check, f.Remedy)
			}
			if f.Advice == "" && f.Severity != doctor.Note && f.Check != "string-syntax" && f.Check != "no-encoding" {
				t.Errorf("%s: %s has no advice", name, f.Check)
			}
		}
		for line := range strings.Lines(report.LeastPrivilege) {
			if comment := strings.HasPrefix(line, "--"); !comment && (strings.Contains(line, "revoke") || strings.Contains(line, "public;")) || strings.Contains(line, "password") {
				t.Errorf("%s: the script has %q", name, line)
			}
		}
	}
	// Everything that roles may do, but for the role that the script makes.
	const rights = `select md5(concat(
		(select string_agg(r::text, ',' order by oid) from pg_authid r where rolname <> 'sqlpreview'),
		(select string_agg(m::text, ',' order by roleid, member) from pg_auth_members m),
		(select string_agg(a.acl, ',' order by a.acl) from (
			select c.oid || e::text from pg_class c, unnest(c.relacl) e union all select n.oid || e::text from pg_namespace n, unnest(n.nspacl) e
			union all select p.oid || e::text from pg_proc p, unnest(p.proacl) e union all select d.oid || e::text from pg_database d, unnest(d.datacl) e
		) a (acl) where a.acl not like '%sqlpreview=%')))`
	read := func() (sum string) {
		conn, err := pgx.Connect(t.Context(), db.super)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if err := conn.QueryRow(t.Context(), rights).Scan(&sum); err != nil {
			t.Fatal(err)
		}
		return sum
	}
	script := examine(t, db.super).LeastPrivilege
	before := read()
	execute(t, db.super, script)
	t.Cleanup(func() { execute(t, db.super, "drop owned by sqlpreview; drop role sqlpreview") })
	if read() != before {
		t.Errorf("the script changes what others may do:\n%s", script)
	}
}

// TestExtensionsFunctions: what an extension gives to everybody is found by its
// name, and a function of one's own by the same name is not taken for it.
func TestExtensionsFunctions(t *testing.T) {
	db := newTestDB(t)
	execute(t, db.super, `create function dblink(text) returns text language sql as 'select $1'`)
	if f := find(examine(t, db.dsn), "dangerous-functions"); f != nil {
		t.Errorf("a function of one's own: %+v", f)
	}
	conn, err := pgx.Connect(t.Context(), db.super)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var available bool
	if err := conn.QueryRow(t.Context(), `select exists (select from pg_available_extensions where name = 'dblink')`).Scan(&available); err != nil {
		t.Fatal(err)
	}
	if !available {
		t.Skip("this PostgreSQL comes without dblink")
	}
	execute(t, db.super, `create schema extra; grant usage on schema extra to public; create extension dblink schema extra`)
	f := find(examine(t, db.dsn), "dangerous-functions")
	if f == nil || !slices.ContainsFunc(f.Names, func(n string) bool { return strings.HasPrefix(n, "extra.dblink") }) {
		t.Errorf("dblink for everybody: %+v", f)
	}
}

func TestDatabaseWithoutEncoding(t *testing.T) {
	server := pgtest.Start(t, pgtest.Options{Encoding: "SQL_ASCII"})
	report := examine(t, server.DSN())
	if find(report, "no-encoding") == nil || report.Server.Encoding != "SQL_ASCII" {
		t.Errorf("got %s on %+v", ids(report), report.Server)
	}
}

func TestOwnershipOfEachKind(t *testing.T) {
	for want, setup := range map[string]string{
		"schema mine":    `create schema mine authorization R`,
		"public.totals":  `alter view totals owner to R`,
		"public.f()":     `create function f() returns int language sql as 'select 1'; alter function f() owner to R`,
		"public.numbers": `create sequence numbers; alter sequence numbers owner to R`,
	} {
		db := newTestDB(t)
		execute(t, db.super, strings.ReplaceAll(setup, " R", " "+db.quoted()))
		if f := find(examine(t, db.dsn), "owns-objects"); f == nil || !slices.Contains(f.Names, want) {
			t.Errorf("%s: %+v", want, f)
		}
	}
}

func TestGradesCompare(t *testing.T) {
	for _, c := range []struct {
		grade, least doctor.Grade
		want         bool
	}{
		{doctor.GradeA, doctor.GradeA, true}, {doctor.GradeA, doctor.GradeF, true}, {doctor.GradeC, doctor.GradeC, true},
		{doctor.GradeD, doctor.GradeC, false}, {doctor.GradeF, doctor.GradeD, false}, {"", doctor.GradeF, false},
	} {
		if got := c.grade.AtLeast(c.least); got != c.want {
			t.Errorf("%q at least %q: %v", c.grade, c.least, got)
		}
	}
	for _, text := range []string{"A", "B", "C", "D", "F"} {
		if grade, err := doctor.ParseGrade(text); err != nil || string(grade) != text {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"", "E", "a", "AA"} {
		if _, err := doctor.ParseGrade(text); err == nil {
			t.Errorf("%q is a grade", text)
		}
	}
}
