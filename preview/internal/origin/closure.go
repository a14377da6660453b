package origin

import (
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

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
	// kin are the tables that it is a partition or a child of, and those that are
	// its partitions and children, at any distance: the same rows are read through
	// both, so a rule for a column of the one holds for the other's.
	kin []sanitize.TableID
	// parts has, by a column's number, the columns of the rows that its values are
	// or hold, and those that it is generated from.
	parts map[uint16][]sanitize.ColumnID
	// uses has the OIDs of the relations that the view's query reads.
	uses []uint32

	// secretCalls is what callsSecrets found. A relation is shared by previews.
	judgeOnce   sync.Once
	secretCalls bool
}

// masks tells whether the rules mask a column of the relation by its own name,
// by that of its kin, or by what its values hold.
func (r *relation) masks(rules *sanitize.Sanitizer, number uint16) bool {
	column := sanitize.ColumnID{Schema: r.schema, Table: r.name, Column: r.columns[number]}
	return rules.MasksColumn(column, r.kin...) || r.holdsMasked(rules, number)
}

// holdsMasked tells whether a column's values are rows, or hold rows, that have
// a masked column, or are generated from one.
func (r *relation) holdsMasked(rules *sanitize.Sanitizer, number uint16) bool {
	return slices.ContainsFunc(r.parts[number], func(part sanitize.ColumnID) bool { return rules.MasksColumn(part) })
}

func (r *relation) isView() bool { return r.kind == "v" || r.kind == "m" }

// isSystem tells whether the relation is PostgreSQL's own. Its columns are judged
// by their names alone; the guard refuses those that hold secrets.
func (r *relation) isSystem() bool {
	return r.schema == "pg_catalog" || r.schema == "information_schema"
}

// maxDefinition is how many bytes of a view's definition are looked into. A
// longer one is as one that cannot be read: all of its columns count as masked if
// it reads a masked one.
const maxDefinition = 128 << 10

// readByRule gives the relations that the rule r of a view reads. Of PostgreSQL's
// own tables nothing records that something depends on them: they stand in the rule
// alone.
const readByRule = `
    select d.refobjid
    from pg_catalog.pg_depend d
    where d.objid operator(pg_catalog.=) r.oid
      and d.classid operator(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      and d.refclassid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
    union
    select m.match[1]::pg_catalog.oid
    from pg_catalog.regexp_matches(r.ev_action::pg_catalog.text, ':relid ([0-9]{1,5}) ', 'g') m (match)
    where m.match[1]::pg_catalog.int4 operator(pg_catalog.<) 16384
  `

// closureQuery asks for the relations of these names, in whatever schema where
// none is written, and for those that they read through views. Rows are of
// five kinds: r(elation), c(olumn), k(in), u(se), and what is t(aken) into a
// column. Names travel as hex, so that none can end a literal. Views of
// PostgreSQL's own are not followed: the guard refuses those that hold secrets.
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
    and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
  union
  select x.oid
  from used u
  join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) u.oid
  join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
  join pg_catalog.pg_rewrite r on r.ev_class operator(pg_catalog.=) u.oid
  cross join lateral (` + readByRule + `) x (oid)
  where x.oid operator(pg_catalog.<>) u.oid
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
),
children (parent, child) as (
  select i.inhparent, i.inhrelid
  from used u
  join pg_catalog.pg_inherits i on i.inhparent operator(pg_catalog.=) u.oid
  union
  select c.parent, i.inhrelid
  from children c
  join pg_catalog.pg_inherits i on i.inhparent operator(pg_catalog.=) c.child
),
parts (relation, number, type) as (
  select a.attrelid, a.attnum, a.atttypid
  from used u
  join pg_catalog.pg_attribute a on a.attrelid operator(pg_catalog.=) u.oid
  where a.attnum operator(pg_catalog.>) 0 and not a.attisdropped and a.atttypid operator(pg_catalog.>=) 16384
  union
  select p.relation, p.number, inner_type.oid
  from parts p
  join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) p.type
  cross join lateral (
    select t.typelem
    union all
    select t.typbasetype
    union all
    select r.rngsubtype from pg_catalog.pg_range r
    where t.oid in (r.rngtypid, r.rngmultitypid)
    union all
    select a.atttypid from pg_catalog.pg_attribute a
    where t.typrelid operator(pg_catalog.<>) 0 and a.attrelid operator(pg_catalog.=) t.typrelid
      and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
  ) inner_type (oid)
  where inner_type.oid operator(pg_catalog.>=) 16384
)
select 'r', c.oid::text, n.nspname::text, c.relname::text, c.relkind::text,
  case when pg_catalog.octet_length(d.definition) operator(pg_catalog.<=) ` + strconv.Itoa(maxDefinition) + ` then d.definition end
from used u
join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) u.oid and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
left join lateral (
  select pg_catalog.pg_get_viewdef(c.oid)
  where c.relkind in ('v', 'm') and n.nspname::text not in ('pg_catalog', 'information_schema')
) d (definition) on true
union all
select 'c', a.attrelid::text, a.attnum::text, a.attname::text, null, null
from used u
join pg_catalog.pg_attribute a on a.attrelid operator(pg_catalog.=) u.oid
where a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
union all
select 'k', k.one::text, '0', n.nspname::text, c.relname::text, null
from (select child, parent from parents union all select parent, child from children) k (one, other)
join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) k.other
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
union all
select distinct 't', p.relation::text, p.number::text, n.nspname::text, c.relname::text, a.attname::text
from parts p
join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) p.type
join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) t.typrelid
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid operator(pg_catalog.=) c.oid
where a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
union all
select distinct 't', a.attrelid::text, a.attnum::text, n.nspname::text, c.relname::text, source.attname::text
from used u
join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) u.oid
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid operator(pg_catalog.=) u.oid and a.attgenerated in ('s', 'v')
left join pg_catalog.pg_attrdef e on e.adrelid operator(pg_catalog.=) a.attrelid and e.adnum operator(pg_catalog.=) a.attnum
join pg_catalog.pg_depend d on
  d.classid operator(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.objid operator(pg_catalog.=) e.oid
  or d.classid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid operator(pg_catalog.=) a.attrelid
    and d.objsubid operator(pg_catalog.=) a.attnum
join pg_catalog.pg_attribute source on source.attrelid operator(pg_catalog.=) d.refobjid and source.attnum operator(pg_catalog.=) d.refobjsubid
where d.refclassid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid operator(pg_catalog.=) a.attrelid
  and d.refobjsubid operator(pg_catalog.>) 0 and d.refobjsubid operator(pg_catalog.<>) a.attnum
union all
select distinct 'u', u.oid::text, x.oid::text, null, null, null
from used u
join pg_catalog.pg_rewrite r on r.ev_class operator(pg_catalog.=) u.oid
cross join lateral (` + readByRule + `) x (oid)
where x.oid operator(pg_catalog.<>) u.oid`)
	return q.String()
}

// wholeRowQuery asks for the functions that can take a whole row as their only
// written argument: of any type, of records, of a table's type or of a domain
// over one.
const wholeRowQuery = `select distinct p.proname::text
from pg_catalog.pg_proc p
join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) p.proargtypes[0]
left join pg_catalog.pg_type b on b.oid operator(pg_catalog.=) t.typbasetype
where t.typtype in ('p', 'c') or t.typtype in ('d') and b.typtype in ('c', 'd')`

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
			columns: make(map[uint16]string), parts: make(map[uint16][]sanitize.ColumnID),
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
		case "k":
			r.kin = append(r.kin, sanitize.TableID{Schema: row[3], Name: row[4]})
		case "t":
			part := sanitize.ColumnID{Schema: row[3], Table: row[4], Column: row[5]}
			r.parts[uint16(number)] = append(r.parts[uint16(number)], part)
		case "u":
			r.uses = append(r.uses, uint32(number))
		default:
			return nil, errCatalog
		}
	}
	return relations, nil
}
