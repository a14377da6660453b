package pgtree

import (
	"slices"
	"strings"
	"testing"

	pg_query "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Fields of listed kinds that only parse analysis fills in, or that no SELECT
// can carry. They are not in grammar.txt, so that their presence is refused.
var unlistedFields = map[string]string{
	"BoolExpr": "xpr", "BooleanTest": "xpr", "CaseWhen": "xpr", "NamedArgExpr": "xpr",
	"NullTest":         "xpr argisrow",
	"CaseExpr":         "xpr casetype casecollid",
	"CoalesceExpr":     "xpr coalescetype coalescecollid",
	"GroupingFunc":     "xpr refs agglevelsup",
	"MinMaxExpr":       "xpr minmaxtype minmaxcollid inputcollid",
	"RowExpr":          "xpr row_typeid colnames",
	"SQLValueFunction": "xpr type",
	"SubLink":          "xpr subLinkId",
	"XmlExpr":          "xpr arg_names type",
	"CTECycleClause":   "cycle_mark_type cycle_mark_typmod cycle_mark_collation cycle_mark_neop",
	"CommonTableExpr":  "cterecursive cterefcount ctecolnames ctecoltypes ctecoltypmods ctecolcollations",
	"ColumnDef": "compression inhcount is_not_null is_from_type storage storage_name raw_default cooked_default " +
		"identity identitySequence generated collOid constraints fdwoptions",
	"JoinExpr":      "rtindex",
	"JsonBehavior":  "coerce",
	"JsonReturning": "typid",
	"JsonValueExpr": "formatted_expr",
	"ParamRef":      "",
	"ResTarget":     "indirection",
	"TypeName":      "typeOid setof pct_type",
}

// Every kind and field of grammar.txt must be one of the parser's, of the type
// the parser writes; every field of a listed kind must be classified.
func TestGrammarAgainstParser(t *testing.T) {
	t.Parallel()
	messages := make(map[string]protoreflect.MessageDescriptor)
	oneof := (&pg_query.Node{}).ProtoReflect().Descriptor().Fields()
	for i := range oneof.Len() {
		f := oneof.Get(i)
		messages[f.JSONName()] = f.Message()
	}
	for name, kind := range grammar {
		message := messages[name]
		if message == nil {
			t.Errorf("%s: the parser has no such kind", name)
			continue
		}
		unlisted := strings.Fields(unlistedFields[name])
		for i := range message.Fields().Len() {
			fd := message.Fields().Get(i)
			spec := kind.field(fd.JSONName())
			switch left := slices.Contains(unlisted, fd.JSONName()); {
			case spec == nil && !left:
				t.Errorf("%s.%s: not classified", name, fd.JSONName())
			case spec != nil && left:
				t.Errorf("%s.%s: listed, and said not to be", name, fd.JSONName())
			case spec != nil:
				checkFieldType(t, name, spec, fd)
			}
		}
		for _, f := range kind.fields {
			if message.Fields().ByJSONName(f.name) == nil {
				t.Errorf("%s.%s: the parser has no such field", name, f.name)
			}
		}
	}
	t.Logf("%d of the parser's %d kinds are allowed", len(grammar), oneof.Len())
}

func checkFieldType(t *testing.T, kind string, f *field, fd protoreflect.FieldDescriptor) {
	t.Helper()
	ok := false
	switch f.typ {
	case typeNode:
		ok = !fd.IsList() && fd.Message() != nil && fd.Message().Name() == "Node"
	case typeNodes, typeNames:
		ok = fd.IsList() && fd.Message().Name() == "Node"
	case typeKind:
		ok = !fd.IsList() && fd.Message() != nil && string(fd.Message().Name()) == strings.ReplaceAll(f.kind.name, "_", "") || fd.Message() != nil && string(fd.Message().Name()) == f.kind.name
	case typeText:
		ok = fd.Kind() == protoreflect.StringKind
	case typeInt:
		ok = fd.Kind() == protoreflect.Int32Kind
	case typeBool:
		ok = fd.Kind() == protoreflect.BoolKind
	case typeRefuse:
		ok = true
	case typeValues:
		ok = fd.Kind() == protoreflect.StringKind
		if fd.Enum() != nil {
			ok = true
			for _, v := range f.values {
				if fd.Enum().Values().ByName(protoreflect.Name(v)) == nil {
					t.Errorf("%s.%s: the parser has no value %s", kind, f.name, v)
				}
			}
		}
	}
	if !ok {
		t.Errorf("%s.%s: the parser writes another type", kind, f.name)
	}
}
