package pgtree

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	pg_query "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/op-data/sqlpreview/preview/internal/pgtree/pgtreetest"
)

// The tree that is judged is JSON; the parser's protobuf output is another
// writing of the same. Both must say the same, whatever stands in the strings:
// a difference would be a place to hide in.

// protoTree turns the protobuf tree into what its JSON decodes to.
func protoTree(m protoreflect.Message) map[string]any {
	out := make(map[string]any)
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if fd.IsList() {
			var list []any
			for i := range v.List().Len() {
				list = append(list, protoValue(fd, v.List().Get(i)))
			}
			out[fd.JSONName()] = list
		} else {
			out[fd.JSONName()] = protoValue(fd, v)
		}
		return true
	})
	return out
}

func protoValue(fd protoreflect.FieldDescriptor, v protoreflect.Value) any {
	switch fd.Kind() {
	case protoreflect.MessageKind:
		return protoTree(v.Message())
	case protoreflect.EnumKind:
		return string(fd.Enum().Values().ByNumber(v.Enum()).Name())
	case protoreflect.StringKind:
		return v.String()
	case protoreflect.BoolKind:
		return v.Bool()
	default:
		return v.String()
	}
}

// normal drops what the two writers treat differently: zero values.
func normal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any)
		for key, value := range v {
			if n := normal(value); n != nil {
				out[key] = n
			}
		}
		return out
	case []any:
		if len(v) == 0 {
			return nil
		}
		out := make([]any, len(v))
		for i := range v {
			out[i] = normal(v[i])
		}
		return out
	case json.Number:
		return normal(v.String())
	case float64:
		return normal(fmt.Sprint(int64(v)))
	case string:
		if v == "0" || v == "" {
			return nil
		}
		return v
	case bool:
		if !v {
			return nil
		}
		return v
	}
	return v
}

func compareTrees(t testing.TB, sql string) {
	t.Helper()
	want, err := pg_query.Parse(sql)
	tree, errJSON := Parse(sql)
	if (err == nil) != (errJSON == nil) {
		t.Fatalf("%q: protobuf says %v, JSON %v", sql, err, errJSON)
	}
	if err != nil {
		return
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(tree), &got); err != nil {
		t.Fatalf("%q: the JSON cannot be read: %v\n%s", sql, err, tree)
	}
	a, b := normal(protoTree(want.ProtoReflect())), normal(got)
	if !reflect.DeepEqual(a, b) {
		t.Fatalf("%q: the trees differ (-protobuf +JSON):\n%s", sql, cmp.Diff(a, b))
	}
}

// hostileStrings are contents of strings and quoted names that would break a
// careless writer or reader of JSON.
func hostileStrings() []string {
	list := []string{
		`"`, `\`, `\\`, `\"`, `\u0041`, `"}`, `"},"x":{`, `{}`, `}]}`, `</script>`, "<>", "é", "日本", "\u2028", "\u200b", "\ufeff",
		`","relname":"pg_authid`, `"}}],"intoClause":{"rel":{`, "'", "''", "\U0001F600", "\x7f", `\/`, `%s%n`, "$1",
	}
	for c := byte(1); c < ' '; c++ {
		list = append(list, string(c), "a"+string(c)+"b", `\`+string(c))
	}
	return list
}

func TestJSONSaysWhatProtobufSays(t *testing.T) {
	t.Parallel()
	for _, s := range hostileStrings() {
		literal := "'" + strings.ReplaceAll(s, "'", "''") + "'"
		name := `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		for _, sql := range []string{
			"select " + literal,
			"select E" + strings.ReplaceAll(literal, `\`, `\\`),
			"select $q$" + s + "$q$",
			"select " + name + " from t as " + name + "(" + name + ")",
			"select " + name + "." + name + "(" + name + " => 1) from " + name + "." + name,
			"with " + name + " as (select x as " + name + ") select (x)." + name + ", x::" + name + ", x collate " + name + " from " + name,
			"select U&" + strings.ReplaceAll(literal, `\`, `\\`) + ", " + literal + "::" + name + "[]",
			"select xmlelement(name " + name + ", " + literal + "), json_object(" + literal + ": " + name + ")",
		} {
			compareTrees(t, sql)
		}
	}
	for _, shape := range pgtreetest.Shapes {
		compareTrees(t, shape(3))
	}
}

func FuzzTree(f *testing.F) {
	for _, s := range hostileStrings() {
		f.Add(`select '` + strings.ReplaceAll(s, "'", "''") + `', x."y" from z`)
	}
	for _, shape := range pgtreetest.Shapes {
		f.Add(shape(2))
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) < 4096 && utf8.ValidString(sql) && !strings.Contains(sql, "\x00") && Screen(sql, maxDepth) == nil {
			compareTrees(t, sql)
		}
	})
}

// nameVisitor collects the names of relations and columns.
type nameVisitor struct{ names []string }

func (v *nameVisitor) Enter(*Frame)              {}
func (v *nameVisitor) Field(*Frame, string, int) {}
func (v *nameVisitor) Refuse(Refusal)            {}
func (v *nameVisitor) Leave(f *Frame) {
	switch f.Kind {
	case KindRangeVar:
		v.names = append(v.names, f.Name, f.Alias)
	case KindColumnRef:
		v.names = append(v.names, f.Names...)
	}
}

// What the walk takes from a string is what the string says.
func TestNamesAreReadAsWritten(t *testing.T) {
	t.Parallel()
	for _, s := range hostileStrings() {
		if len(s) > MaxNameBytes {
			continue
		}
		name := `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		sql := "select " + name + ".* from " + name + " as " + name
		tree, err := ParseIndented(sql)
		if err != nil {
			t.Errorf("%q: %v", sql, err)
			continue
		}
		v := &nameVisitor{}
		if _, err := Walk(tree, sql, v); err != nil || !slices.Equal(v.names, []string{s, Star, s, s}) {
			t.Errorf("%q: read as %q (%v)", s, v.names, err)
		}
	}
}
