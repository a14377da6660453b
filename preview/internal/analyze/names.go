package analyze

import (
	"strings"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// NamesOf collects the names of a statement that can mean an object of the database,
// written or implied, each once.
func NamesOf(statement pgtree.Node) catalog.Names {
	c := collector{seen: make(map[kindOfName]bool)}
	c.node(statement)
	return c.names
}

type kindOfName struct {
	kind byte
	name catalog.Name
}

type collector struct {
	names catalog.Names
	seen  map[kindOfName]bool
}

func (c *collector) add(kind byte, list *[]catalog.Name, name catalog.Name) {
	if key := (kindOfName{kind, name}); name.Name != "" && !c.seen[key] {
		c.seen[key] = true
		*list = append(*list, name)
	}
}

func (c *collector) function(name catalog.Name) { c.add('f', &c.names.Functions, name) }
func (c *collector) typ(name catalog.Name)      { c.add('t', &c.names.Types, name) }

func (c *collector) operators(names ...string) {
	for _, name := range names {
		c.add('o', &c.names.Operators, catalog.Name{Name: name})
	}
}

func (c *collector) operator(name catalog.Name) { c.add('o', &c.names.Operators, name) }

// attribute is value.name, which can call a function or cast to a type.
func (c *collector) attribute(name string) {
	c.function(catalog.Name{Name: name})
	c.typ(catalog.Name{Name: name})
}

func (c *collector) node(n pgtree.Node) {
	if word := keywordCalls[n.Kind()]; word != "" {
		c.function(catalog.Name{Name: word})
	}
	switch n.Kind() {
	case "RangeVar":
		c.add('r', &c.names.Relations, catalog.Name{Schema: n.Text("schemaname"), Name: n.Text("relname")})
	case "FuncCall":
		c.call(n)
	case "ColumnRef":
		if names := n.Names("fields"); len(names) > 1 && names[len(names)-1] != pgtree.Star {
			c.attribute(names[len(names)-1])
		}
	case "A_Indirection":
		for _, part := range n.List("indirection") {
			if part.Kind() == "String" {
				c.attribute(part.Text("sval"))
			}
		}
	case "A_Expr":
		c.expression(n)
	case "SubLink":
		if op := lastTwo(n.Names("operName")); op.Name != "" {
			c.operator(op)
		} else {
			c.operators("=")
		}
	case "CaseExpr":
		if n.Node("arg").Exists() {
			c.operators("=")
		}
	case "JoinExpr":
		if n.Bool("isNatural") || len(n.List("usingClause")) > 0 {
			c.operators("=")
		}
	case "SortBy":
		if op := lastTwo(n.Names("useOp")); op.Name != "" {
			c.operator(op)
		}
	case "RangeTableSample":
		c.function(lastTwo(n.Names("method")))
	case "JsonFuncExpr":
		c.function(catalog.Name{Name: keywordCalls[n.Text("op")]})
	}
	if names := n.Node("typeName").Names("names"); len(names) > 0 {
		switch names[len(names)-1] {
		case "regtype":
			c.typesInText(n.Node("arg"), ofItself)
		case "regprocedure", "regoperator":
			c.typesInText(n.Node("arg"), ofArguments)
		}
	}
	n.Children(func(field string, child pgtree.Node) {
		if field == "typeName" {
			c.typ(lastTwo(child.Names("names")))
		}
		c.node(child)
	})
}

func (c *collector) call(n pgtree.Node) {
	name := lastTwo(n.Names("funcname"))
	c.function(name)
	args := n.List("args")
	if len(args) == 1 {
		c.typ(name)
	} else if isUnnest(n) {
		c.function(unnest)
	}
	if keywordFunctions[name.Name] {
		c.function(catalog.Name{Name: name.Name})
	}
	if typeInData[name.Name] && len(args) == 2 {
		c.typesInText(args[1], ofItself)
	}
	if names, ok := typeNameReaders[name.Name]; ok {
		for _, arg := range args {
			c.typesInText(arg, names)
		}
	}
}

// typesInText notes the types that a constant names, or those that an array of them does.
func (c *collector) typesInText(n pgtree.Node, names typeNames) {
	for _, element := range n.List("elements") {
		c.typesInText(element, names)
	}
	for _, text := range typesIn(n.Node("sval").Text("sval"), names == ofArguments) {
		if t, ok := typeNameIn(text); ok {
			c.typ(t)
		}
	}
}

func (c *collector) expression(n pgtree.Node) {
	switch n.Text("kind") {
	case "AEXPR_BETWEEN", "AEXPR_BETWEEN_SYM":
		c.operators(">=", "<=")
	case "AEXPR_NOT_BETWEEN", "AEXPR_NOT_BETWEEN_SYM":
		c.operators("<", ">")
	default:
		c.operator(lastTwo(n.Names("name")))
	}
}

// typeNameIn reads a type's name in a constant, as far as it is a plain one.
func typeNameIn(text string) (catalog.Name, bool) {
	if strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return catalog.Name{}, false // folded by the server's rules, not by Go's
	}
	text = strings.ToLower(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "[]")))
	if i := strings.IndexByte(text, '('); i >= 0 {
		text = strings.TrimSpace(text[:i])
	}
	if known, ok := typeSpellings[text]; ok {
		return catalog.Name{Schema: "pg_catalog", Name: known}, true
	}
	parts := strings.Split(text, ".")
	for _, part := range parts {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' }) {
			return catalog.Name{}, false
		}
	}
	return lastTwo(parts), len(parts) <= 2
}

// typeSpellings are the types that the grammar knows by other words than pg_type
// (gram.y, Numeric to ConstInterval).
var typeSpellings = map[string]string{
	"int": "int4", "integer": "int4", "smallint": "int2", "bigint": "int8", "real": "float4", "float": "float8",
	"double precision": "float8", "decimal": "numeric", "dec": "numeric", "boolean": "bool",
	"character": "bpchar", "char": "bpchar", "character varying": "varchar", "bit varying": "varbit",
	"timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz",
	"time without time zone": "time", "time with time zone": "timetz",
}
