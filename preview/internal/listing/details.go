package listing

import (
	"fmt"
	"strconv"
	"strings"
)

// Detail is what the catalog says of one table.
type Detail struct {
	OID                   uint32
	Schema, Name, SQLName string
	// Kind is pg_class.relkind.
	Kind    string
	Comment Comment
	// Rows is the estimate of the number of rows; negative where there is none or
	// row-level security applies.
	Rows int64
	// PartitionOf is the partitioned table, as in SQLName; else empty.
	PartitionOf string
}

// Comment is the beginning of a comment.
type Comment struct {
	Text string
	// Bytes is the length of the whole.
	Bytes int64
}

// Details asks for what there is to say of tables; comments are cut to that many
// characters. A partitioned table that was never analyzed as a whole has the sum
// of its partitions' estimates.
func Details(oids []uint32, commentCharacters int) string {
	return fmt.Sprintf(`select c.oid::text, n.nspname::text, c.relname::text, quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind::text,
  left(d.description, %[2]d), coalesce(octet_length(d.description), 0)::text,
  case
    when c.relkind in ('v') or row_security_active(c.oid) then -1
    when c.relkind in ('p') and c.reltuples < 0 then coalesce(p.rows, -1)
    else c.reltuples
  end::int8::text,
  case when c.relispartition then (
    select quote_ident(pn.nspname) || '.' || quote_ident(pc.relname)
    from pg_inherits i join pg_class pc on pc.oid = i.inhparent join pg_namespace pn on pn.oid = pc.relnamespace
    where i.inhrelid = c.oid and has_schema_privilege(pn.oid, 'USAGE')
  ) end
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_description d on d.objoid = c.oid and d.classoid = 'pg_class'::regclass and d.objsubid = 0
left join lateral (
  with recursive parts (oid) as (
    select i.inhrelid from pg_inherits i where i.inhparent = c.oid
    union all
    select i.inhrelid from parts q join pg_inherits i on i.inhparent = q.oid
  )
  select case when min(r.reltuples) >= 0 then sum(r.reltuples) end as rows
  from parts q join pg_class r on r.oid = q.oid
  where r.relkind not in ('p')
) p on c.relkind in ('p') and c.reltuples < 0
where c.oid in (%[1]s)`, list(oids), commentCharacters)
}

// ReadDetails reads the answer to Details.
func ReadDetails(rows [][]string) (map[uint32]Detail, error) {
	details := make(map[uint32]Detail, len(rows))
	for _, row := range rows {
		if len(row) != 9 {
			return nil, ErrAnswer
		}
		oid, err := oidOf(row[0])
		if err != nil {
			return nil, err
		}
		comment, err := commentOf(row[5], row[6])
		if err != nil {
			return nil, err
		}
		estimate, err := strconv.ParseInt(row[7], 10, 64)
		if err != nil {
			return nil, ErrAnswer
		}
		details[oid] = Detail{
			OID: oid, Schema: row[1], Name: row[2], SQLName: row[3], Kind: row[4], Comment: comment, Rows: estimate, PartitionOf: row[8],
		}
	}
	return details, nil
}

// Column is a column that the role may SELECT.
type Column struct {
	Table         uint32
	Number        uint16
	Name, SQLName string
	// Type is its type as the server prints it.
	Type                         string
	NotNull, Generated, Identity bool
	Comment                      Comment
}

// Columns asks for the columns of tables that the role may SELECT, in their order.
func Columns(oids []uint32, commentCharacters int) string {
	return fmt.Sprintf(`select a.attrelid::text, a.attnum::text, a.attname::text, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
  a.attnotnull::text, (a.attgenerated <> '')::text, (a.attidentity <> '')::text,
  left(d.description, %[2]d), coalesce(octet_length(d.description), 0)::text
from pg_attribute a
left join pg_description d on d.objoid = a.attrelid and d.classoid = 'pg_class'::regclass and d.objsubid = a.attnum
where a.attrelid in (%[1]s) and a.attnum > 0 and not a.attisdropped and %[3]s
order by a.attrelid, a.attnum`, list(oids), commentCharacters, "has_column_privilege(a.attrelid, a.attnum, 'SELECT')")
}

// ReadColumns reads the answer to Columns.
func ReadColumns(rows [][]string) ([]Column, error) {
	columns := make([]Column, 0, len(rows))
	for _, row := range rows {
		if len(row) != 10 {
			return nil, ErrAnswer
		}
		table, err := oidOf(row[0])
		if err != nil {
			return nil, err
		}
		number, err := strconv.ParseUint(row[1], 10, 16)
		if err != nil {
			return nil, ErrAnswer
		}
		comment, err := commentOf(row[8], row[9])
		if err != nil {
			return nil, err
		}
		columns = append(columns, Column{
			Table: table, Number: uint16(number), Name: row[2], SQLName: row[3], Type: row[4],
			NotNull: row[5] == "true", Generated: row[6] == "true", Identity: row[7] == "true", Comment: comment,
		})
	}
	return columns, nil
}

// KeyColumn is one column of a primary key, or of a foreign key with the column
// that it refers to.
type KeyColumn struct {
	Table uint32
	// Key is the constraint's OID.
	Key     uint32
	Foreign bool
	Column  string
	// Schema, Name, SQLName and ForeignColumn are of the other table.
	Schema, Name, SQLName, ForeignColumn string
}

// Keys asks for the primary and foreign keys of tables, column by column. A key
// is left out where the role may not SELECT one of its columns, and a foreign
// key also where the other table is none that Page would find.
func Keys(oids []uint32) string {
	return fmt.Sprintf(`select k.conrelid::text, k.oid::text, (k.contype in ('f'))::text, a.attname::text,
  n.nspname::text, f.relname::text, quote_ident(n.nspname) || '.' || quote_ident(f.relname), fa.attname::text
from pg_constraint k
cross join lateral unnest(k.conkey, k.confkey) with ordinality u (number, foreign_number, place)
join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number
left join pg_class f on f.oid = k.confrelid
left join pg_namespace n on n.oid = f.relnamespace
left join pg_attribute fa on fa.attrelid = k.confrelid and fa.attnum = u.foreign_number
where k.conrelid in (%s) and k.contype in ('p', 'f')
  and not exists (select from unnest(k.conkey) c (number) where not has_column_privilege(k.conrelid, c.number, 'SELECT'))
  and (k.contype in ('p') or %s and has_schema_privilege(f.relnamespace, 'USAGE')
    and not exists (select from unnest(k.confkey) c (number) where not has_column_privilege(k.confrelid, c.number, 'SELECT')))
order by k.conrelid, k.contype desc, k.conname, k.oid, u.place`, list(oids), isReadable("f"))
}

// ReadKeys reads the answer to Keys.
func ReadKeys(rows [][]string) ([]KeyColumn, error) {
	keys := make([]KeyColumn, 0, len(rows))
	for _, row := range rows {
		if len(row) != 8 {
			return nil, ErrAnswer
		}
		table, err := oidOf(row[0])
		if err != nil {
			return nil, err
		}
		key, err := oidOf(row[1])
		if err != nil {
			return nil, err
		}
		keys = append(keys, KeyColumn{
			Table: table, Key: key, Foreign: row[2] == "true", Column: row[3],
			Schema: row[4], Name: row[5], SQLName: row[6], ForeignColumn: row[7],
		})
	}
	return keys, nil
}

func commentOf(text, bytes string) (Comment, error) {
	size, err := strconv.ParseInt(bytes, 10, 64)
	if err != nil {
		return Comment{}, ErrAnswer
	}
	return Comment{Text: text, Bytes: size}, nil
}

// list writes OIDs for an IN; there is always one that no object has.
func list(oids []uint32) string {
	var out strings.Builder
	out.WriteByte('0')
	for _, oid := range oids {
		out.WriteString(", ")
		out.WriteString(strconv.FormatUint(uint64(oid), 10))
	}
	return out.String()
}
