package sqlstate

import "strings"

// denials begin the messages of PostgreSQL's aclcheck_error for what a SELECT needs
// a right to; the name follows.
var denials = []string{
	"permission denied for table ", "permission denied for view ", "permission denied for materialized view ",
	"permission denied for foreign table ", "permission denied for sequence ", "permission denied for schema ",
	"permission denied for function ",
}

// denied names the object that the role has no right to, where its name is a word of
// the author's own text; else it is empty. An error from within a function is
// withheld: there a name can come from a value.
func denied(f Failure, sql string) string {
	if f.Code != "42501" || f.WithinFunction {
		return ""
	}
	for _, begin := range denials {
		name, ok := strings.CutPrefix(f.Message, begin)
		if ok && len(name) <= maxShown && standsIn(sql, name) {
			kind := strings.TrimSuffix(strings.TrimPrefix(begin, "permission denied for "), " ")
			return "the " + kind + " " + name
		}
	}
	return ""
}
