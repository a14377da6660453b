package catalog

import (
	"fmt"
	"slices"
)

// Objects lists what a Snapshot knows beside the base and functions and operators of
// PostgreSQL's own: "function schema.name" and so on, in order.
func (s *Snapshot) Objects() (list []string) {
	for r, o := range s.objects {
		switch {
		case r.oid.BuiltIn() && (o.function != nil || o.operator != nil), o.family != nil:
		case o.relation != nil:
			list = append(list, fmt.Sprintf("relation %s.%s", o.relation.Schema, o.relation.Name))
		case o.typ != nil:
			list = append(list, fmt.Sprintf("type %s.%s", o.typ.Schema, o.typ.Name))
		case o.function != nil:
			list = append(list, fmt.Sprintf("function %s.%s", o.function.Schema, o.function.Name))
		case o.operator != nil:
			list = append(list, fmt.Sprintf("operator %s.%s", o.operator.Schema, o.operator.Name))
		}
	}
	slices.Sort(list)
	return list
}

// QuestionText is the longest form of the question, whose parameter is the names.
func QuestionText() string { return full.text }
