package preview_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/sanitize"
)

// inheritedVault has a parent whose rows come from elsewhere: from a foreign table whose
// columns are called otherwise here than where the values are, and from a child's
// generated column (before PostgreSQL 16).
const inheritedVault = `
create schema away;
create table away.account (id int, password text, mail text, note text);
insert into away.account values (1, 'canary-password', 'canary-mail', 'shown');
create extension postgres_fdw;
create server here foreign data wrapper postgres_fdw options (%s);
create user mapping for public server here options (%s);
create table parent (id int, p text, m text, n text);
create foreign table child (id int, p text options (column_name 'password'), m text options (column_name 'mail'), n text options (column_name 'note'))
  inherits (parent) server here options (schema_name 'away', table_name 'account');
create foreign table same_name (id int, mail text, note text) server here options (schema_name 'away', table_name 'account');
create table sliced (id int, p text, m text, n text) partition by range (id);
create table sliced_0 partition of sliced for values from (0) to (100) partition by range (id);
create foreign table sliced_1 (id int, p text options (column_name 'password'), m text options (column_name 'mail'), n text options (column_name 'note'))
  server here options (schema_name 'away', table_name 'account');
alter table sliced_0 attach partition sliced_1 for values from (0) to (100);
create view over_parent as select id as a, p as b, m as c, n as d from parent;
create view over_sliced as select n || '' as d, upper(p) as b from sliced;
create table rows_of_child (c child, cs child[]);
insert into rows_of_child values (row(1, 'canary-row', 'canary-row', 'shown')::child, array[row(1, 'canary-row', 'canary-row', 'shown')::child]);
create table local_parent (id int, word text);
do $$ begin
  if current_setting('server_version_num')::int < 160000 then
    create table made (password text, word text generated always as (password || '!') stored) inherits (local_parent);
    insert into made (id, password) values (1, 'canary-made');
  else
    create table made (password text) inherits (local_parent);
    insert into made (id, word) values (1, 'shown');
  end if;
end $$;`

// A column through which a parent shows values of a masked one is masked too, by the name
// that the column has there and by the rules for the table there.
func TestMaskingThroughForeignChildren(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	admin := server.Database(t, "select 1")
	config, err := pgconn.ParseConfig(admin)
	if err != nil {
		t.Fatal(err)
	}
	option := func(name, value string) string { return name + " '" + strings.ReplaceAll(value, "'", "''") + "'" }
	ddl := fmt.Sprintf(inheritedVault,
		strings.Join([]string{option("host", config.Host), option("port", fmt.Sprint(config.Port)), option("dbname", config.Database)}, ", "),
		strings.Join([]string{option("user", config.User), option("password", config.Password)}, ", "))
	conn, err := pgconn.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	for _, statements := range []string{ddl, "create materialized view kept as select p as b, n as d from child"} {
		if _, err := conn.Exec(t.Context(), statements).ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	old := conn.ParameterStatus("server_version") < "16"
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := newPreviewer(t, preview.Config{
		Resolver: preview.SingleConnection(preview.NewSecret(admin)),
		Sanitize: sanitize.Config{Columns: sanitize.ColumnRules{Mask: []string{"away.account.mail"}}},
	})
	for _, test := range []struct{ sql, masked string }{
		{"select * from child", "-mm-"},
		{"select * from parent", "-mm-"},
		{"select p as a, n from parent", "m-"},
		{"select upper(n) from parent", "-"},
		{"select upper(p), id from parent", "m-"},
		{"select * from same_name", "-m-"},
		{"select * from sliced", "-mm-"},
		{"select * from sliced_0", "-mm-"},
		{"select * from over_parent", "-mm-"},
		{"select d, b from over_sliced", "mm"},
		{"select * from kept", "m-"},
		{"select x from parent x", "m"},
		{"select to_jsonb(x) from parent x", "m"},
		{"select c from rows_of_child", "m"},
		{"select (c).p from rows_of_child", "m"},
		{"select cs from rows_of_child", "m"},
		{"select * from local_parent", map[bool]string{true: "-m", false: "--"}[old]},
	} {
		result := run(t, p, test.sql)
		if len(result.Rows) == 0 {
			t.Errorf("%s: no row came, so nothing is shown", test.sql)
			continue
		}
		var got strings.Builder
		for i, cell := range result.Rows[0] {
			masked := cell.Changes != nil && cell.Changes.Kinds.Has(sanitize.MaskedColumn)
			got.WriteString(map[bool]string{true: "m", false: "-"}[masked])
			if strings.Contains(strings.ToLower(cell.Text), "canary") {
				t.Errorf("%s: column %d shows %q", test.sql, i+1, cell.Text)
			}
		}
		if got.String() != test.masked {
			t.Errorf("%s: masked columns are %s, want %s", test.sql, &got, test.masked)
		}
	}
}
