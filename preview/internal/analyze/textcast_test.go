package analyze_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/analyze"
	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// TestTextCastingIsTheServers: the functions in SQL of PostgreSQL's own that take values of
// any type are those of CastsToText, and one of information_schema, which casts nothing.
func TestTextCastingIsTheServers(t *testing.T) {
	t.Parallel()
	conn, err := pgconn.Connect(t.Context(), pgtest.Shared(t).Database(t, "select 1"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	result := conn.ExecParams(t.Context(), `select f.oid, f.oid::regprocedure from pg_proc f join pg_language l on l.oid = f.prolang
		where l.lanname = 'sql' and f.oid < 16384 and f.pronamespace <> 'information_schema'::regnamespace and exists (
			select from unnest(f.proargtypes) a (oid) join pg_type t on t.oid = a.oid
			where t.typname ~ '^any' and t.typtype = 'p')`, nil, nil, nil, nil).Read()
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	if want := 4; len(result.Rows) != want {
		t.Errorf("the server has %d such functions, want %d", len(result.Rows), want)
	}
	for _, row := range result.Rows {
		oid, err := strconv.ParseUint(string(row[0]), 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		if !analyze.CastsToText(catalog.OID(oid)) {
			t.Errorf("%s (%d) is not known to cast its arguments to text", row[1], oid)
		}
	}
}
