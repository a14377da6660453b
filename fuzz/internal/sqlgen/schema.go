package sqlgen

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/fuzz/internal/values"
)

// Schema is what the generated queries read.
type Schema struct {
	Tables []Table
	// Functions are the server's own, found by the caller; see [CatalogQuery].
	Functions []Function
	// Relations are the server's own, found by the caller; see [RelationQuery].
	Relations []string
	// Traps tells that the database has the fixture's traps.
	Traps bool
}

// Table is one table; its names are quoted where SQL asks for it.
type Table struct {
	Name    string
	Columns []Column
}

// Column is one column of a table.
type Column struct {
	Name string
	Type values.Type
}

// Function is one function of the server.
type Function struct {
	// Name is qualified and quoted.
	Name string
	// Args are the types of its arguments, without those that have a default.
	Args []string
	// Set tells that it returns a set.
	Set bool
}

// CatalogQuery lists the server's functions as name, argument types separated
// by a semicolon, and whether it returns a set.
const CatalogQuery = `select pg_catalog.format('%I.%I', n.nspname, p.proname),
  coalesce((select pg_catalog.string_agg(pg_catalog.format_type(t, null), ';' order by o)
    from pg_catalog.unnest(p.proargtypes) with ordinality as a(t, o) where o <= p.pronargs - p.pronargdefaults), ''),
  p.proretset::text
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where n.nspname in ('pg_catalog', 'public') and p.prokind = 'f'
  and not exists (select from pg_catalog.unnest(p.proargtypes) t join pg_catalog.pg_type y on y.oid = t
    where y.typtype = 'p' and y.typname not like 'any%' and y.typname not in ('record', 'cstring'))
order by p.oid`

// RelationQuery lists the server's own relations.
const RelationQuery = `select c.oid::pg_catalog.regclass::text from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'v') and n.nspname in ('pg_catalog', 'information_schema') order by c.oid`

// hardNames are names that SQL must quote, and some that it need not.
var hardNames = []string{"t", "orders", "Mixed Case", "select", "sp ace", `quo"te`, "naïve_ключ", "semi;colon", "dash--dash", "/*star*/", "dollar$1", "back\\slash", "new\nline"}

// NewSchema makes a schema in which every type of the values package is the
// type of some column, and returns the statements that create and fill it.
func NewSchema(r *rand.Rand) (*Schema, string) {
	schema := &Schema{}
	var ddl strings.Builder
	types := values.Types()
	r.Shuffle(len(types), func(i, j int) { types[i], types[j] = types[j], types[i] })
	for n := 0; len(types) > 0; n++ {
		width := min(len(types), 3+r.Intn(8))
		// Each table also has the types that most expressions are made of.
		chosen := slices.Clone(types[:width])
		types = types[width:]
		for _, t := range values.Types() {
			switch t.Name {
			case "int4", "text", "bool", "numeric(10,2)", "jsonb", "timestamptz":
				chosen = append(chosen, t)
			}
		}
		table := Table{Name: ident(fmt.Sprintf("%s%d", hardNames[n%len(hardNames)], n))}
		for i, t := range chosen {
			table.Columns = append(table.Columns, Column{Name: ident(fmt.Sprintf("%s_%d", hardNames[r.Intn(len(hardNames))], i)), Type: t})
		}
		schema.Tables = append(schema.Tables, table)
		table.write(&ddl, r)
	}
	return schema, ddl.String()
}

// write appends the statements that make the table and its 0 to 150 rows.
func (t Table) write(ddl *strings.Builder, r *rand.Rand) {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = c.Name + " " + c.Type.Name
	}
	fmt.Fprintf(ddl, "create table %s (%s);\n", t.Name, strings.Join(columns, ", "))
	rows := []int{0, 1, 7, 20, 150}[r.Intn(5)]
	for range rows {
		literals := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			literals[i] = c.Type.Literal(r)
		}
		fmt.Fprintf(ddl, "insert into %s values (%s);\n", t.Name, strings.Join(literals, ", "))
	}
}

// ident quotes a name.
func ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
