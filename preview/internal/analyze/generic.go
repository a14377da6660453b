package analyze

import (
	"cmp"
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// This file follows check_generic_type_consistency and
// enforce_generic_type_consistency: what the polymorphic types of a declaration
// stand for in one call.

// generics is what polymorphic types stand for; undetermined where nothing tells.
type generics struct {
	used bool
	// element, array, ranged and multirange are those of anyelement and its kin;
	// the compatible ones those of anycompatible and its kin.
	element, array, ranged, multirange                         OID
	compatible, compatibleArray, compatibleRange, compatibleMR OID
}

func (a *analyzer) generics(args, declared []OID) generics {
	var g generics
	var compatible []value
	for i, t := range declared {
		if !isPolymorphic(t) {
			if t == typeAny {
				g.used = true
			}
			continue
		}
		g.used = true
		if i >= len(args) || args[i] == typeUnknown || args[i] == undetermined {
			continue
		}
		arg := args[i]
		known := a.typeInfo(a.base(arg))
		if known == nil {
			continue
		}
		switch t {
		case typeAnyElement, typeAnyNonArray, typeAnyEnum:
			g.element = arg
		case typeAnyArray:
			g.array, g.element = known.OID, cmp.Or(g.element, known.Element)
		case typeAnyRange:
			g.ranged, g.element = known.OID, cmp.Or(g.element, known.Subtype)
		case typeAnyMultirange:
			g.multirange, g.ranged = known.OID, cmp.Or(g.ranged, known.Range)
			g.element = cmp.Or(g.element, known.Subtype)
		case typeAnyCompatible, typeAnyCompatibleNonArray:
			compatible = append(compatible, value{typ: arg})
		case typeAnyCompatibleArray:
			compatible = append(compatible, value{typ: known.Element})
		case typeAnyCompatibleRange:
			g.compatibleRange = known.OID
			compatible = append(compatible, value{typ: known.Subtype})
		case typeAnyCompatibleMultirange:
			g.compatibleMR, g.compatibleRange = known.OID, cmp.Or(g.compatibleRange, known.Range)
			compatible = append(compatible, value{typ: known.Subtype})
		}
	}
	if len(compatible) > 0 {
		g.compatible = a.commonType(compatible)
		g.compatibleArray = a.arrayOf(g.compatible)
	}
	if g.array == undetermined {
		g.array = a.arrayOf(g.element)
	}
	return g
}

// actual is what a declared type stands for.
func (g generics) actual(a *analyzer, t OID) OID {
	switch t {
	case typeAnyElement, typeAnyNonArray, typeAnyEnum:
		return g.element
	case typeAnyArray:
		return g.array
	case typeAnyRange:
		return g.ranged
	case typeAnyMultirange:
		if g.multirange != undetermined {
			return g.multirange
		}
		return a.multirangeOf(g.ranged)
	case typeAnyCompatible, typeAnyCompatibleNonArray:
		return g.compatible
	case typeAnyCompatibleArray:
		return g.compatibleArray
	case typeAnyCompatibleRange:
		return g.compatibleRange
	case typeAnyCompatibleMultirange:
		if g.compatibleMR != undetermined {
			return g.compatibleMR
		}
		return a.multirangeOf(g.compatibleRange)
	}
	return t
}

// typesOf are the types of the arguments of a function in SQL that its declaration leaves
// open.
func (a *analyzer) typesOf(fn *catalog.Function, g generics) ArgumentTypes {
	if fn.Language != "sql" || !slices.ContainsFunc(fn.Args, isPolymorphic) {
		return ""
	}
	types := make([]OID, len(fn.Args))
	for i, t := range fn.Args {
		types[i] = g.actual(a, t)
	}
	return argumentTypes(types)
}

// states notes what making the states of an aggregate runs whose type the call decides: the
// first can be read from a text, and its functions make others. The guard knows those of
// other types.
func (a *analyzer) states(fn *catalog.Function, g generics, n pgtree.Node) {
	for _, t := range fn.States {
		if !isPolymorphic(t) {
			continue
		}
		if state := g.actual(a, t); state != undetermined {
			a.input(state, n)
		} else {
			a.anyOccurring(func(v *value) { a.input(v.typ, n) })
		}
	}
}

// multirangeOf finds the multirange of a range among the types that occur.
func (a *analyzer) multirangeOf(ranged OID) OID {
	for t := range a.types {
		if known := a.typeInfo(t); known != nil && known.Kind == 'm' && known.Range == ranged {
			return t
		}
	}
	return undetermined
}

// genericsAgree reports whether arguments can stand for the polymorphic types of a
// declaration together.
func (a *analyzer) genericsAgree(args, declared []OID) bool {
	element, array, ranged := undetermined, undetermined, undetermined
	var compatible []value
	same := func(known *OID, t OID) bool {
		if *known != undetermined && *known != t {
			return false
		}
		*known = t
		return true
	}
	for i, t := range declared {
		if i >= len(args) || !isPolymorphic(t) || args[i] == typeUnknown || args[i] == undetermined {
			continue
		}
		known := a.typeInfo(a.base(args[i]))
		if known == nil {
			continue
		}
		ok := true
		switch t {
		case typeAnyElement:
			ok = same(&element, args[i])
		case typeAnyNonArray:
			ok = !known.IsArray && same(&element, args[i])
		case typeAnyEnum:
			ok = known.Kind == 'e' && same(&element, args[i])
		case typeAnyArray:
			ok = known.IsArray && same(&array, known.OID)
		case typeAnyRange:
			ok = known.Kind == 'r' && same(&ranged, known.OID)
		case typeAnyMultirange:
			ok = known.Kind == 'm' && same(&ranged, known.Range)
		case typeAnyCompatible:
			compatible = append(compatible, value{typ: args[i]})
		case typeAnyCompatibleNonArray:
			ok = !known.IsArray
			compatible = append(compatible, value{typ: args[i]})
		case typeAnyCompatibleArray:
			ok = known.IsArray
			compatible = append(compatible, value{typ: known.Element})
		case typeAnyCompatibleRange:
			ok = known.Kind == 'r'
			compatible = append(compatible, value{typ: known.Subtype})
		case typeAnyCompatibleMultirange:
			ok = known.Kind == 'm'
			compatible = append(compatible, value{typ: known.Subtype})
		}
		if !ok {
			return false
		}
	}
	if array != undetermined && element != undetermined && a.element(array) != a.baseOrSelf(element, a.element(array)) {
		return false
	}
	if ranged != undetermined && element != undetermined {
		if known := a.typeInfo(ranged); known != nil && known.Subtype != element {
			return false
		}
	}
	return len(compatible) == 0 || a.commonType(compatible) != undetermined
}

// baseOrSelf is the type itself where it is the wanted one, else what is below its
// domain.
func (a *analyzer) baseOrSelf(t, wanted OID) OID {
	if t == wanted {
		return t
	}
	return a.base(t)
}
