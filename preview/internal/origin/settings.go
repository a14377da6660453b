package origin

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/guard"
)

// settingsNamed tells whether a statement reads pg_settings only for settings that
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
func settingsNamed(tree string) bool {
	var root any
	if json.Unmarshal([]byte(tree), &root) != nil {
		return false
	}
	s := &settingsUses{}
	s.look(root)
	return s.named == s.total
}

// settingsUses counts the places where pg_settings stands, and those among them
// whose rows are named.
type settingsUses struct{ total, named int }

func (s *settingsUses) look(v any) {
	switch v := v.(type) {
	case []any:
		for _, child := range v {
			s.look(child)
		}
	case map[string]any:
		if text(v, "relname") == settings {
			s.total++
		}
		if from, ok := v["fromClause"].([]any); ok {
			for _, item := range from {
				s.from(item, v["whereClause"], len(from) == 1)
			}
		}
		for _, child := range v {
			s.look(child)
		}
	}
}

// from looks at an item of a FROM, and into joins as far as their names are
// visible in the WHERE.
func (s *settingsUses) from(item, where any, alone bool) {
	if join := at(item, "JoinExpr"); join != nil {
		if join["alias"] == nil {
			s.from(join["larg"], where, false)
			s.from(join["rarg"], where, false)
		}
		return
	}
	table := at(item, "RangeVar")
	alias := at(table, "alias")
	if text(table, "relname") != settings || alias["colnames"] != nil {
		return
	}
	name := settings
	if alias != nil {
		name = text(alias, "aliasname")
	}
	if namesSettings(where, name, alone) {
		s.named++
	}
}

// namesSettings tells whether a condition keeps only rows of harmless settings of
// the view that is called alias.
func namesSettings(condition any, alias string, alone bool) bool {
	if and := at(condition, "BoolExpr"); text(and, "boolop") == "AND_EXPR" {
		args, _ := and["args"].([]any)
		return slices.ContainsFunc(args, func(arg any) bool { return namesSettings(arg, alias, alone) })
	}
	expr := at(condition, "A_Expr")
	if !isSettingName(expr["lexpr"], alias, alone) {
		return false
	}
	operator := ""
	if list, _ := expr["name"].([]any); len(list) == 1 {
		operator = text(at(list[0], "String"), "sval")
	}
	right := expr["rexpr"]
	switch text(expr, "kind") + " " + operator {
	case "AEXPR_OP =":
		return allHarmless([]any{right})
	case "AEXPR_IN =":
		return allHarmless(at(right, "List")["items"])
	case "AEXPR_OP_ANY =":
		return allHarmless(at(right, "A_ArrayExpr")["elements"])
	case "AEXPR_LIKE ~~", "AEXPR_OP ~~":
		pattern, ok := constant(right)
		return ok && guard.SettingsMayBeRead(beforeWildcard(pattern))
	}
	return false
}

// allHarmless tells whether a list holds constants only, each the name of a setting
// that may be read.
func allHarmless(list any) bool {
	items, _ := list.([]any)
	for _, item := range items {
		if name, ok := constant(item); !ok || !guard.SettingMayBeRead(name) {
			return false
		}
	}
	return len(items) > 0
}

// constant returns a text that is written out, perhaps as 'name'::text, which is how
// a view's definition has it.
func constant(v any) (string, bool) {
	if cast := at(v, "TypeCast"); cast != nil {
		typ := at(cast, "typeName")
		names := stringsOf(typ["names"])
		known := slices.Equal(names, []string{"text"}) || slices.Equal(names, []string{"pg_catalog", "text"})
		if !known || typ["arrayBounds"] != nil {
			return "", false
		}
		v = cast["arg"]
	}
	sval := at(v, "A_Const", "sval")
	return text(sval, "sval"), sval != nil
}

// isSettingName tells whether an expression is the view's column name: without a
// qualifier only where FROM has nothing else.
func isSettingName(v any, alias string, alone bool) bool {
	fields, _ := at(v, "ColumnRef")["fields"].([]any)
	names := make([]string, 0, len(fields))
	for _, field := range fields {
		names = append(names, text(at(field, "String"), "sval"))
	}
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
