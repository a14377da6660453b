package preview_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/sanitize"
)

// system holds a canary in every kind of system column that can hold a secret, and
// views around them.
const system = `
do $$ begin
  execute format('alter database %I set app.jwt_secret = ''canary-own''', current_database());
  execute format('alter role current_user in database %I set app.token = ''canary-role''', current_database());
end $$;
create table grown (id int);
insert into grown values (1);
alter table grown add column word text default 'canary-missing';
create foreign data wrapper cloud options (key 'canary-wrapper');
create server far foreign data wrapper cloud;
create foreign table distant (id int options (key 'canary-column')) server far options (key 'canary-table');
create view all_settings as select name, setting as v from pg_settings;
create view one_setting as select name, setting as v from pg_settings where name = 'work_mem';
create view the_secret as select current_setting('app.jwt_secret') as v, 1 as n;
create view tenant as select id, current_setting('app.tenant', true) as t from grown;
create view sessions as select pid, state, upper(query) as q from pg_stat_activity;
create view busy as select state, count(*) as n from pg_stat_activity group by state;
create view hashes as select rolname, rolpassword as w from pg_authid;
create view over_view as select v as w from the_secret;
create view texts as select pg_stat_get_backend_activity(i) as t from pg_stat_get_backend_idset() i;
create table pg_stat_statements (queryid int, query text);
insert into pg_stat_statements values (1, 'canary-statements');
`

func TestMaskingOfSystemColumns(t *testing.T) {
	server, err := pgtest.New(t.Context(), pgtest.Options{Settings: map[string]string{"restore_command": "canary-setting"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	dsn := server.DSN()
	execute(t, dsn, system)
	other, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close(context.Background()) })
	// An idle session shows what it ran last.
	if _, err := other.Exec(t.Context(), "select 'canary-query'").ReadAll(); err != nil {
		t.Fatal(err)
	}
	p := newPreviewer(t, preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn))})
	plain := newPreviewer(t, preview.Config{
		Resolver: preview.SingleConnection(preview.NewSecret(dsn)),
		Sanitize: sanitize.Config{Columns: sanitize.ColumnRules{IgnoreNames: true}},
	})
	const secret = " where name = 'restore_command'"
	const mine = " where query like '%canary-query%' and pid <> pg_backend_pid()"
	tests := []struct {
		name, sql string
		// masked says for each column whether it is masked.
		masked string
	}{
		{"a setting", "select name, setting from pg_settings" + secret, "-m"},
		{"all settings", "select name, setting, reset_val, unit, boot_val from pg_settings", "-mm--"},
		{"a setting, renamed", "select b from pg_settings as s(a, b)" + " where a = 'restore_command'", "m"},
		{"a setting, cut", "select left(setting, 3), right(setting, -3) from pg_settings" + secret, "mm"},
		{"a setting in a row", "select s::text from pg_settings s" + secret, "m"},
		{"a setting in JSON", "select to_jsonb(s) from pg_settings s" + secret, "m"},
		{"a setting by attribute notation", "select s.to_json from pg_settings s" + secret, "m"},
		{"a setting through a CTE", "with s as (select * from pg_settings) select name, setting from s" + secret, "-m"},
		{"a setting in UNION", "select setting from pg_settings" + secret + " union all select 'x'", "m"},
		{"a setting, NATURAL JOIN", "select setting from pg_settings natural join (select 'restore_command' as name) x", "m"},
		{"a setting, USING", "select setting from pg_settings full join (select 'x' as setting) x using (setting) where name = 'restore_command'", "m"},
		{"a setting in a scalar subselect", "select (select setting from pg_settings" + secret + ")", "m"},
		{"a setting in an aggregate", "select string_agg(setting, ',') from pg_settings", "m"},
		{"a harmless setting", "select name, setting, upper(setting) from pg_settings where name = 'work_mem'", "---"},
		{"harmless settings", "select * from pg_settings where name in ('work_mem', 'TimeZone')", strings.Repeat("-", 17)},
		{"harmless settings by pattern", "select s.setting from pg_settings s where s.name like 'autovacuum%' and s.source <> 'x'", "-"},
		{"settings by an open pattern", "select setting from pg_settings where name like 'r%'", "m"},
		{"settings by an array in a text", "select setting from pg_settings where name = any ('{work_mem,restore_command,a.b}')", "m"},
		{"harmless or not", "select setting from pg_settings where name = 'work_mem' or name = 'restore_command'", "m"},
		{"not harmless ones", "select max(setting) from pg_settings where name <> 'work_mem'", "m"},
		{"another relation's name", "select s.setting from pg_settings s, (values ('work_mem')) x(name) where x.name = 'work_mem'", "m"},
		{"an outer relation's name", "select (select max(s.setting) from (pg_settings s cross join grown) as j(a, setting) where x.name = 'work_mem') from (values ('work_mem')) x(name), pg_settings s where s.name = 'work_mem'", "ERROR"},
		{"a join's alias hides the view", "select (select max(j.setting) from (pg_settings s cross join grown) as j where s.name = 'work_mem') from (values ('work_mem')) s(name)", "m"},
		{"one harmless, one not", "select a.setting, b.setting from pg_settings a, pg_settings b where a.name = 'work_mem'", "mm"},
		{"both harmless", "select a.setting, b.setting from pg_settings a join pg_settings b on true where a.name = 'work_mem' and b.name = 'port'", "--"},
		{"settings of roles", "select setconfig from pg_db_role_setting", "m"},
		{"settings of roles, spread", "select unnest(setconfig) from pg_db_role_setting", "m"},
		{"settings of roles in pg_roles", "select rolname, rolsuper, coalesce(rolconfig, '{}') from pg_roles", "--m"},
		{"a view of settings", "select name, v from all_settings" + secret, "-m"},
		{"a view of settings, expression", "select upper(v) from all_settings" + secret, "m"},
		{"a view of one harmless setting", "select name, v from one_setting", "--"},
		{"a view that calls current_setting", "select v, n from the_secret", "mm"},
		{"a view on that view", "select w from over_view", "m"},
		{"a view by tenant", "select id, coalesce(t, 'x') from tenant", "--"},

		{"statements", "select pid, query from pg_stat_activity" + mine, "-m"},
		{"statements, all columns", "select * from pg_stat_activity" + mine, "QUERY"},
		{"statements, expression", "select md5(query), substr(query, 3) from pg_stat_activity" + mine, "mm"},
		{"statements, row", "select a from pg_stat_activity a" + mine, "m"},
		{"statements through a view", "select state, q from sessions where q like '%CANARY%'", "-m"},
		{"statements counted", "select state, count(*) from pg_stat_activity group by 1", "--"},
		{"statements counted in a view", "select * from busy", "--"},
		{"a view that calls for statements", "select t from texts where t is not null", "m"},
		{"statements of an extension", "select queryid, query from pg_stat_statements", "-m"},
		{"what runs here", "select * from pg_prepared_statements union all select * from pg_prepared_statements", "NONE"},

		{"a missing value", "select attmissingval from pg_attribute where attrelid = 'grown'::regclass and attmissingval is not null", "m"},
		{"a missing value, text", "select attmissingval::text from pg_attribute where attrelid = 'grown'::regclass and attmissingval is not null", "m"},
		{"names of columns", "select attname, upper(attname) from pg_attribute where attrelid = 'grown'::regclass", "--"},
		{"options of a column", "select attfdwoptions from pg_attribute where attfdwoptions is not null", "m"},
		{"options of a table", "select ftoptions from pg_foreign_table", "m"},
		{"options of a wrapper", "select fdwname, fdwoptions from pg_foreign_data_wrapper", "-m"},
		{"options in the standard's views", "select t.option_value, w.option_value, c.option_value from information_schema.foreign_table_options t, information_schema.foreign_data_wrapper_options w, information_schema.column_options c", "mmm"},
		{"hashes through a view", "select rolname, coalesce(w, 'x') from hashes", "mm"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.masked == "ERROR" {
				failure(t, p, preview.Request{SQL: tt.sql})
				return
			}
			for _, previewer := range []*preview.Previewer{p, plain} {
				result := run(t, previewer, tt.sql)
				if tt.masked != "NONE" && len(result.Rows) == 0 {
					t.Fatal("no row came, so nothing is shown")
				}
				var got strings.Builder
				for i := range result.Columns {
					mark := "-"
					for _, row := range result.Rows {
						if c := row[i].Changes; c != nil && c.Kinds.Has(sanitize.MaskedColumn) {
							mark = "m"
						}
						if strings.Contains(strings.ToLower(row[i].Text), "canary") {
							t.Errorf("a masked value came through: %q", row[i].Text)
						}
					}
					got.WriteString(mark)
				}
				want := tt.masked
				switch want {
				case "NONE":
					continue
				case "QUERY":
					want = strings.Repeat("-", 20) + "m-" // query is the last but one, whatever the version
					want = want[len(want)-len(result.Columns):]
				}
				if got.String() != want {
					t.Errorf("%s\nmasked columns are %s, want %s", tt.sql, got.String(), want)
				}
			}
		})
	}
}

// An operator can let a view be read in full.
func TestSystemColumnsThatAnOperatorAllows(t *testing.T) {
	dsn := pgtest.Shared(t).Database(t, "")
	p := newPreviewer(t, preview.Config{
		Resolver: preview.SingleConnection(preview.NewSecret(dsn)),
		Policy:   preview.Policy{AllowRelations: []string{"pg_catalog.pg_stat_activity"}},
	})
	got := run(t, p, "select query from pg_stat_activity where pid = pg_backend_pid()").Rows[0][0].Text
	if !strings.Contains(got, "pg_stat_activity") {
		t.Errorf("got %q", got)
	}
}
