package guard_test

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/wrap"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/pgtest/corpus"
)

const allowedFolder = "../../../testdata/allowed"

// Every query passes the guard, offline and with the catalog of a database, and
// runs there as it is wrapped.
func TestAllowed(t *testing.T) {
	t.Parallel()
	ddl, err := os.ReadFile(allowedFolder + "/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	dsn := pgtest.Shared(t).Database(t, string(ddl))
	conn := connect(t, dsn)
	db := &allowedDatabase{t: t, conn: conn, target: newDatabase(t, dsn), extensions: make(map[string]bool)}
	db.version, _ = strconv.Atoi(db.value("show server_version_num"))
	cases := readCorpus(t, allowedFolder, corpus.Allowed)
	refused, ran := 0, 0
	for i := range cases {
		c := &cases[i]
		st, v := guard.Check(c.SQL, nil)
		if st == nil {
			refused++
			t.Errorf("%s: FALSELY REFUSED: %.300q\n  %+v", c.Where(), c.SQL, v)
			continue
		}
		text, err := wrap.Wrap(st, 100)
		if err != nil {
			t.Errorf("%s: %.300q: %v", c.Where(), c.SQL, err)
			continue
		}
		if c.Keys["run"] == "no" || !db.has(c.Keys["needs"]) || !db.knows(c.Keys["server"]) {
			continue
		}
		if v := db.target.judge(t, c.SQL, nil); len(v) > 0 {
			refused++
			t.Errorf("%s: FALSELY REFUSED with the catalog: %.300q\n  %+v", c.Where(), c.SQL, v)
		}
		ran++
		db.run(c, text.SQL)
	}
	t.Logf("%d honest queries, %d falsely refused, %d run on PostgreSQL %d", len(cases), refused, ran, db.version/10000)
	if len(cases) < 400 {
		t.Errorf("only %d honest queries", len(cases))
	}
}

type allowedDatabase struct {
	t          *testing.T
	conn       *pgconn.PgConn
	target     *database
	version    int
	extensions map[string]bool
}

func (db *allowedDatabase) value(sql string) string {
	db.t.Helper()
	r := db.conn.ExecParams(context.Background(), sql, nil, nil, nil, nil).Read()
	if r.Err != nil || len(r.Rows) == 0 {
		return ""
	}
	return string(r.Rows[0][0])
}

// has installs an extension where the server ships it.
func (db *allowedDatabase) has(extension string) bool {
	if extension == "" || extension == "none" {
		return true
	}
	if ok, seen := db.extensions[extension]; seen {
		return ok
	}
	err := db.conn.Exec(context.Background(), `create extension "`+extension+`" cascade`).Close()
	db.extensions[extension] = err == nil
	db.target.catalog = catalog.NewCache(0).Of("test", "") // what was known is out of date
	return err == nil
}

func (db *allowedDatabase) knows(server string) bool {
	major, _ := strconv.Atoi(server)
	return db.version >= major*10000
}

func (db *allowedDatabase) run(c *corpusCase, sql string) {
	db.t.Helper()
	ctx := context.Background()
	if err := db.conn.Exec(ctx, "begin read only").Close(); err != nil {
		db.t.Fatal(err)
	}
	result := db.conn.ExecParams(ctx, sql, nil, nil, nil, nil).Read()
	switch {
	case result.Err != nil:
		db.t.Errorf("%s: PostgreSQL refuses %.300q: %v", c.Where(), c.SQL, result.Err)
	case len(result.Rows) > 100:
		db.t.Errorf("%s: %d rows", c.Where(), len(result.Rows))
	case strings.HasPrefix(result.CommandTag.String(), "SELECT") && db.value("select pg_current_xact_id_if_assigned()") != "":
		db.t.Errorf("%s: wrote something: %.300q", c.Where(), c.SQL)
	}
	if err := db.conn.Exec(ctx, "rollback").Close(); err != nil {
		db.t.Fatal(err)
	}
}
