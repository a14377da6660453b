package hint

import (
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// This file finds slips in the structure of a text: commas, parentheses, quotes,
// words that are missing.

// stringParts finds a comment between the parts of one string ('a' -- c, newline, 'b'),
// which PostgreSQL takes and the parser of this package does not.
func stringParts(s *source) (Finding, bool) {
	t, before := s.token(s.stop), s.token(s.stop-1)
	if t.Kind != pgtree.TokenString && (t.Kind != pgtree.TokenBad || t.text[0] != '\'') || t.text[0] != '\'' || before.Kind != pgtree.TokenString {
		return Finding{}, false
	}
	between := s.sql[before.End:t.Start]
	at := strings.Index(between, "--")
	if at < 0 || !strings.Contains(between, "\n") {
		return Finding{}, false
	}
	start := before.End + at
	end := start + strings.IndexAny(s.sql[start:], "\r\n")
	return Finding{start, end, "a comment stands between the parts of a string", "move the comment, or join the parts by ||"}, true
}

// quoteInString finds 'it's', where the quote inside ends the string too early.
func quoteInString(s *source) (Finding, bool) {
	for i := range min(s.stop+1, len(s.tokens)) {
		t := s.tokens[i]
		if t.Kind != pgtree.TokenString || t.End >= len(s.sql) || s.sql[t.End-1] != '\'' || !s.joined(i, i+1) {
			continue
		}
		if next := s.tokens[i+1]; next.Kind != pgtree.TokenWord && next.Kind != pgtree.TokenNumber && next.Kind != pgtree.TokenBad || next.text[0] == '\'' {
			continue
		}
		at := t.End - 1
		if strings.HasSuffix(t.text, `\'`) {
			return Finding{at - 1, t.End, "a backslash quotes nothing in a string of PostgreSQL", `double the quote: 'it''s', or write E'it\'s'`}, true
		}
		return Finding{at, t.End, "this quote ends the string", "double a quote that belongs to the string ('it''s'), or close the string before"}, true
	}
	return Finding{}, false
}

// unterminated finds where a string, a quoted name or a comment begins that does not
// end.
func unterminated(s *source) (Finding, bool) {
	if len(s.tokens) == 0 {
		return Finding{}, false
	}
	last := s.tokens[len(s.tokens)-1]
	if last.Kind != pgtree.TokenBad || s.stop < len(s.tokens)-1 {
		return Finding{}, false
	}
	what, hint, size := "string", "close it with '", 1
	switch text := lower(last.text); {
	case strings.HasPrefix(text, `u&"`):
		what, hint, size = "name", `close it with "`, 3
	case strings.HasPrefix(text, `"`):
		what, hint = "name", `close it with "`
	case strings.HasPrefix(text, "/*"):
		what, hint, size = "comment", "close it with */", 2
	case strings.HasPrefix(text, "$"):
		tag, _, _ := strings.Cut(last.text[1:], "$")
		what, hint, size = "string", "close it with $"+quoted(tag)+"$", len(tag)+2
	case strings.HasPrefix(text, "'"):
	case len(text) > 1 && text[1] == '\'':
		size = 2
	case strings.HasPrefix(text, "u&'"):
		size = 3
	default:
		return Finding{}, false // a number or an operator that is none
	}
	if first, ok := s.oddQuote(); ok && what == "string" && size == 1 {
		return first, true
	}
	return Finding{last.Start, min(last.Start+size, len(s.sql)), "the " + what + " that begins here does not end", hint}, true
}

// oddQuote finds the string before the last one that cannot be what was meant:
// where one quote is missing or too many, every string behind it is inside out, and
// a word stands directly before its first quote or behind its last.
func (s *source) oddQuote() (Finding, bool) {
	for i, t := range s.tokens {
		if t.Kind != pgtree.TokenString || s.sql[t.Start] != '\'' {
			continue
		}
		if inner := t.text[1 : len(t.text)-1]; strings.ContainsAny(inner, "\n") && strings.HasPrefix(strings.TrimLeft(inner, " "), ",") || s.joined(i-1, i) && s.tokens[i-1].word != "" {
			at := t.Start
			return Finding{at, at + 1, "the string that ends or begins here has a quote too many or too few", "close every string with ', and double a quote that belongs to one"}, true
		}
	}
	return Finding{}, false
}

// foreignComment finds # and // where they begin a comment elsewhere, and asks the
// parser whether the text is SQL without it.
func foreignComment(s *source) (Finding, bool) {
	lineStart := strings.LastIndexByte(s.sql[:s.at], '\n') + 1
	const back = 24 // tokens
	for i := min(s.stop, len(s.tokens)-1); i >= max(0, s.stop-back) && s.tokens[i].Start >= lineStart; i-- {
		if !s.is(i, "#") && !s.is(i, "//") {
			continue
		}
		end := len(s.sql)
		if n := strings.IndexByte(s.sql[s.tokens[i].Start:], '\n'); n >= 0 {
			end = s.tokens[i].Start + n
		}
		if s.repaired(s.tokens[i].Start, end, "") {
			return s.between(i, i, s.tokens[i].text+" begins no comment in PostgreSQL", "comments begin with -- or stand between /* and */")
		}
	}
	return Finding{}, false
}

func (s *source) isOperand(i int) bool {
	t := s.token(i)
	return t.Kind == pgtree.TokenQuoted || t.Kind == pgtree.TokenString || t.Kind == pgtree.TokenNumber || t.text == ")" || t.text == "]" || t.word != "" && pgtree.Keyword(t.text) == ""
}

// commentToTheEnd finds -- before the rest of a query that was put on one line.
func commentToTheEnd(s *source) (Finding, bool) {
	if !s.atEnd() {
		return Finding{}, false
	}
	start := 0
	if len(s.tokens) > 0 {
		start = s.tokens[len(s.tokens)-1].End
	}
	at := strings.Index(s.sql[start:], "--")
	if at < 0 || strings.ContainsAny(s.sql[start+at:], "\n\r") {
		return Finding{}, false
	}
	lex := pgtree.NewLexer(s.sql[start+at+2:], 0)
	for t := lex.Next(); t.Kind != pgtree.TokenEOF; t = lex.Next() {
		switch lower(s.sql[start+at+2+t.Start : start+at+2+t.End]) {
		case "from", "where", "select", "join", "and", "group", "order", "limit", ")":
			return Finding{start + at, start + at + 2, "everything behind -- is a comment, up to the end of the line", "put a newline behind the comment, or write it between /* and */"}, true
		}
	}
	return Finding{}, false
}

// clauses begin a new part of a query, before which no comma may stand.
var clauses = map[string]bool{
	"from": true, "where": true, "group": true, "order": true, "having": true, "limit": true, "offset": true, "union": true, "except": true,
	"intersect": true, "window": true, "join": true, "left": true, "right": true, "inner": true, "full": true, "cross": true, "on": true, "fetch": true, "for": true,
}

// comma finds a comma with nothing behind it, or with nothing before it.
func comma(s *source) (Finding, bool) {
	t := s.token(s.stop)
	if s.is(s.stop-1, ",") {
		switch {
		case t.text == ",":
			return s.between(s.stop, s.stop, "two commas stand behind each other", "remove one, or write what is missing between them")
		case clauses[t.word]:
			return s.between(s.stop-1, s.stop-1, "nothing stands behind this comma", "remove it, or write what is missing before "+strings.ToUpper(t.word))
		case t.text == ")" || t.text == "]":
			return s.between(s.stop-1, s.stop-1, "nothing stands behind this comma", "remove it, or write what is missing before "+t.text)
		case s.atEnd():
			return s.between(s.stop-1, s.stop-1, "nothing stands behind this comma", "remove it, or write what is missing")
		case t.word == "select":
			return s.between(s.stop-1, s.stop-1, "nothing stands behind this comma", "remove it, or write the next step: name as (...)")
		}
	}
	if t.text == "," && (clauses[s.token(s.stop-1).word] || s.token(s.stop-1).text == "(" || s.is(s.stop-1, "select") || s.is(s.stop-1, "by")) {
		return s.between(s.stop, s.stop, "nothing stands before this comma", "remove it, or write what is missing")
	}
	// `, from` where FROM ends up as the name of a column.
	for i := s.stop - 1; i > 0 && i > s.stop-4; i-- {
		if clauses[s.token(i).word] && s.is(i-1, ",") && s.token(i-1).End > 0 && s.repaired(s.token(i-1).Start, s.token(i-1).End, " ") {
			return s.between(i-1, i-1, "nothing stands behind this comma", "remove it, or write what is missing before "+strings.ToUpper(s.token(i).word))
		}
	}
	return Finding{}, false
}

// parenthesis finds one that is not closed, or closes nothing.
func parenthesis(s *source) (Finding, bool) {
	if s.is(s.stop, ")") && s.opening(s.stop) < 0 {
		return s.between(s.stop, s.stop, "this parenthesis closes nothing", "remove it, or open one before")
	}
	open := s.opening(s.stop)
	if open < 0 {
		return Finding{}, false
	}
	unclosed := func() (Finding, bool) {
		return s.between(open, open, "this parenthesis is not closed", "write ) where it ends")
	}
	if s.atEnd() {
		return unclosed()
	}
	if s.is(s.stop, ")") {
		return Finding{}, false
	}
	for i := s.stop - 1; i > open && i >= s.stop-2; i-- {
		if i == s.stop-1 || s.token(i+1).word == "select" {
			if at := s.token(i).End; s.repaired(at, at, ")") {
				return unclosed()
			}
		}
	}
	return Finding{}, false
}

// missingWords are words that belong behind another.
var missingWords = []struct{ before, word, hint string }{
	{"group", " by", "write: group by"}, {"order", " by", "write: order by"}, {"partition", " by", "write: partition by"},
}

// missingWord finds where a single word is missing, and asks the parser whether it
// is that.
func missingWord(s *source) (Finding, bool) {
	before := s.token(s.stop - 1)
	for _, m := range missingWords {
		if before.word == m.before && !s.is(s.stop, "by") && s.repaired(before.End, before.End, m.word) {
			return s.between(s.stop-1, s.stop-1, strings.ToUpper(m.before)+" needs BY here", m.hint)
		}
	}
	if s.openCase() >= 0 && s.repaired(before.End, before.End, " end") {
		i := s.openCase()
		return s.between(i, i, "this CASE has no END", "write END where it ends")
	}
	return Finding{}, false
}

// openCase returns the index of the CASE that is open before the place, or -1.
func (s *source) openCase() int {
	depth := 0
	for i := s.stop - 1; i >= 0; i-- {
		switch s.token(i).word {
		case "end":
			depth++
		case "case":
			if depth--; depth < 0 {
				return i
			}
		}
	}
	return -1
}

// missingComma finds where a comma, AND or an operator is missing between two
// operands.
func missingComma(s *source) (Finding, bool) {
	if s.atEnd() || !s.begins(s.stop) {
		return Finding{}, false
	}
	t := s.token(s.stop)
	if s.isOperand(s.stop-1) || s.is(s.stop-1, "end") || s.is(s.stop-1, "*") || s.is(s.stop-1, "null") {
		at := s.token(s.stop - 1).End
		comma := s.repair(at, at, ",")
		if comma < repairWhole {
			if and := s.repair(at, at, " and"); and > comma {
				return Finding{t.Start, s.endOfStop(), "", "AND, OR or an operator may be missing before " + quoted(t.text)}, true
			}
		}
		if comma > repairNone {
			return Finding{t.Start, s.endOfStop(), "", "a comma may be missing before " + quoted(t.text)}, true
		}
	}
	// `a b c`: the second may be the one that wants a comma.
	if before := s.token(s.stop - 2); s.isOperand(s.stop-2) && s.repaired(before.End, before.End, ",") {
		i := s.stop - 1
		return s.between(i, i, "", "a comma may be missing before "+quoted(s.token(i).text))
	}
	return Finding{}, false
}

// begins reports whether an operand can begin with the i-th token.
func (s *source) begins(i int) bool {
	t := s.token(i)
	switch t.Kind {
	case pgtree.TokenWord:
		return !clauses[t.word]
	case pgtree.TokenQuoted, pgtree.TokenString, pgtree.TokenNumber:
		return true
	}
	return t.text == "("
}

// endings say what is missing where a text ends with a word or sign.
var endings = map[string]string{
	"from": "the name of a table is missing behind FROM", "join": "the name of a table is missing behind JOIN", "where": "a condition is missing behind WHERE",
	"and": "a condition is missing behind AND", "or": "a condition is missing behind OR", "on": "a condition is missing behind ON", "not": "a condition is missing behind NOT",
	"having": "a condition is missing behind HAVING", "by": "a column is missing behind BY", "limit": "a number is missing behind LIMIT", "offset": "a number is missing behind OFFSET",
	"in": "a list is missing behind IN: (1, 2)", "like": "a pattern is missing behind LIKE", "ilike": "a pattern is missing behind ILIKE", "between": "two values are missing behind BETWEEN: between 1 and 2",
	"as": "a name is missing behind AS", "union": "a query is missing behind UNION", "all": "a query is missing behind ALL", "except": "a query is missing behind EXCEPT",
	"intersect": "a query is missing behind INTERSECT", "is": "NULL, TRUE or FALSE is missing behind IS", "using": "a list of columns is missing behind USING: (id)", "distinct": "a column is missing behind DISTINCT",
	"when": "a condition is missing behind WHEN", "then": "a value and END are missing behind THEN", "else": "a value and END are missing behind ELSE", "over": "a window is missing behind OVER: over (order by ...)",
	"group": "BY and a column are missing behind GROUP", "order": "BY and a column are missing behind ORDER", "cast": "a value and a type are missing: cast(x as integer)",
	"interval": "a length is missing behind INTERVAL: interval '1 day'", "(": "what stands in the parentheses is missing",
}

// truncated says what is missing at the end of the text.
func truncated(s *source) (Finding, bool) {
	if !s.atEnd() {
		return Finding{}, false
	}
	last := s.token(s.stop - 1)
	key := last.text
	if last.word != "" {
		key = last.word
	}
	hint, ok := endings[key]
	switch {
	case ok:
	case s.openCase() >= 0:
		i := s.openCase()
		return s.between(i, i, "this CASE has no END", "write END where it ends")
	case last.Kind == pgtree.TokenOp:
		hint = "a value is missing behind " + quoted(last.text)
	case last.word != "" && s.is(0, "with") && !s.wrote("select"):
		hint = "the query behind WITH is missing: with name as (...) select ..."
	case last.text == ")" && s.is(0, "with"):
		hint = "the query behind WITH is missing: with name as (...) select ..."
	default:
		hint = "the text ends too early: a parenthesis, a quote or an operand is missing"
	}
	return Finding{s.at, s.endOfStop(), "", hint}, true
}

func (s *source) wrote(word string) bool {
	for _, t := range s.tokens {
		if t.word == word {
			return true
		}
	}
	return false
}

// castInExpression explains :: where the grammar takes no cast.
func castInExpression(s *source) (Finding, bool) {
	if !s.is(s.stop, "::") {
		return Finding{}, false
	}
	return Finding{s.at, s.endOfStop(), "", "put the value and its cast in parentheses"}, true
}
