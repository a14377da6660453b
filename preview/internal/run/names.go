package run

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/op-data/sqlpreview/preview/reason"
)

const (
	// namesAge is how long names that were looked up are used: types and tables may be
	// renamed. namesKept bounds the memory.
	namesAge  = time.Minute
	namesKept = 5000
	// nameBytes is more than two quoted identifiers and a modifier take.
	nameBytes = 1 << 10
)

// names remembers what a database calls its types and columns.
type names struct {
	mu      sync.Mutex
	since   time.Time
	types   map[typeKey]typeName
	origins map[originKey]originName
}

type typeKey struct {
	oid      uint32
	modifier int32
}

type typeName struct{ name, category string }

type originKey struct {
	table     uint32
	attribute uint16
}

type originName struct{ table, column string }

func newNames() *names {
	n := &names{}
	n.forget()
	return n
}

func (n *names) forget() {
	n.since = time.Now()
	n.types = make(map[typeKey]typeName)
	n.origins = make(map[originKey]originName)
}

// fill names the columns that are known and returns the keys of the others. origin is
// Query.Origin.
func (n *names) fill(columns []Column, origin func(uint32, uint16) (table, column string)) (types map[typeKey]bool, origins map[originKey]bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if time.Since(n.since) > namesAge || len(n.types)+len(n.origins) > namesKept {
		n.forget()
	}
	types, origins = make(map[typeKey]bool), make(map[originKey]bool)
	for i := range columns {
		c := &columns[i]
		key := typeKey{c.TypeOID, c.Modifier}
		known, ok := builtInName(key)
		if !ok {
			known, ok = n.types[key]
		}
		if c.Type, c.Category = known.name, known.category; !ok {
			types[key] = true
		}
		if c.TableOID == 0 || c.Attribute == 0 || c.Attribute > 1<<15 {
			continue // computed, or a system column, which has a negative number
		}
		at := originKey{c.TableOID, c.Attribute}
		if known, ok := n.origins[at]; ok {
			c.OriginTable, c.OriginColumn = known.table, known.column
			continue
		}
		if origin != nil {
			c.OriginTable, c.OriginColumn = origin(at.table, at.attribute)
		}
		if c.OriginTable == "" {
			origins[at] = true
		}
	}
	return types, origins
}

// nameColumns fills in names of types and origins, asking the database for
// those that are not known yet.
func (e *execution) nameColumns(ctx context.Context, columns []Column, origin func(uint32, uint16) (table, column string)) *Error {
	for i := range columns {
		columns[i].Precision, columns[i].Scale = modifierOf(columns[i].TypeOID, columns[i].Modifier)
	}
	types, origins := e.pool.names.fill(columns, origin)
	if len(types)+len(origins) == 0 {
		return nil
	}
	a, err := e.roundTrip(ctx, lookUp(types, origins), resultLimits{
		rows: len(types) + len(origins), columns: 5, cellBytes: nameBytes, bytes: HardBytes, internal: true, catalogPath: true,
	})
	if err != nil {
		return err
	}
	if a.moreRows || a.byteLimited || a.totalColumns != 5 {
		return generalError(reason.Internal)
	}
	e.pool.names.learn(a.rows)
	e.pool.names.fill(columns, nil)
	return nil
}

// lookUp is the statement that asks for names. It holds numbers only. It is
// made for a search path of PostgreSQL's own catalog alone, so that every other
// type is printed with its schema: its name, and the schema fingerprint, are
// then the same for every role.
func lookUp(types map[typeKey]bool, origins map[originKey]bool) string {
	var sql strings.Builder
	sql.WriteString("select 'o', k.a::text, k.b::text, pg_catalog.format('%I.%I', n.nspname, c.relname), a.attname::text from (values (0::oid, 0::int4)")
	for key := range origins {
		fmt.Fprintf(&sql, ", (%d, %d)", key.table, key.attribute)
	}
	sql.WriteString(`) as k (a, b)
		join pg_catalog.pg_class c on c.oid = k.a
		join pg_catalog.pg_namespace n on n.oid = c.relnamespace
		join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.b and not a.attisdropped
		union all `)
	sql.WriteString("select 't', k.a::text, k.b::text, pg_catalog.format_type(k.a, k.b), t.typcategory::text from (values (0::oid, 0::int4)")
	for key := range types {
		fmt.Fprintf(&sql, ", (%d, %d)", key.oid, key.modifier)
	}
	sql.WriteString(") as k (a, b) join pg_catalog.pg_type t on t.oid = k.a")
	return sql.String()
}

func (n *names) learn(rows [][]Cell) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, row := range rows {
		oid, err := strconv.ParseUint(string(row[1].Bytes), 10, 32)
		if err != nil {
			continue
		}
		number, err := strconv.ParseInt(string(row[2].Bytes), 10, 32)
		if err != nil {
			continue
		}
		name, detail := string(row[3].Bytes), string(row[4].Bytes)
		if string(row[0].Bytes) == "t" {
			n.types[typeKey{uint32(oid), int32(number)}] = typeName{name, detail}
		} else {
			n.origins[originKey{uint32(oid), uint16(number)}] = originName{name, detail}
		}
	}
}
