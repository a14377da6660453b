package hint

import (
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// This file knows what tools put into a query to be replaced before it is sent.

const (
	constantHint = "a preview has no parameters: write a constant in its place"
	templateHint = "expand the template first, and preview the query that comes out"
)

// A bracketed placeholder begins and ends with signs. The longest come first.
var bracketed = []struct{ open, end, message, hint string }{
	{"{{", "}}", "this is a template's expression, not SQL", templateHint},
	{"{%", "%}", "this is a template's statement, not SQL", templateHint},
	{"{#", "#}", "this is a template's comment, not SQL", "leave it out"},
	{"<%", "%>", "this is a template's expression, not SQL", templateHint},
	{"${", "}", "this is the variable of a template, not SQL", constantHint},
	{"#{", "}", "this is the variable of a template, not SQL", constantHint},
	{"@{", "}", "this is the variable of a template, not SQL", constantHint},
	{"$(", ")", "this is the variable of a script, not SQL", constantHint},
	{"[[", "]]", "this is an optional part of a template, not SQL", "leave it out, or write what stands in the brackets with constants"},
	{"{", "}", "this is the variable of a template, not SQL", constantHint},
}

// placeholder finds the placeholder at which the grammar stopped, or behind which
// it missed something.
func placeholder(s *source) (Finding, bool) {
	for _, i := range []int{s.stop, s.stop - 1} {
		t := s.token(i)
		if t.End == t.Start || t.Kind == pgtree.TokenString || t.Kind == pgtree.TokenQuoted {
			continue
		}
		if f, ok := s.bracketedAt(i); ok {
			return f, true
		}
		if f, ok := s.marked(i); ok {
			return f, true
		}
	}
	if f, ok := s.percent(); ok {
		return f, true
	}
	return s.closedBefore()
}

// closedBefore looks for <%...%> that ends before the place: its signs are operators.
func (s *source) closedBefore() (Finding, bool) {
	for i := s.stop; i >= max(0, s.stop-1); i-- {
		if t := s.token(i); t.Kind == pgtree.TokenOp && strings.HasSuffix(t.text, "%>") {
			if start := strings.LastIndex(s.sql[:t.Start], "<%"); start >= 0 {
				return Finding{start, t.End, "this is a template's expression, not SQL", templateHint}, true
			}
		}
	}
	return Finding{}, false
}

// bracketedAt looks for {{...}} and the like at the i-th token or in it.
func (s *source) bracketedAt(i int) (Finding, bool) {
	for j := max(0, i-1); j <= i; j++ {
		t := s.token(j)
		for _, b := range bracketed {
			at := strings.Index(t.text, b.open[:1])
			if at < 0 || !strings.HasPrefix(s.sql[t.Start+at:], b.open) || t.Kind == pgtree.TokenString {
				continue
			}
			start := t.Start + at
			n := strings.Index(s.sql[start+len(b.open):], b.end)
			if n < 0 || start+len(b.open)+n < s.token(i).Start-1 && j < i {
				continue
			}
			if b.open == "[[" && s.arrayBefore(j) || b.open == "{" && j == 0 {
				continue // an array; JSON
			}
			return Finding{Start: start, End: start + len(b.open) + n + len(b.end), Message: b.message, Hint: b.hint}, true
		}
	}
	return Finding{}, false
}

// arrayBefore reports whether a bracket can be a subscript's or an array's.
func (s *source) arrayBefore(i int) bool {
	before := s.token(i - 1)
	if s.is(i, "[") && s.is(i+1, "[") {
		return before.word == "array" || before.text == "["
	}
	return i > 0 && (before.word == "array" || before.word != "" && pgtree.Keyword(before.text) == "" || before.Kind == pgtree.TokenQuoted || before.text == ")" || before.text == "]")
}

// marked looks for ?, :name, $name, @name and #name at the i-th token.
func (s *source) marked(i int) (Finding, bool) {
	t := s.token(i)
	switch {
	case t.Kind == pgtree.TokenOp && strings.HasSuffix(t.text, "?") && (s.stop == i+1 || strings.Trim(t.text, "?") == "" && s.stop == i):
		at := t.End - 1
		return Finding{Start: at, End: t.End, Message: "? stands for a value that is missing here", Hint: constantHint}, true
	case t.text == ":" && s.joined(i, i+1) && s.stop == i:
		return s.between(i, i+1, "this is a placeholder: "+quoted(t.text+s.token(i+1).text), constantHint)
	case t.text == "$" && s.stop == i:
		return s.dollar(i)
	case (t.text == "@" || t.text == "@@" || t.text == "#" || t.text == "##") && s.joined(i, i+1) && s.token(i+1).word != "":
		if t.text[0] == '#' {
			return s.between(i, i+1, "this is a temporary table of SQL Server: "+quoted(t.text+s.token(i+1).text), "write the query behind it: with name as (select ...) select ...")
		}
		return s.between(i, i+1, "this is a variable: "+quoted(t.text+s.token(i+1).text), constantHint)
	}
	return Finding{}, false
}

// dollar looks for $name, $__macro and $__macro(...).
func (s *source) dollar(i int) (Finding, bool) {
	if !s.joined(i, i+1) || s.token(i+1).word == "" {
		return Finding{}, false
	}
	name := s.token(i + 1).word
	if !strings.HasPrefix(name, "__") {
		return s.between(i, i+1, "this is a placeholder: "+quoted("$"+s.token(i+1).text), constantHint)
	}
	last := i + 1
	if s.is(i+2, "(") {
		if end := s.closing(i + 2); end > 0 {
			last = end
		}
	}
	hint := constantHint
	if strings.Contains(name, "time") || strings.Contains(name, "epoch") || strings.Contains(name, "from") || strings.HasPrefix(name, "__to") {
		hint = "write the range of time that Grafana would put in: created_at between '2026-01-01' and '2026-02-01'"
	}
	return s.between(i, last, "this is a macro of Grafana: $"+quoted(s.token(i+1).text), hint)
}

// percent looks for %s, %d and %(name)s around the place.
func (s *source) percent() (Finding, bool) {
	for i := s.stop - 4; i <= s.stop; i++ {
		t := s.token(i)
		if i < 0 || t.Kind != pgtree.TokenOp || !strings.HasSuffix(t.text, "%") {
			continue
		}
		last := i + 1
		if s.is(last, "(") && s.token(i+2).word != "" && s.is(i+3, ")") && s.joined(i+3, i+4) {
			last = i + 4
		}
		if !s.joined(i, last) && last == i+1 || len(s.token(last).word) != 1 || last < s.stop-1 {
			continue
		}
		return Finding{
			Start: t.End - 1, End: s.token(last).End,
			Message: "this is a placeholder: " + quoted(s.sql[t.End-1:s.token(last).End]), Hint: constantHint,
		}, true
	}
	return Finding{}, false
}

// closing returns the index of the parenthesis that closes the i-th token, or 0.
func (s *source) closing(i int) int {
	depth := 0
	for j := i; j < len(s.tokens); j++ {
		switch {
		case s.is(j, "(") || s.is(j, "["):
			depth++
		case s.is(j, ")") || s.is(j, "]"):
			if depth--; depth == 0 {
				return j
			}
		}
	}
	return 0
}

// opening returns the index of the innermost parenthesis that is open before the
// i-th token, or -1.
func (s *source) opening(i int) int {
	depth := 0
	for j := i - 1; j >= 0; j-- {
		switch {
		case s.is(j, ")"):
			depth++
		case s.is(j, "("):
			if depth--; depth < 0 {
				return j
			}
		}
	}
	return -1
}

// backtick finds a name in MySQL's quotes.
func backtick(s *source) (Finding, bool) {
	for i := range min(s.stop+1, len(s.tokens)) {
		t := s.tokens[i]
		if t.Kind != pgtree.TokenOp && t.Kind != pgtree.TokenOther {
			continue
		}
		at := strings.IndexByte(t.text, '`')
		if at < 0 {
			continue
		}
		start := t.Start + at
		end := start + 1
		name := ""
		if n := strings.IndexAny(s.sql[end:], "`\n"); n >= 0 && s.sql[end+n] == '`' {
			name = s.sql[end : end+n]
			end += n + 1
		}
		hint := `PostgreSQL quotes names with double quotes`
		if name != "" && !strings.Contains(name, `"`) {
			hint += `: "` + quoted(strings.ReplaceAll(name, ".", `"."`)) + `"`
		}
		return Finding{Start: start, End: end, Message: "a backtick quotes nothing in PostgreSQL", Hint: hint}, true
	}
	return Finding{}, false
}

// bracketedName finds [name], as SQL Server writes it, and [1, 2], as BigQuery does.
func bracketedName(s *source) (Finding, bool) {
	i := s.stop
	if !s.is(i, "[") || s.arrayBefore(i) && !s.is(i-1, ".") {
		if i = s.stop - 1; !s.is(i, "[") || s.arrayBefore(i) {
			return Finding{}, false
		}
	}
	end := s.closing(i)
	if end == 0 {
		return Finding{}, false
	}
	inner := s.sql[s.token(i).End:s.token(end).Start]
	if s.token(i+1).word != "" && !strings.ContainsAny(inner, ",()[]'\"") {
		return s.between(i, end, "brackets quote nothing in PostgreSQL", `PostgreSQL quotes names with double quotes: "`+quoted(inner)+`"`)
	}
	return s.between(i, end, "brackets alone make no array in PostgreSQL", "write: array["+quoted(inner)+"]")
}
