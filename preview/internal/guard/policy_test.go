package guard_test

import (
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/guard"
)

func mustPolicy(t testing.TB, r guard.Rules) *guard.Policy {
	t.Helper()
	p, err := guard.NewPolicy(r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		rules guard.Rules
		sql   string
		rule  string // of the only violation; empty: accepted
	}{
		{"deny by name", guard.Rules{DenyFunctions: []string{"md5"}}, "select md5('a')", "function-policy"},
		{"deny by name in any schema", guard.Rules{DenyFunctions: []string{"md5"}}, "select app.md5('a')", "function-policy"},
		{"deny by name, folded", guard.Rules{DenyFunctions: []string{"MD5"}}, "select md5('a')", "function-policy"},
		{"deny by name, quoted", guard.Rules{DenyFunctions: []string{`"MD5"`}}, "select md5('a')", ""},
		{"deny qualified, written so", guard.Rules{DenyFunctions: []string{"app.f"}}, "select app.f(1)", "function-policy"},
		{"deny qualified, not written", guard.Rules{DenyFunctions: []string{"app.f"}}, "select f(1)", "function-policy"},
		{"deny qualified, another schema", guard.Rules{DenyFunctions: []string{"app.f"}}, "select other.f(1)", ""},
		{"deny by attribute notation", guard.Rules{DenyFunctions: []string{"f"}}, "select (1).f", "function-policy"},
		{"denied wins", guard.Rules{DenyFunctions: []string{"f"}, AllowFunctions: []string{"app.f"}}, "select app.f(1)", "function-policy"},
		{"allow a system function", guard.Rules{AllowFunctions: []string{"pg_catalog.pg_sleep"}}, "select pg_sleep(1), pg_catalog.pg_sleep(1), (1.0).pg_sleep", ""},
		{"allow an extension's", guard.Rules{AllowFunctions: []string{"ext.dblink"}}, "select ext.dblink('', '')", ""},
		{"allow in another schema only", guard.Rules{AllowFunctions: []string{"ext.dblink"}}, "select public.dblink('', '')", "function-sql-text"},
		{"allow an extension's, unqualified", guard.Rules{AllowFunctions: []string{"ext.crosstab"}}, "select crosstab('select 1')", "function-sql-text"},
		{"allow an extension's, by attribute", guard.Rules{AllowFunctions: []string{"ext.dblink"}}, "select ('x').dblink", "function-sql-text"},
		{"strict, allowed in some schema: the target tells", guard.Rules{Strict: true, AllowFunctions: []string{"public.f"}}, "select f(1)", ""},
		{"allow an unknown system name", guard.Rules{AllowFunctions: []string{"app.pg_mine"}}, "select app.pg_mine()", ""},
		{"deny a schema's relations", guard.Rules{DenySchemas: []string{"hr"}}, "select * from hr.people", "schema-policy"},
		{"deny a schema's functions", guard.Rules{DenySchemas: []string{"hr"}}, "select hr.f()", "function-policy"},
		{"deny a schema, another", guard.Rules{DenySchemas: []string{"hr"}}, "select * from public.people", ""},
		{"deny a relation", guard.Rules{DenyRelations: []string{"hr.people"}}, "select * from hr.people", "relation-policy"},
		{"deny a relation, unqualified", guard.Rules{DenyRelations: []string{"hr.people"}}, "select * from people", "relation-policy"},
		{"deny a relation, another schema", guard.Rules{DenyRelations: []string{"hr.people"}}, "select * from public.people", ""},
		{"deny a relation, by name", guard.Rules{DenyRelations: []string{"people"}}, "select * from public.people", "relation-policy"},
		{"deny a relation, a CTE of that name", guard.Rules{DenyRelations: []string{"people"}}, "with people as (select 1) select * from people", ""},
		{"allow a secret catalog", guard.Rules{AllowRelations: []string{"pg_catalog.pg_stats"}}, "select * from pg_stats, pg_catalog.pg_stats s", ""},
		{"allow another secret catalog", guard.Rules{AllowRelations: []string{"pg_catalog.pg_stats"}}, "select * from pg_authid", "catalog-with-secrets"},
		{"allow a schema of stored values", guard.Rules{AllowRelations: []string{"pg_toast.pg_toast_1"}}, "select * from pg_toast.pg_toast_1", ""},
		{"strict, known", guard.Rules{Strict: true}, "select lower('a'), count(*), now(), random()", ""},
		{"strict, unknown", guard.Rules{Strict: true}, "select f(1)", "function-strict"},
		{"strict, unknown in a schema", guard.Rules{Strict: true}, "select public.lower('a')", "function-strict"},
		{"strict, allowed", guard.Rules{Strict: true, AllowFunctions: []string{"public.f"}}, "select public.f(1)", ""},
		{"strict, a column", guard.Rules{Strict: true}, "select t.f, (t.c).city from t", ""},
		{"max bytes", guard.Rules{MaxBytes: 10}, "select 12345", "text-size"},
		{"none", guard.Rules{}, "select 1", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, v := guard.Check(tc.sql, mustPolicy(t, tc.rules))
			switch {
			case tc.rule == "" && len(v) > 0:
				t.Errorf("refused: %+v", v)
			case tc.rule != "" && (len(v) != 1 || v[0].Rule != tc.rule):
				t.Errorf("violations %+v, want one of %s", v, tc.rule)
			}
		})
	}
}

func TestPolicyFaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rules guard.Rules
		want  string
	}{
		{guard.Rules{AllowFunctions: []string{"f"}}, "needs its schema"},
		{guard.Rules{AllowRelations: []string{"pg_stats"}}, "needs its schema"},
		{guard.Rules{DenyFunctions: []string{""}}, "not a name"},
		{guard.Rules{DenyFunctions: []string{"a b"}}, "not a name"},
		{guard.Rules{DenyFunctions: []string{"a."}}, "not a name"},
		{guard.Rules{DenyFunctions: []string{"a.*"}}, "not a name"},
		{guard.Rules{DenyFunctions: []string{"f()"}}, "not a name"},
		{guard.Rules{DenyRelations: []string{"a.b.c"}}, "more parts"},
		{guard.Rules{DenySchemas: []string{"a.b"}}, "not the name of a schema"},
		{guard.Rules{MaxBytes: -1}, "max_bytes"},
		{guard.Rules{MaxBytes: guard.LargestMaxBytes + 1}, "max_bytes"},
	} {
		if _, err := guard.NewPolicy(tc.rules); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v, want %q", tc.rules, err, tc.want)
		}
	}
}

// What Validate reports about an accepted statement.
func TestStatementLists(t *testing.T) {
	t.Parallel()
	const sql = "; with a as (select lower(x) from app.t) select a.*, my_fn(1, 2), count(*) from a join u on true tablesample_like ;"
	st, v := guard.Check(strings.Replace(sql, " tablesample_like", "", 1), nil)
	if st == nil {
		t.Fatal(v)
	}
	if len(st.Tables) != 2 || len(st.Functions) != 3 {
		t.Fatalf("tables %+v, functions %+v", st.Tables, st.Functions)
	}
	tables := map[string]bool{}
	for _, r := range st.Tables {
		tables[r.Schema+"."+r.Name] = strings.HasPrefix(st.Source[r.Offset:], strings.TrimPrefix(r.Schema+"."+r.Name, "."))
	}
	if !tables["app.t"] || !tables[".u"] {
		t.Errorf("tables %v", tables)
	}
	for _, f := range st.Functions {
		if !strings.HasPrefix(st.Source[f.Offset:], f.Name) || f.Resolve != (f.Name == "my_fn") {
			t.Errorf("%+v", f)
		}
	}
	if got := st.SQL(); strings.Contains(got, ";") {
		t.Errorf("the statement is %q", got)
	}
	one, err1 := st.Fingerprint()
	other, _ := guard.Check("with a as (select lower(x) from app.t) select a.*, my_fn(7, 9), count(*) from a join u on true", nil)
	two, err2 := other.Fingerprint()
	if err1 != nil || err2 != nil || len(one) != 16 || one != two {
		t.Errorf("fingerprints %q %q (%v, %v)", one, two, err1, err2)
	}
}
