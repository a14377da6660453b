package preview_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// TestSettingsOfARole checks that a preview gives the right answer or one clear error,
// whatever an administrator has set for the role, in the first previews of a session and
// in later ones.
func TestSettingsOfARole(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	dsn := server.Database(t, typedTable+`
		create table public.ruled (id int); insert into public.ruled values (1);
		alter table public.ruled enable row level security; create policy readers on public.ruled using (id > 0);
		grant select on public.ruled to public;`)
	version, err := strconv.Atoi(superuser(t, dsn, "show server_version_num"))
	if err != nil {
		t.Fatal(err)
	}
	database := superuser(t, dsn, "select current_database()")
	for _, test := range allRoleSettings() {
		test.sql = cmp.Or(test.sql, typedQuery)
		if test.want == nil {
			test.want = typedRow
		}
		t.Run(strings.ReplaceAll(test.settings, " ", "")+" "+test.sql, func(t *testing.T) {
			if version/10000 < test.from {
				t.Skipf("PostgreSQL %d has no such setting", version/10000)
			}
			role := roleWith(t, dsn, test.settings, version)
			p := newPreviewer(t, preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(server.DSNFor(role, database)))})
			for i := range 4 {
				checkRow(t, p, i, test)
				checkUnknownColumn(t, p, i, test)
			}
		})
	}
}

// roleWith creates a role with settings of its own.
func roleWith(t *testing.T, dsn, settings string, version int) string {
	t.Helper()
	role := "role_" + strings.ToLower(rand.Text())
	superuser(t, dsn, "create role "+role+" login")
	t.Cleanup(func() { superuser(t, dsn, "drop role "+role) })
	if version/10000 >= 14 {
		superuser(t, dsn, "grant pg_read_all_data to "+role)
	}
	for setting := range strings.SplitSeq(settings, "; ") {
		_, err := ask(t, dsn, "alter role "+role+" set "+setting)
		switch {
		case err != nil && strings.HasPrefix(setting, "lc_messages"):
			t.Skip("the machine does not have this language")
		case err != nil:
			t.Fatalf("%s: %v", setting, err)
		}
	}
	return role
}

// checkRow previews the query of a case for the i-th time.
func checkRow(t *testing.T, p *preview.Previewer, i int, test roleSettings) {
	t.Helper()
	result, err := p.Preview(t.Context(), preview.Request{SQL: test.sql})
	var e *preview.Error
	switch {
	case errors.As(err, &e):
		t.Logf("%d: %s %s: %s %s", i, e.Reason, e.SQLSTATE, e.Message, e.Hint)
		if !slices.Contains(test.may, e.Reason) || e.Message == "" || e.Hint == "" {
			t.Errorf("%d: %s (%s) %s %s", i, e.Reason, e.SQLSTATE, e.Message, e.Hint)
		}
	case len(result.Rows) != 1:
		t.Errorf("%d: %d rows", i, len(result.Rows))
	default:
		var got []string
		for _, cell := range result.Rows[0] {
			got = append(got, cell.Text)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%d: got %q, want %q", i, got, test.want)
		}
	}
}

// checkUnknownColumn checks that an author's mistake is reported with its place.
func checkUnknownColumn(t *testing.T, p *preview.Previewer, i int, test roleSettings) {
	t.Helper()
	_, err := p.Preview(t.Context(), preview.Request{SQL: "select 'ß' || nope from public.typed"})
	var e *preview.Error
	if !errors.As(err, &e) || e.Reason != reason.UndefinedObject && !slices.Contains(test.may, e.Reason) {
		t.Fatalf("%d: an unknown column is answered %v", i, err)
	}
	if e.Reason == reason.UndefinedObject && (e.Position.Column != 15 || e.Message == "") {
		t.Errorf("%d: the place is %+v, the message %s", i, e.Position, e.Message)
	}
}

// superuser asks the server over a connection of its own.
func superuser(t *testing.T, dsn, sql string) string {
	t.Helper()
	answer, err := ask(t, dsn, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return answer
}

func ask(t *testing.T, dsn, sql string) (string, error) {
	t.Helper()
	conn, err := pgconn.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) // only read from
	results, err := conn.Exec(context.Background(), sql).ReadAll()
	if err != nil || len(results[0].Rows) == 0 {
		return "", err
	}
	return string(results[0].Rows[0][0]), nil
}
