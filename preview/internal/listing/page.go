package listing

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Window is how many entries of the index one question looks at, of tables,
// indexes and TOAST tables alike.
const Window = 50_000

// ErrAnswer is the error of every answer that does not have the shape that was
// asked for.
var ErrAnswer = errors.New("listing: the catalog's answer has a shape that is not known")

// Filter says which tables are asked for.
type Filter struct {
	// Schema is the exact name of the schema; empty for any.
	Schema string
	// Pattern is a part of the name, in any letter case; empty for any.
	Pattern string
	// System asks for pg_catalog and information_schema too.
	System bool
	// Without lists schemas that are left out.
	Without []string
}

// Entry is one found table, or where a question stopped looking.
type Entry struct {
	OID uint32
	// Schema and Name are as the database has them.
	Schema, Name string
	// Attributes is pg_class.relnatts, which counts dropped columns too.
	Attributes int
	// Found is false for the last entry that was looked at, when it is no table
	// that was asked for and the database may have more.
	Found bool
}

// Page asks for at most limit tables after the relation of that OID, which is 0
// for the first page. Where limit tables come, or one that is not Found, there may
// be more after the last. Names that begin as those of TOAST tables do are passed
// over: there can be one for each table of the database.
func Page(after uint32, f Filter, limit int) string {
	from := ""
	if after != 0 {
		from = fmt.Sprintf(`(i.relname, i.relnamespace) >
        ((select a.relname from pg_class a where a.oid = %d), (select a.relnamespace from pg_class a where a.oid = %[1]d)) and `, after)
	}
	if f.Schema != "" {
		// As a condition of the index it costs next to nothing where it does not hold.
		from += `i.relnamespace = (` + schemas(f) + `) and `
	}
	named := "true"
	if f.Pattern != "" {
		// Letters outside ASCII fold by the rules of the database, at three times
		// the cost.
		collation := `"C"`
		if strings.ContainsFunc(f.Pattern, func(r rune) bool { return r >= utf8.RuneSelf }) {
			collation = `"default"`
		}
		named = fmt.Sprintf(`strpos(lower(w.relname::text collate %s), lower(%s collate %[1]s)) > 0`, collation, literal(f.Pattern))
	}
	// The lateral subselect has the relation looked up for each entry that passes,
	// in the order of the index; a join could be made in another order.
	return fmt.Sprintf(`select c.oid::text, c.schema, k.relname::text, c.relnatts::text, (k.wanted and c.readable)::text
from (
  select w.relname, w.relnamespace, row_number() over (order by w.relname, w.relnamespace) as number,
    (w.relnamespace in (%[3]s)) is true and %[4]s as wanted
  from (
    (select i.relname, i.relnamespace from pg_class i
    where %[1]si.relname < 'pg_toast_'
    order by i.relname, i.relnamespace limit %[2]d)
    union all
    (select i.relname, i.relnamespace from pg_class i
    where %[1]si.relname >= 'pg_toast`+"`"+`'
    order by i.relname, i.relnamespace limit %[2]d)
    order by relname, relnamespace limit %[2]d
  ) w
) k
cross join lateral (
  select r.oid, r.relnatts, n.nspname::text as schema, %[5]s as readable
  from pg_class r
  join pg_namespace n on n.oid = r.relnamespace
  where r.relname = k.relname and r.relnamespace = k.relnamespace
  offset 0
) c
where (k.wanted or k.number = %[2]d) and (c.readable or k.number = %[2]d)
order by k.relname, k.relnamespace
limit %[6]d`, from, Window, schemas(f), named, isReadable("r"), limit)
}

// schemas asks for the OIDs of the schemas that may be looked into.
func schemas(f Filter) string {
	q := `select s.oid from pg_namespace s where has_schema_privilege(s.oid, 'USAGE') and `
	switch {
	case f.System:
		q += `(s.nspname !~ '^pg_' or s.nspname = 'pg_catalog')`
	default:
		q += `s.nspname !~ '^pg_' and s.nspname <> 'information_schema'`
	}
	if f.Schema != "" {
		q += ` and s.nspname::text = ` + literal(f.Schema)
	}
	for _, schema := range f.Without {
		q += ` and s.nspname::text <> ` + literal(schema)
	}
	return q
}

// isReadable reports whether pg_class's row of that alias is a table which the role
// may SELECT from, at least one column of, and no partition.
func isReadable(alias string) string {
	return strings.ReplaceAll(`(r.relkind in ('r', 'p', 'v', 'm', 'f') and not r.relispartition and `+maySelect+`)`, "r.", alias+".")
}

// maySelect is has_any_column_privilege, made so that the many tables which a
// role with few rights may not read cost little: the function loads each
// table and each of its columns into the session's memory. Without an ACL only
// the owner, a superuser and a reader of all data may read a table.
const maySelect = `(
      (r.relacl is not null or pg_has_role(r.relowner, 'USAGE')
        or (select bool_or(pg_has_role(a.oid, 'USAGE')) from pg_roles a where a.rolname = 'pg_read_all_data'))
      and has_table_privilege(r.oid, 'SELECT')
      or exists (select from pg_attribute a where a.attrelid = r.oid and a.attnum > 0 and a.attacl is not null
        and has_column_privilege(a.attrelid, a.attnum, 'SELECT')))`

// ReadPage reads the answer to Page.
func ReadPage(rows [][]string) ([]Entry, error) {
	entries := make([]Entry, 0, len(rows))
	for _, row := range rows {
		if len(row) != 5 {
			return nil, ErrAnswer
		}
		oid, err := oidOf(row[0])
		if err != nil {
			return nil, err
		}
		attributes, err := strconv.Atoi(row[3])
		if err != nil {
			return nil, ErrAnswer
		}
		entries = append(entries, Entry{OID: oid, Schema: row[1], Name: row[2], Attributes: attributes, Found: row[4] == "true"})
	}
	return entries, nil
}

// Exists asks whether there is a relation of that OID: the place from which a
// page goes on.
func Exists(oid uint32) string {
	return fmt.Sprintf(`select r.oid::text from pg_class r where r.oid = %d`, oid)
}

// Find asks for the table that a name means: in the role's search path where the
// schema is empty. It must be asked with that search path. The answer is read by
// ReadPage and has at most one entry.
func Find(schema, name string) string {
	where := `n.nspname::pg_catalog.text operator(pg_catalog.=) ` + literal(schema)
	order := ""
	if schema == "" {
		where = `n.nspname operator(pg_catalog.=) any (pg_catalog.current_schemas(true))`
		order = `
order by pg_catalog.array_position(pg_catalog.current_schemas(true), n.nspname)`
	}
	return `select c.oid::pg_catalog.text, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.relnatts::pg_catalog.text,
  (c.relkind in ('r', 'p', 'v', 'm', 'f') and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
    and (pg_catalog.has_table_privilege(c.oid, 'SELECT') or pg_catalog.has_any_column_privilege(c.oid, 'SELECT')))::pg_catalog.text
from pg_catalog.pg_namespace n
join pg_catalog.pg_class c on c.relnamespace operator(pg_catalog.=) n.oid
where c.relname operator(pg_catalog.=) ` + literal(name) + `::pg_catalog.name and ` + where + order + `
limit 1`
}

// literal writes text as an expression that no character of it can leave.
func literal(text string) string {
	return "pg_catalog.convert_from(pg_catalog.decode('" + hex.EncodeToString([]byte(text)) + "', 'hex'), 'UTF8')"
}

func oidOf(text string) (uint32, error) {
	oid, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, ErrAnswer
	}
	return uint32(oid), nil
}
