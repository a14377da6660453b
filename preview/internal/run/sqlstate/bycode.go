package sqlstate

import (
	"strings"

	"github.com/op-data/sqlpreview/preview/reason"
)

// byState has what happened and what to do for codes that say more than their
// reason. These texts stand in where the server's own holds a value or is in
// another language.
var byState = map[string][2]string{
	"21000": {"a subquery that stands for one value returned more than one row", "aggregate in the subquery, or end it with limit 1"},
	"22001": {"a text is longer than its type allows", "cast to a longer type, or cut the text with left(...)"},
	"22003": {"a number is out of the range of its type; the value is withheld", "cast to a wider type before the calculation, such as bigint or numeric"},
	"22004": {"an argument is NULL where none may be", "use coalesce(...), or filter NULL out"},
	"22007": {"a text is no date or time of the form that was asked for; the text is withheld", "check the format, or filter such values out"},
	"22008": {"a date or time is out of the range of its type; the value is withheld", "filter such values out"},
	"22012": {"division by zero", "divide by nullif(..., 0)"},
	"2201B": {"a regular expression is not valid", "check its brackets, parentheses, quantifiers and backslashes"},
	"2201E": {"a logarithm of zero or of a negative number", "filter such numbers out, or use nullif(..., 0)"},
	"2201F": {"a power or a root that is no real number", "filter such numbers out"},
	"22021": {"a text holds bytes that are no characters in the encoding asked for", "check the encoding"},
	"22023": {"an argument of a function is not one that it takes; the value is withheld", "check the arguments of functions"},
	"2202E": {"an array subscript is not valid", "check the subscripts and the dimensions of the array"},
	"22032": {"a text is not JSON; the text is withheld", "filter such values out first"},
	"22P02": {"a text cannot be read as a value of the type that it is cast to; the text is withheld", "filter such values out first, for instance by a pattern: where x ~ '^[0-9]+$'"},
	"22P05": {"a character has no equivalent in the database's encoding", "leave the character out"},
	"23514": {"a value does not fit the check of a domain; the value is withheld", "cast to the domain's base type"},
}

// jsonPath are the codes of SQL/JSON: a path or a constructor that does not fit.
var jsonPath = [2]string{"a JSON path does not fit the value that it is applied to; the value is withheld",
	"use the path's lax mode, filter with ? (...), or say what holds on error and on empty"}

// textsFor is the message and the hint that are shown for a code and its reason where
// the server's are withheld.
func textsFor(code string, r reason.Reason) (message, hint string) {
	texts, ok := byState[code]
	switch {
	case ok:
		return texts[0], texts[1]
	case strings.HasPrefix(code, "2203"):
		return jsonPath[0], jsonPath[1]
	default:
		return General(r)
	}
}
