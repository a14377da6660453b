package analyze

import (
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// This file knows what values of a type run when they are read, written, checked,
// compared or turned into JSON. Types of PostgreSQL's own run its own functions,
// which have no effect.

// visit calls f for a type and all that its values are made of.
func (a *analyzer) visit(t OID, f func(*catalog.Type)) {
	seen := make(map[OID]bool)
	var follow func(OID)
	follow = func(t OID) {
		if t == undetermined || seen[t] {
			return
		}
		seen[t] = true
		known := a.typeInfo(t)
		if known == nil {
			return
		}
		f(known)
		if known.IsArray {
			follow(known.Element)
		}
		follow(known.Base)
		follow(known.Subtype)
		follow(known.Range)
		for _, c := range known.Columns {
			follow(c.Type)
		}
	}
	follow(t)
}

// byType notes functions that run for values of a type.
func (a *analyzer) byType(how How, t *catalog.Type, at int, functions ...OID) {
	for _, fn := range functions {
		if fn.BuiltIn() {
			continue
		}
		a.run(Run{Function: fn, How: how, Through: "the type " + a.typeName(t.OID), At: at, Certain: true})
	}
}

// input notes what reading a literal of a type runs.
func (a *analyzer) input(t OID, n pgtree.Node) {
	at := a.place(n)
	a.visit(t, func(t *catalog.Type) {
		a.uses(t, at)
		if t.OID.ReadsTypeNames() {
			a.modifiers(at)
		}
		a.byType(ByType, t, at, t.Input)
		a.compares(t, at) // a range compares its bounds
		a.expression(t.Check, ByType, "the type "+a.typeName(t.OID), at)
	})
}

// output notes what writing a value of a type out runs.
func (a *analyzer) output(t OID, n pgtree.Node) {
	at := a.place(n)
	a.visit(t, func(t *catalog.Type) { a.byType(ByType, t, at, t.Output) })
}

// check notes the checks of a domain.
func (a *analyzer) check(t OID, n pgtree.Node) {
	at := a.place(n)
	for range maxDomainDepth {
		known := a.typeInfo(t)
		if known == nil || known.Kind != 'd' {
			return
		}
		a.uses(known, at)
		a.expression(known.Check, ByType, "the type "+a.typeName(t), at)
		t = known.Base
	}
}

// compare notes what sorting, grouping or comparing values of a type runs.
func (a *analyzer) compare(t OID, n pgtree.Node) {
	at := a.place(n)
	if t == undetermined {
		for t := range a.types {
			a.compareType(t, at)
		}
		return
	}
	a.compareType(t, at)
}

func (a *analyzer) compareType(t OID, at int) {
	a.visit(t, func(t *catalog.Type) { a.compares(t, at) })
	for _, pseudo := range []OID{typeAny, typeAnyElement, typeAnyCompatible, typeRecordArray} {
		if known := a.typeInfo(pseudo); known != nil {
			a.byType(ByCompare, known, at, known.Compare...) // a default class for all types
		}
	}
}

// compares notes the functions behind the default operator classes of a type: its own,
// or those of a type that its values can stand for unchanged (GetDefaultOpClass in
// indexcmds.c).
func (a *analyzer) compares(t *catalog.Type, at int) {
	a.byType(ByCompare, t, at, t.Compare...)
	for _, cast := range a.source.CastsFrom(t.OID) {
		if known := a.typeInfo(cast.Target); cast.Method == 'b' && cast.Context == 'i' && known != nil {
			a.byType(ByCompare, t, at, known.Compare...)
		}
	}
}

// compareValue notes it for a row whose fields are known.
func (a *analyzer) compareValue(v value, n pgtree.Node) {
	if !a.spend(1) {
		return
	}
	if v.unlisted() {
		a.anyOccurring(func(v *value) { a.compare(v.typ, n) })
		return
	}
	a.compare(v.typ, n)
	for _, item := range v.items {
		a.compareValue(item, n)
	}
	for _, f := range v.fields {
		a.compareValue(f.value, n)
	}
}

// toJSON notes what turning a value into JSON runs: casts to json of the
// database's own, output functions of other types.
func (a *analyzer) toJSON(v value, n pgtree.Node) {
	if !a.spend(1) {
		return
	}
	if v.unlisted() {
		a.anyOccurring(func(v *value) { a.toJSON(*v, n) })
		return
	}
	at := a.place(n)
	a.visit(v.typ, func(t *catalog.Type) {
		a.byType(ByType, t, at, t.Output)
		a.jsonCasts(t, at)
	})
	for _, item := range v.items {
		a.toJSON(item, n)
	}
	for _, f := range v.fields {
		a.toJSON(f.value, n)
	}
}

// writeOut notes what turning a value into text runs.
func (a *analyzer) writeOut(v value, n pgtree.Node) {
	if !a.spend(1) {
		return
	}
	if v.unlisted() {
		a.anyOccurring(func(v *value) { a.output(v.typ, n) })
		return
	}
	a.output(v.typ, n)
	for _, item := range v.items {
		a.writeOut(item, n)
	}
	for _, f := range v.fields {
		a.writeOut(f.value, n)
	}
}

// anyUse notes all that a function which takes values of any type can run.
func (a *analyzer) anyUse(v value, compares bool, n pgtree.Node) {
	a.toJSON(v, n)
	if compares {
		a.compareValue(v, n)
	}
}

// expression notes the functions and operators of a stored expression, and what
// values of the types in it run.
func (a *analyzer) expression(e catalog.Expression, how How, through string, at int) {
	for _, fn := range e.Functions {
		a.run(Run{Function: fn, How: how, Through: through, At: at, Omitted: AllArguments, Certain: true})
	}
	for _, op := range e.Operators {
		if known := a.source.Operator(op); known != nil && !op.BuiltIn() {
			a.run(Run{Function: known.Function, How: how, Through: through, At: at, Certain: true})
		}
		for _, fn := range a.source.SortSupport(op) {
			a.run(Run{Function: fn, How: how, Through: through, At: at, Certain: true})
		}
	}
	if slices.ContainsFunc(e.Functions, CastsToText) {
		for _, cast := range TextCasts(e, a.source) {
			a.run(Run{Function: cast.Function, How: how, Through: through, At: at, Certain: true})
		}
	}
	// Which of the values are compared or turned into text, a stored tree does not show
	// where the function is PostgreSQL's own: all of them count.
	for _, types := range [][]OID{e.Types, e.Values} {
		for _, t := range types {
			if a.expressions[t] {
				continue
			}
			a.expressions[t] = true // a check can lead back to its own type
			a.visit(t, func(t *catalog.Type) {
				if t.OID.ReadsTypeNames() {
					a.modifiers(at)
				}
				a.byType(ByType, t, at, t.Input, t.Output)
				a.compares(t, at)
				a.jsonCasts(t, at)
				a.expression(t.Check, how, through, at)
			})
			delete(a.expressions, t)
		}
	}
}

// checks notes what the checks of a type and of all that its values are made of run:
// for a value that a function of the database's own returns.
func (a *analyzer) checks(t OID, n pgtree.Node) {
	at := a.place(n)
	a.visit(t, func(t *catalog.Type) { a.expression(t.Check, ByType, "the type "+a.typeName(t.OID), at) })
}

// jsonCasts notes the casts to JSON of the database's own.
func (a *analyzer) jsonCasts(t *catalog.Type, at int) {
	for _, target := range []OID{typeJSON, typeJSONB} {
		if cast, ok := a.source.Cast(t.OID, target); ok {
			a.run(Run{Function: cast.Function, How: ByCast, Through: a.castName(cast), At: at, Certain: true})
		}
	}
}

// uses notes that a type of the database's own occurs.
func (a *analyzer) uses(t *catalog.Type, at int) {
	a.occurs(t.OID)
	if t.OID.BuiltIn() || a.seenTypes[t.OID] {
		return
	}
	a.seenTypes[t.OID] = true
	a.result.Types = append(a.result.Types, TypeUse{t, at})
}

// occurs remembers the types of values, for places where any of them can stand.
func (a *analyzer) occurs(t OID) {
	if t != undetermined {
		a.types[t] = true
	}
}
