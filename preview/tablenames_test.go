package preview_test

import (
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview"
)

// TestTablesOfAnyName: what ListTables says how to write describes that very table and
// reads it in a query, whatever characters its name has.
func TestTablesOfAnyName(t *testing.T) {
	t.Parallel()
	quote := func(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
	names := []string{
		`"`, `""`, `"begins`, `ends"`, `"both"`, `mid"dle`, `"."`, `a.b`, `.a`, `a.`, `a b`, ` a `, `'`, `a'b`, `\`, `a\`, `a--b`, `/*a`, `a*/`, `a;b`,
		`$1`, `$$`, `$a$b`, `%s`, `%I`, `a,b`, `(a)`, `1a`, `_`, `A`, `Aa`, `SELECT`, `select`, `table`, `user`, `null`, `größe`, `GRÖSSE`, `ÉTÉ`, `表`, `имя`,
		`😀`, `U&"a"`, `e'a'`, `pg_a`, `a_b`, `a%b`, strings.Repeat("a", 63), strings.Repeat("A", 63), strings.Repeat(`"`, 63), strings.Repeat("é", 31), strings.Repeat("表", 21),
	}
	var statements strings.Builder
	statements.WriteString(`create role READER login; create schema "s.""x"; grant usage on schema "s.""x" to READER; alter role READER set search_path = "s.""x";` + "\n")
	for i, name := range names {
		statements.WriteString(`create table "s.""x".` + quote(name) + " (c" + strings.Repeat("i", i) + " int);\n")
	}
	statements.WriteString(`grant select on all tables in schema "s.""x" to READER;`)
	p := openCatalog(t, statements.String(), "namereader", preview.Config{})

	sqlNames := map[string]string{}
	for token := ""; ; {
		page, err := p.ListTables(t.Context(), preview.TablesRequest{PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range page.Tables {
			sqlNames[table.Name] = table.SQLName
		}
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	for i, name := range names {
		column := "c" + strings.Repeat("i", i) // tells the tables apart
		sqlName, ok := sqlNames[name]
		if !ok || sqlName == "" {
			t.Errorf("%q is listed as %q", name, sqlName)
			continue
		}
		for _, written := range []string{sqlName, quote(name), `"s.""x".` + quote(name)} {
			got, err := p.DescribeTable(t.Context(), preview.TableRequest{Table: written})
			if err != nil {
				t.Errorf("%s: %v", written, err)
				continue
			}
			if got.Table.Name != name || got.Table.SQLName != sqlName || got.Table.Columns[0].Name != column {
				t.Errorf("%s describes %+v", written, got.Table)
			}
		}
		result, err := p.Preview(t.Context(), preview.Request{SQL: "select * from " + sqlName})
		if err != nil {
			t.Errorf("select * from %s: %v", sqlName, err)
		} else if result.Columns[0].Name != column {
			t.Errorf("select * from %s: %+v", sqlName, result.Columns)
		}
	}
}
