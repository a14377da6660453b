package analyze

import (
	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// This file follows parse_coerce.c: how a value becomes one of another type, and
// what runs on the way.

// context says how freely a value may be converted (pg_cast.castcontext).
type context int

const (
	implicit context = iota
	assignment
	explicit
)

func (c context) allows(cast *catalog.Cast) bool {
	switch cast.Context {
	case 'i':
		return true
	case 'a':
		return c >= assignment
	default:
		return c == explicit
	}
}

// pathway is how a type becomes another (find_coercion_pathway).
type pathway int

const (
	noPath pathway = iota
	relabel
	byFunction
	byElements
	byText // through the output function of the one and the input function of the other
)

func (a *analyzer) pathway(source, target OID, ctx context) (pathway, *catalog.Cast) {
	source, target = a.base(source), a.base(target)
	if source == target {
		return relabel, nil
	}
	if cast, ok := a.source.Cast(source, target); ok {
		if !ctx.allows(cast) {
			return noPath, nil
		}
		switch cast.Method {
		case 'f':
			return byFunction, cast
		case 'i':
			return byText, nil
		default:
			return relabel, nil
		}
	}
	if target != typeOIDVector && target != typeInt2Vector {
		from, to := a.element(source), a.element(target)
		if from != undetermined && to != undetermined {
			if path, _ := a.pathway(from, to, ctx); path != noPath {
				return byElements, nil
			}
		}
	}
	if ctx >= assignment {
		if category, _ := a.category(target); category == categoryString {
			return byText, nil
		}
	}
	if ctx == explicit {
		if category, _ := a.category(source); category == categoryString {
			return byText, nil
		}
	}
	return noPath, nil
}

// canCoerce is can_coerce_type for one value.
func (a *analyzer) canCoerce(source, target OID, ctx context) bool {
	switch {
	case source == target, source == undetermined, target == undetermined,
		target == typeAny, isPolymorphic(target), source == typeUnknown:
		return true
	}
	if path, _ := a.pathway(source, target, ctx); path != noPath {
		return true
	}
	switch {
	case source == typeRecord && a.isComposite(target):
		return true
	case target == typeRecord && a.isComposite(source):
		return true
	case target == typeRecordArray && a.isComposite(a.element(source)):
		return true
	}
	return a.inherits(source, target)
}

// inherits reports whether one row type's relation may be a child of another's.
func (a *analyzer) inherits(source, target OID) bool {
	from, to := a.typeInfo(a.base(source)), a.typeInfo(target)
	if from == nil || to == nil || from.Kind != 'c' || to.Kind != 'c' {
		return false
	}
	child := a.source.RelationByID(from.Relation)
	if child == nil {
		return true // what is not known may be
	}
	for _, kin := range child.Kin {
		if kin.Schema == to.Schema && kin.Name == to.Name {
			return true
		}
	}
	return child.TypedAs == to.OID
}

// coerce notes what turning a value into another type runs, and returns the value
// as that type. It follows coerce_type.
func (a *analyzer) coerce(v value, target OID, ctx context, n pgtree.Node) value {
	result := v
	result.typ, result.literal, result.null = target, false, false
	if target != v.typ {
		result.fields, result.items, result.isRow = nil, nil, false
	}
	switch {
	case target == v.typ, target == typeAny, isPolymorphic(target):
		result.typ = v.typ
		return result
	case target == undetermined:
		return result
	case v.typ == undetermined:
		a.anyCastTo(target, n)
		return result
	case v.null:
		a.check(target, n) // input functions are strict
		return result
	case v.typ == typeUnknown && a.base(target).ReadsTypeNames():
		a.modifiersIn(v.node, a.base(target) != catalog.TypeRegType, n)
		a.check(target, n)
		return result
	case v.typ == typeUnknown:
		a.input(target, n)
		return result
	case v.typ == typeRecord && a.isComposite(target):
		a.coerceRow(v, target, ctx, n)
		return result
	}
	path, cast := a.pathway(v.typ, target, ctx)
	if path != relabel {
		result.node = pgtree.Node{} // the value is no longer the constant
	}
	switch path {
	case byFunction:
		a.run(Run{Function: cast.Function, How: ByCast, Through: a.castName(cast), At: a.place(n), Certain: true})
	case byText:
		a.writeOut(v, n)
		a.input(target, n)
	case byElements:
		a.coerce(value{typ: a.element(v.typ)}, a.element(target), ctx, n)
	case noPath, relabel:
	}
	a.check(target, n)
	return result
}

// coerceRow is coerce_record_to_complex: field by field.
func (a *analyzer) coerceRow(v value, target OID, ctx context, n pgtree.Node) {
	t := a.typeInfo(a.base(target))
	fields := v.items
	if len(fields) == 0 {
		for _, f := range v.fields {
			fields = append(fields, f.value)
		}
	}
	for i, column := range t.Columns {
		if i < len(fields) {
			a.coerce(fields[i], column.Type, ctx, n)
		} else if len(fields) == 0 {
			a.anyCastTo(column.Type, n)
		}
	}
	a.check(target, n)
}

// anyCastTo notes what making a value of a type can run, whatever it is made of.
func (a *analyzer) anyCastTo(target OID, n pgtree.Node) {
	a.input(target, n)
	for _, cast := range a.castsTo(a.base(target)) {
		a.run(Run{Function: cast.Function, How: ByCast, Through: a.castName(cast), At: a.place(n)})
	}
}

// castsTo lists the user-defined casts to a type, from the types that occur.
func (a *analyzer) castsTo(target OID) (casts []*catalog.Cast) {
	if a.generic {
		return a.source.CastsTo(target)
	}
	for t := range a.types {
		if cast, ok := a.source.Cast(t, target); ok {
			casts = append(casts, cast)
		}
	}
	return casts
}

func (a *analyzer) castName(cast *catalog.Cast) string {
	return "the cast from " + a.typeName(cast.Source) + " to " + a.typeName(cast.Target)
}

func (a *analyzer) typeName(t OID) string {
	known := a.typeInfo(t)
	switch {
	case known == nil:
		return "another type"
	case known.IsArray && known.Element != 0 && known.Element != t:
		return a.typeName(known.Element) + "[]"
	case known.Schema == "pg_catalog":
		return known.Name
	}
	return known.Schema + "." + known.Name
}

// modify notes the function that applies a type's modifier, as in varchar(10): a
// cast from the type to itself.
func (a *analyzer) modify(t OID, n pgtree.Node) {
	if known := a.typeInfo(t); known != nil {
		a.byType(ByType, known, a.place(n), known.Modifier)
	}
	if element := a.element(t); element != undetermined {
		a.modify(element, n)
		return
	}
	if cast, ok := a.source.Cast(t, t); ok {
		a.run(Run{Function: cast.Function, How: ByCast, Through: a.castName(cast), At: a.place(n), Certain: true})
	}
}

// commonType is select_common_type: the type to which all values are brought.
// Undetermined is contagious.
func (a *analyzer) commonType(values []value) OID {
	if len(values) == 0 {
		return typeText
	}
	common := values[0].typ
	same := true
	for _, v := range values {
		if v.typ == undetermined {
			return undetermined
		}
		same = same && v.typ == common
	}
	if same && common != typeUnknown {
		return common
	}
	common = a.baseOrUnknown(values[0].typ)
	category, preferred := a.category(common)
	for _, v := range values[1:] {
		t := a.baseOrUnknown(v.typ)
		if t == typeUnknown || t == common {
			continue
		}
		itsCategory, itsPreferred := a.category(t)
		switch {
		case common == typeUnknown:
			common, category, preferred = t, itsCategory, itsPreferred
		case itsCategory != category:
			return undetermined // an error, unless a server knows better
		case !preferred && a.canCoerce(common, t, implicit) && !a.canCoerce(t, common, implicit):
			common, category, preferred = t, itsCategory, itsPreferred
		}
	}
	if common == typeUnknown {
		return typeText
	}
	return common
}

func (a *analyzer) baseOrUnknown(t OID) OID {
	if t == typeUnknown {
		return t
	}
	return a.base(t)
}

// unify brings values to their common type.
func (a *analyzer) unify(values []value, n pgtree.Node) OID {
	common := a.commonType(values)
	for _, v := range values {
		a.coerce(v, common, implicit, n)
		if common == undetermined {
			a.occurs(v.typ)
		}
	}
	return common
}
