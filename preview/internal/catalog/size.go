package catalog

import "unsafe"

// snapshotEntryBytes is about what one name or object takes in the maps of a Snapshot.
const snapshotEntryBytes = 96

// entryBytes is about what an entry of the cache costs beside its content: its parts
// of the maps.
const entryBytes = 256

// size is about what an object takes in memory, beside the texts of its row.
func (o *object) size() int {
	n := int(unsafe.Sizeof(*o)) + len(o.below)*int(unsafe.Sizeof(ref{}))
	switch {
	case o.relation != nil:
		r := o.relation
		n += r.size()
		for _, heir := range r.Heirs {
			n += heir.size()
		}
		for _, k := range r.Kin {
			n += int(unsafe.Sizeof(k)) + len(k.Schema) + len(k.Name)
		}
	case o.typ != nil:
		n += int(unsafe.Sizeof(*o.typ)) + o.typ.Check.size() + len(o.typ.Compare)*4 + columnsSize(o.typ.Columns)
	case o.function != nil:
		f := o.function
		n += int(unsafe.Sizeof(*f)) + (len(f.Args)+len(f.Parts)+len(f.States)+len(f.Reads)+len(f.Columns))*4 + f.Runs.size() +
			columnsSize(f.Outputs) + (len(f.ArgNames)+len(f.Settings))*int(unsafe.Sizeof(""))
		for _, e := range f.DefaultsRun {
			n += int(unsafe.Sizeof(e)) + e.size()
		}
	case o.operator != nil:
		n += int(unsafe.Sizeof(*o.operator)) + len(o.operator.Support)*4
	case o.family != nil:
		n += int(unsafe.Sizeof(*o.family)) + 4*(len(o.family.functions)+len(o.family.operators))
	}
	return n
}

func (r *Relation) size() int {
	n := int(unsafe.Sizeof(*r)) + (len(r.Reads)+len(r.Support)+len(r.Roles)+len(r.KeyTypes))*4 + r.Runs.size() + columnsSize(r.Columns) +
		len(r.Key)*int(unsafe.Sizeof(""))
	for _, p := range r.Policies {
		n += int(unsafe.Sizeof(p)) + 4*(len(p.Roles)+len(p.Reads)) + p.Runs.size()
	}
	return n
}

func (e *Expression) size() int {
	return 4 * (len(e.Functions) + len(e.Operators) + len(e.Types) + len(e.Values) + len(e.Columns))
}

func columnsSize(columns []Column) (n int) {
	for _, c := range columns {
		n += int(unsafe.Sizeof(c)) + len(c.GeneratedFrom)*2
	}
	return n
}

// size is about what the meaning of a name takes.
func (r resolved) size(k key) int { return len(k.Schema) + len(k.Name.Name) + 4*len(r.oids) }

// size is about what the base takes.
func (b *base) size() int {
	n := len(b.casts) * (int(unsafe.Sizeof(Cast{})) + 128)
	for _, m := range []map[OID][]OID{b.joins, b.orders, b.frames} {
		for _, functions := range m {
			n += 64 + 4*len(functions)
		}
	}
	for _, t := range b.types {
		n += int(unsafe.Sizeof(*t)) + len(t.Schema) + len(t.Name) + 64 + 4*len(t.Compare)
	}
	return n
}

// Size is about what the Snapshot keeps in memory, in bytes; it shares the objects
// with the catalog for as long as the catalog knows them.
func (s *Snapshot) Size() int {
	n := snapshotEntryBytes * (len(s.names) + len(s.objects))
	for _, o := range s.objects {
		n += o.size()
	}
	return n
}
