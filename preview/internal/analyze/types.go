package analyze

import (
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// OID is the object id of a type, a function or a relation.
type OID = catalog.OID

// Object ids of PostgreSQL's own types (pg_type.dat); they never change.
const (
	typeBool        OID = 16
	typeInt8        OID = 20
	typeInt2        OID = 21
	typeInt4        OID = 23
	typeText        OID = 25
	typeName        OID = 19
	typeFloat4      OID = 700
	typeFloat8      OID = 701
	typeUnknown     OID = 705
	typeInt2Vector  OID = 22
	typeOIDVector   OID = 30
	typeJSON        OID = 114
	typeXML         OID = 142
	typeDate        OID = 1082
	typeTime        OID = 1083
	typeTimestamp   OID = 1114
	typeTimestampTZ OID = 1184
	typeTimeTZ      OID = 1266
	typeInterval    OID = 1186
	typeBit         OID = 1560
	typeNumeric     OID = 1700
	typeRecord      OID = 2249
	typeRecordArray OID = 2287
	typeAny         OID = 2276
	typeJSONB       OID = 3802
	typeJSONPath    OID = 4072

	typeCString   OID = 2275
	typeTextArray OID = 1009

	typeAnyArray                OID = 2277
	typeAnyElement              OID = 2283
	typeAnyNonArray             OID = 2776
	typeAnyEnum                 OID = 3500
	typeAnyRange                OID = 3831
	typeAnyMultirange           OID = 4537
	typeAnyCompatible           OID = 5077
	typeAnyCompatibleArray      OID = 5078
	typeAnyCompatibleNonArray   OID = 5079
	typeAnyCompatibleRange      OID = 5080
	typeAnyCompatibleMultirange OID = 4538
)

// undetermined is the type of a value that this package cannot tell. Whatever
// could fit it counts.
const undetermined OID = 0

// Categories of types (pg_type.typcategory).
const (
	categoryInvalid   byte = 0
	categoryArray     byte = 'A'
	categoryComposite byte = 'C'
	categoryString    byte = 'S'
	categoryUnknown   byte = 'X'
)

// MakesValues reports whether a function can make values of the types of its arguments by
// itself, of a text or of JSON, whose checks then run.
func MakesValues(f *catalog.Function) bool {
	if f.OID.BuiltIn() {
		return strings.Contains(f.Name, "_populate_record")
	}
	if slices.ContainsFunc(f.States, isPolymorphic) {
		return true // the first one is made of a text
	}
	return isPolymorphic(f.Returns) || slices.ContainsFunc(f.Outputs, func(c catalog.Column) bool { return isPolymorphic(c.Type) })
}

func isPolymorphic(t OID) bool {
	switch t {
	case typeAnyArray, typeAnyElement, typeAnyNonArray, typeAnyEnum, typeAnyRange, typeAnyMultirange,
		typeAnyCompatible, typeAnyCompatibleArray, typeAnyCompatibleNonArray, typeAnyCompatibleRange, typeAnyCompatibleMultirange:
		return true
	}
	return false
}

// base looks through domains (getBaseType in lsyscache.c).
func (a *analyzer) base(t OID) OID {
	for range maxDomainDepth {
		known := a.typeInfo(t)
		if known == nil || known.Kind != 'd' {
			return t
		}
		t = known.Base
	}
	return t
}

// maxDomainDepth bounds how many domains stand over each other.
const maxDomainDepth = 64

// element returns the type of the elements of an array type, or of a domain over
// one; zero for other types.
func (a *analyzer) element(t OID) OID {
	known := a.typeInfo(a.base(t))
	if known == nil || !known.IsArray {
		return undetermined
	}
	return known.Element
}

// typeInfo is what is known of a type. Of the rows of a relation that is read, and of
// the array of a type that occurs, it knows that much without the catalog.
func (a *analyzer) typeInfo(t OID) *catalog.Type {
	known := a.source.Type(t)
	if r := a.rows[t]; r != nil && (known == nil || len(known.Columns) == 0) {
		return &catalog.Type{
			OID: t, Schema: r.Schema, Name: r.Name, Kind: 'c', Category: categoryComposite, Relation: r.OID, Columns: r.Columns,
		}
	}
	if known != nil {
		return known
	}
	if element, ok := a.arrays[t]; ok {
		return &catalog.Type{OID: t, Kind: 'b', Category: categoryArray, Element: element, IsArray: true}
	}
	return nil
}

// arrayOf returns the array type of an element type; undetermined where it has none.
func (a *analyzer) arrayOf(t OID) OID {
	known := a.typeInfo(t)
	if known == nil || known.Array == undetermined {
		return undetermined
	}
	a.arrays[known.Array] = t
	return known.Array
}

// isComposite reports whether a type is a row type, or a domain over one.
func (a *analyzer) isComposite(t OID) bool {
	known := a.typeInfo(a.base(t))
	return known != nil && known.Kind == 'c'
}

func (a *analyzer) isRow(t OID) bool { return t == typeRecord || a.isComposite(t) }

// category returns a type's category and whether it is the preferred one of it.
func (a *analyzer) category(t OID) (category byte, preferred bool) {
	if t == typeUnknown {
		return categoryUnknown, false
	}
	if known := a.typeInfo(t); known != nil {
		return known.Category, known.Preferred
	}
	return categoryInvalid, false
}

// typeOf finds the type that a TypeName node names; modifiers reports whether it has
// any, such as the 10 of varchar(10).
func (a *analyzer) typeOf(n pgtree.Node) (t OID, modifiers bool) {
	name := lastTwo(n.Names("names"))
	known, ok := a.source.NamedType(name)
	if !ok {
		a.opaque("the type "+written(name), n)
		return undetermined, false
	}
	t = known.OID
	if len(n.List("arrayBounds")) > 0 {
		if t = a.arrayOf(t); t == undetermined {
			a.opaque("the type "+written(name), n)
		}
	}
	// interval and the bit types have modifiers that the grammar makes up.
	modifiers = len(n.List("typmods")) > 0
	if modifiers {
		a.byType(ByType, known, a.place(n), known.Modifier) // it reads them
	}
	return t, modifiers
}

// lastTwo reads a name of one or more parts; a catalog before the schema must be
// the database's own and is left out.
func lastTwo(parts []string) catalog.Name {
	switch n := len(parts); n {
	case 0:
		return catalog.Name{}
	case 1:
		return catalog.Name{Name: parts[0]}
	default:
		return catalog.Name{Schema: parts[n-2], Name: parts[n-1]}
	}
}

// written is a name as a message shows it.
func written(n catalog.Name) string {
	if n.Schema == "" {
		return n.Name
	}
	return n.Schema + "." + n.Name
}
