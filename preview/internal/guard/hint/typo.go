package hint

import (
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/internal/spelling"
)

// statements begin a text; words are those that a query is made of.
var (
	statements = []string{"select", "with"}
	words      = []string{
		"select", "from", "where", "group", "order", "by", "having", "limit", "offset", "join", "inner", "left", "right", "full", "outer", "cross",
		"lateral", "natural", "union", "except", "intersect", "distinct", "and", "or", "not", "between", "like", "ilike", "in", "is", "null", "case",
		"when", "then", "else", "end", "as", "on", "using", "with", "recursive", "over", "partition", "interval", "exists", "values", "asc", "desc",
		"window", "filter", "rows", "range", "preceding", "following", "unbounded", "current", "row", "fetch", "first", "next", "only", "all", "any",
		"cast", "extract", "true", "false", "collate", "materialized", "ordinality", "tablesample", "nulls", "last", "within", "grouping", "sets", "rollup", "cube",
	}
)

// typo finds a word at the place, or up to five before it, that is nearly a keyword
// with which the text would be SQL.
func typo(s *source) (Finding, bool) {
	for i := s.stop; i >= max(0, s.stop-5); i-- {
		if pgtree.Keyword(s.token(i).text) != "" {
			continue // it is a keyword itself
		}
		if word, ok := s.correction(i, words); ok {
			return s.misspelled(i, word)
		}
	}
	return s.splitWord()
}

func (s *source) misspelled(i int, word string) (Finding, bool) {
	return s.between(i, i, quoted(s.token(i).text)+" cannot stand here", "did you mean "+strings.ToUpper(word)+"?")
}

// correction returns the keyword of a list that the i-th word nearly is.
func (s *source) correction(i int, list []string) (string, bool) {
	t := s.token(i)
	if t.word == "" || len(t.word) < 2 || len(t.word) > 14 {
		return "", false
	}
	for limit := 1; limit <= 2; limit++ {
		for _, w := range list {
			if w == t.word || limit == 2 && len(w) < 5 || spelling.Distance(t.word, w) != limit {
				continue
			}
			if s.repaired(t.Start, t.End, w) {
				return w, true
			}
		}
	}
	return "", false
}

// splitWord finds two keywords that were written as one: selectname, groupby.
func (s *source) splitWord() (Finding, bool) {
	for i := s.stop; i >= max(0, s.stop-2); i-- {
		t := s.token(i)
		for _, w := range []string{"groupby", "orderby", "partitionby", "leftjoin", "innerjoin", "rightjoin", "crossjoin", "fulljoin", "unionall", "isnull", "notin", "notlike", "isnot"} {
			if t.word != w {
				continue
			}
			for _, first := range []string{"group", "order", "partition", "left", "inner", "right", "cross", "full", "union", "is", "not"} {
				if rest, ok := strings.CutPrefix(w, first); ok && pgtree.Keyword(rest) != "" {
					return s.misspelled(i, first+" "+rest)
				}
			}
		}
		for _, w := range []string{"select", "from", "where", "by", "limit"} {
			if rest, ok := strings.CutPrefix(t.word, w); ok && rest != "" && s.repaired(t.Start+len(w), t.Start+len(w), " ") {
				return s.between(i, i, "", "a blank may be missing behind "+strings.ToUpper(w))
			}
		}
	}
	return Finding{}, false
}
