package origin

import (
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// settingsNamed reports whether a statement reads pg_settings only for settings that
// it names and that are known to hold no secret:
//
//	select * from pg_settings where name = 'work_mem'
//	select s.name, s.setting from pg_settings s, t where s.name in ('work_mem', 'TimeZone')
//	select name, setting from pg_settings where name like 'autovacuum%'
//
// Every time the view stands in a FROM, the WHERE of the same SELECT must have
// such a condition, alone or joined by AND to others. The condition must
// certainly be about that view's name: where another column of the name could be
// meant, it does not count.
func settingsNamed(tree pgtree.Node) bool {
	s := &settingsUses{}
	s.look(tree)
	return s.named == s.total
}

// settingsUses counts the places where pg_settings stands, and those among them
// whose rows are named.
type settingsUses struct{ total, named int }

func (s *settingsUses) look(n pgtree.Node) {
	if n.Text("relname") == settings {
		s.total++
	}
	from := n.List("fromClause")
	for _, item := range from {
		s.from(item, n.Node("whereClause"), len(from) == 1)
	}
	n.Children(func(_ string, child pgtree.Node) { s.look(child) })
}

// joined, where from asks whether an item is alone in its FROM, says that it is not.
const joined = false

// from looks at an item of a FROM, and into joins as far as their names are
// visible in the WHERE.
func (s *settingsUses) from(item, where pgtree.Node, alone bool) {
	if item.Kind() == "JoinExpr" {
		if !item.Node("alias").Exists() {
			s.from(item.Node("larg"), where, joined)
			s.from(item.Node("rarg"), where, joined)
		}
		return
	}
	alias := item.Node("alias")
	if item.Kind() != "RangeVar" || item.Text("relname") != settings || alias.Has("colnames") {
		return
	}
	name := settings
	if alias.Exists() {
		name = alias.Text("aliasname")
	}
	if namesSettings(where, name, alone) {
		s.named++
	}
}

// namesSettings reports whether a condition keeps only rows of harmless settings of
// the view that is called alias.
func namesSettings(condition pgtree.Node, alias string, alone bool) bool {
	if condition.Kind() == "BoolExpr" && condition.Text("boolop") == "AND_EXPR" {
		return slices.ContainsFunc(condition.List("args"), func(arg pgtree.Node) bool { return namesSettings(arg, alias, alone) })
	}
	if condition.Kind() != "A_Expr" || !isSettingName(condition.Node("lexpr"), alias, alone) {
		return false
	}
	operator := ""
	if names := condition.Names("name"); len(names) == 1 {
		operator = names[0]
	}
	right := condition.Node("rexpr")
	switch condition.Text("kind") + " " + operator {
	case "AEXPR_OP =":
		return allHarmless([]pgtree.Node{right})
	case "AEXPR_IN =":
		return allHarmless(right.List("items"))
	case "AEXPR_OP_ANY =":
		return right.Kind() == "A_ArrayExpr" && allHarmless(right.List("elements"))
	case "AEXPR_LIKE ~~", "AEXPR_OP ~~":
		pattern, ok := constant(right)
		return ok && guard.SettingsMayBeRead(beforeWildcard(pattern))
	}
	return false
}

// allHarmless reports whether a list holds constants only, each the name of a setting
// that may be read.
func allHarmless(items []pgtree.Node) bool {
	for _, item := range items {
		if name, ok := constant(item); !ok || !guard.SettingMayBeRead(name) {
			return false
		}
	}
	return len(items) > 0
}

// constant returns a text that is written out, perhaps as 'name'::text, which is how
// a view's definition has it.
func constant(n pgtree.Node) (string, bool) {
	if n.Kind() == "TypeCast" {
		typ := n.Node("typeName")
		names := typ.Names("names")
		known := slices.Equal(names, []string{"text"}) || slices.Equal(names, []string{"pg_catalog", "text"})
		if !known || typ.Has("arrayBounds") {
			return "", false
		}
		n = n.Node("arg")
	}
	if n.Kind() != "A_Const" || !n.Has("sval") {
		return "", false
	}
	return n.Node("sval").Text("sval"), true
}

// isSettingName reports whether an expression is the view's column name: without a
// qualifier only where FROM has nothing else.
func isSettingName(n pgtree.Node, alias string, alone bool) bool {
	if n.Kind() != "ColumnRef" {
		return false
	}
	names := n.Names("fields")
	return alone && slices.Equal(names, []string{"name"}) || slices.Equal(names, []string{alias, "name"})
}

// beforeWildcard returns what everything that a pattern of LIKE matches begins with.
func beforeWildcard(pattern string) string {
	var prefix strings.Builder
	for i := 0; i < len(pattern) && pattern[i] != '%' && pattern[i] != '_'; i++ {
		if pattern[i] == '\\' {
			if i++; i == len(pattern) {
				break
			}
		}
		prefix.WriteByte(pattern[i])
	}
	return prefix.String()
}
