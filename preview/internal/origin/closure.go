package origin

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"github.com/op-data/sqlpreview/sanitize"
)

// name is a relation as a statement writes it; Schema is empty where the search
// path decides.
type name struct{ schema, relation string }

// relation is a relation of the target, with its columns by number.
type relation struct {
	oid          uint32
	schema, name string
	kind         string // pg_class.relkind
	columns      map[uint16]string
	// query is the text of a view's query, with every name qualified.
	query string
	// parents are the tables that it is a partition or a child of, at any distance.
	parents []sanitize.TableID
	// uses has the OIDs of the relations that the view's query reads.
	uses []uint32
}

// masks tells whether the rules mask a column of the relation by its own name
// or by that of a parent.
func (r *relation) masks(rules *sanitize.Sanitizer, column string) bool {
	return rules.MasksColumn(sanitize.ColumnID{Schema: r.schema, Table: r.name, Column: column}, r.parents...)
}

func (r *relation) isView() bool { return r.kind == "v" || r.kind == "m" }

// closureQuery asks for the relations of these names, in whatever schema where
// none is written, and for those that they read through views. Rows are of
// four kinds: r(elation), c(olumn), p(arent), u(se). Names travel as hex, so that none
// can end a literal. Views of PostgreSQL's own are not followed: the guard
// refuses those that hold secrets.
func closureQuery(names []name) string {
	var q strings.Builder
	q.WriteString(`with recursive wanted (s, r) as (values `)
	for i, n := range names {
		if i > 0 {
			q.WriteString(", ")
		}
		q.WriteString("(" + literal(n.schema) + ", " + literal(n.relation) + ")")
	}
	q.WriteString(`),
used (oid) as (
  select c.oid
  from wanted w
  join pg_catalog.pg_class c on c.relname::text operator(pg_catalog.=) w.r
  join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
  where (w.s operator(pg_catalog.=) '' or n.nspname::text operator(pg_catalog.=) w.s)
    and c.relkind in ('r', 'p', 'f', 'v', 'm')
  union
  select d.refobjid
  from used u
  join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) u.oid
  join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
  join pg_catalog.pg_rewrite r on r.ev_class operator(pg_catalog.=) u.oid
  join pg_catalog.pg_depend d on d.objid operator(pg_catalog.=) r.oid
  where d.classid operator(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    and d.refclassid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
    and d.refobjid operator(pg_catalog.<>) u.oid
    and n.nspname::text not in ('pg_catalog', 'information_schema')
),
parents (child, parent) as (
  select i.inhrelid, i.inhparent
  from used u
  join pg_catalog.pg_inherits i on i.inhrelid operator(pg_catalog.=) u.oid
  union
  select p.child, i.inhparent
  from parents p
  join pg_catalog.pg_inherits i on i.inhrelid operator(pg_catalog.=) p.parent
)
select 'r', c.oid::text, n.nspname::text, c.relname::text, c.relkind::text,
  case when c.relkind in ('v', 'm') and n.nspname::text not in ('pg_catalog', 'information_schema')
    then pg_catalog.pg_get_viewdef(c.oid) end
from used u
join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) u.oid and c.relkind in ('r', 'p', 'f', 'v', 'm')
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
union all
select 'c', a.attrelid::text, a.attnum::text, a.attname::text, null, null
from used u
join pg_catalog.pg_attribute a on a.attrelid operator(pg_catalog.=) u.oid
where a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
union all
select 'p', p.child::text, '0', n.nspname::text, c.relname::text, null
from parents p
join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) p.parent
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
union all
select distinct 'u', u.oid::text, d.refobjid::text, null, null, null
from used u
join pg_catalog.pg_rewrite r on r.ev_class operator(pg_catalog.=) u.oid
join pg_catalog.pg_depend d on d.objid operator(pg_catalog.=) r.oid
where d.classid operator(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass
  and d.refclassid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
  and d.refobjid operator(pg_catalog.<>) u.oid`)
	return q.String()
}

// wholeRowQuery asks for the functions that can take a whole row as their only
// written argument: of any type, of records, or of a table's type.
const wholeRowQuery = `select distinct p.proname::text
from pg_catalog.pg_proc p
join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) p.proargtypes[0]
where t.typtype in ('p', 'c')`

// literal writes text as an expression that no character of it can leave.
func literal(text string) string {
	return "pg_catalog.convert_from(pg_catalog.decode('" + hex.EncodeToString([]byte(text)) + "', 'hex'), 'UTF8')"
}

var errCatalog = errors.New("origin: the catalog's answer has a shape that is not known")

// readClosure reads the answer to closureQuery.
func readClosure(rows [][]string) (map[uint32]*relation, error) {
	relations := make(map[uint32]*relation)
	for _, row := range rows {
		if len(row) != 6 {
			return nil, errCatalog
		}
		if row[0] != "r" {
			continue
		}
		oid, err := strconv.ParseUint(row[1], 10, 32)
		if err != nil {
			return nil, errCatalog
		}
		relations[uint32(oid)] = &relation{
			oid: uint32(oid), schema: row[2], name: row[3], kind: row[4], query: row[5],
			columns: make(map[uint16]string),
		}
	}
	for _, row := range rows {
		if row[0] == "r" {
			continue
		}
		oid, err := strconv.ParseUint(row[1], 10, 32)
		if err != nil {
			return nil, errCatalog
		}
		r := relations[uint32(oid)]
		if r == nil {
			continue // another kind of relation, such as an index
		}
		number, err := strconv.ParseUint(row[2], 10, 32)
		if err != nil {
			return nil, errCatalog
		}
		switch row[0] {
		case "c":
			r.columns[uint16(number)] = row[3]
		case "p":
			r.parents = append(r.parents, sanitize.TableID{Schema: row[3], Name: row[4]})
		case "u":
			r.uses = append(r.uses, uint32(number))
		default:
			return nil, errCatalog
		}
	}
	return relations, nil
}
