package analyze

import "github.com/op-data/sqlpreview/preview/internal/pgtree"

// This file follows what rows without a type of their own are made of, through arrays
// of them, VALUES lists and alternatives: comparing them, or making text or JSON of
// them, does so with their columns.

// isRecord tells the types record and record[], whose values do not say what they are
// made of.
func isRecord(t OID) bool { return t == typeRecord || t == typeRecordArray }

// unlisted reports whether what a value is made of cannot be told. Any type that occurs
// can then be in it.
func (v value) unlisted() bool {
	return v.typ == undetermined || isRecord(v.typ) && len(v.fields) == 0 && len(v.items) == 0
}

// anyOccurring calls f with the types that have occurred.
func (a *analyzer) anyOccurring(f func(*value)) {
	for t := range a.types {
		if !isRecord(t) && a.spend(1) {
			f(&value{typ: t})
		}
	}
}

// columnsOf are the columns that rows of an array or of a list of alternatives can have:
// those of all of them, each as made by an expression.
func (a *analyzer) columnsOf(values []value) []field {
	var all []field
	type shape struct {
		name string
		typ  OID
	}
	seen := make(map[shape]bool)
	for _, v := range values {
		if !isRecord(v.typ) || !a.spend(len(v.fields)) {
			continue
		}
		if v.unlisted() {
			all = append(all, field{"", value{flow: computed}}) // any
			continue
		}
		for _, f := range v.fields {
			if key := (shape{f.name, f.typ}); len(f.fields) == 0 {
				if seen[key] {
					continue
				}
				seen[key] = true
			}
			all = append(all, field{f.name, value{typ: a.asText(f.value).typ, fields: a.columnsOf([]value{f.value}), flow: computed}})
		}
	}
	return all
}

// together is what a list of alternatives is as one value: of their common type, made
// of what they are made of.
func (a *analyzer) together(values []value, n pgtree.Node) value {
	v := value{typ: a.unify(values, n), flow: computed}
	if isRecord(v.typ) {
		v.fields = a.columnsOf(values)
	}
	return v
}
