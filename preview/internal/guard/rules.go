package guard

import (
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/guard/hint"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/reason"
)

// This file reports the refusals that the tree alone decides, and finds what to
// underline.

// token returns the first token at or behind offset.
func (c *checker) token(offset int) pgtree.Token {
	lex := pgtree.NewLexer(c.sql, min(max(0, offset), len(c.sql)))
	return lex.Next()
}

func (c *checker) word(t pgtree.Token) string { return pgtree.Keyword(c.sql[t.Start:t.End]) }

// nameEnd returns the end of the dotted name at offset.
func (c *checker) nameEnd(offset int) int {
	lex := pgtree.NewLexer(c.sql, offset)
	end := lex.Next().End
	for {
		dot := lex.Next()
		if dot.Kind != pgtree.TokenPunct || c.sql[dot.Start] != '.' {
			return end
		}
		part := lex.Next()
		if part.Kind != pgtree.TokenWord && part.Kind != pgtree.TokenQuoted {
			return end
		}
		end = part.End
	}
}

// operatorEnd returns the end of the operator at offset, which may be written as
// OPERATOR(schema.name).
func (c *checker) operatorEnd(offset int) int {
	t := c.token(offset)
	if c.word(t) != "operator" {
		return t.End
	}
	lex := pgtree.NewLexer(c.sql, t.End)
	for next := lex.Next(); next.Kind != pgtree.TokenEOF; next = lex.Next() {
		if next.Kind == pgtree.TokenPunct && c.sql[next.Start] == ')' {
			return next.End
		}
	}
	return t.End
}

// lastEnd returns the end of the last token between start and end.
func (c *checker) lastEnd(start, end int) int {
	lex := pgtree.NewLexer(c.sql[:end], start)
	last := start
	for t := lex.Next(); t.Kind != pgtree.TokenEOF; t = lex.Next() {
		last = t.End
	}
	return last
}

// beginning refuses a statement that the grammar calls a SELECT although it
// begins with VALUES or TABLE.
func (c *checker) beginning(start int) {
	lex := pgtree.NewLexer(c.sql, start)
	t := lex.Next()
	for t.Kind == pgtree.TokenPunct && c.sql[t.Start] == '(' {
		t = lex.Next()
	}
	switch c.word(t) {
	case "select", "with":
	case "values":
		c.refuse(pgtree.Extent{Start: t.Start, End: t.End}, refusal{
			reason: reason.NotASelect, rule: "not-a-select",
			message: "a preview begins with SELECT or WITH; this is VALUES",
			hint:    "write: select * from (values ...) as v",
		})
	case "table":
		c.refuse(pgtree.Extent{Start: t.Start, End: t.End}, refusal{
			reason: reason.NotASelect, rule: "not-a-select",
			message: "a preview begins with SELECT or WITH; this is TABLE",
			hint:    "write: select * from the_table",
		})
	default:
		c.refuse(pgtree.Extent{Start: t.Start, End: t.End}, refusal{
			reason: reason.NotASelect, rule: "not-a-select",
			message: "a preview begins with SELECT or WITH",
		})
	}
}

func (c *checker) notSelect(start int, kind string) {
	t := c.token(start)
	verb := strings.ToUpper(c.word(t))
	if verb == "" || verb == "WITH" {
		verb = strings.ToUpper(strings.TrimSuffix(kind, "Stmt"))
	}
	advice, ok := statementHints[kind]
	switch {
	case kind == "VariableShowStmt":
		advice = hint.Show(c.sql[t.Start:])
	case !ok:
		advice = "write the SELECT whose rows are to be seen"
	}
	c.refuse(pgtree.Extent{Start: t.Start, End: t.End}, refusal{
		reason: reason.NotASelect, rule: "not-a-select",
		message: "a preview runs SELECT or WITH only; this is " + verb,
		hint:    advice,
	})
}

var statementHints = map[string]string{
	"ExplainStmt":       "preview the query itself, without EXPLAIN",
	"InsertStmt":        "preview the SELECT that gives the rows, without INSERT",
	"UpdateStmt":        "write a SELECT with the same WHERE",
	"DeleteStmt":        "write a SELECT with the same WHERE",
	"MergeStmt":         "preview the query behind USING",
	"CreateTableAsStmt": "preview the query behind AS",
	"ViewStmt":          "preview the query behind AS",
	"PrepareStmt":       "preview the query behind AS, with values in the place of parameters",
	"ExecuteStmt":       "preview the prepared query itself",
	"DeclareCursorStmt": "preview the query behind FOR",
	"FetchStmt":         "preview the cursor's query itself",
	"CopyStmt":          "preview the query or the table itself, without COPY",
	"CallStmt":          "a preview calls no procedures",
	"DoStmt":            "a preview runs no code blocks",
	"VariableSetStmt":   "a preview's settings are fixed",
	"TransactionStmt":   "a preview has a transaction of its own",
	"LockStmt":          "a preview takes no locks",
}

const unknownHint = "write it without this construct; what PostgreSQL newly allows must be listed before it can pass"

// breaks reports what the walk refused. What is refused, and by which rule, is in
// pgtree/grammar.txt.
func (c *checker) breaks() {
	seen := make(map[string]bool)
	for _, b := range c.facts.breaks {
		switch b.rule {
		case "select-into":
			c.once(seen, b.rule, c.selectInto)
		case "row-lock":
			c.once(seen, b.rule, c.rowLocks)
		case "data-modifying-cte":
			c.modifyingCTE(b)
		case "parameter":
			if c.body {
				continue
			}
			t := c.token(b.loc)
			c.refuse(pgtree.Extent{Start: t.Start, End: t.End}, refusal{
				reason: reason.ParameterNotAllowed, rule: b.rule,
				message: "a preview has no arguments for parameters such as " + shorten(c.sql[t.Start:t.End]),
				hint:    "write a constant in its place",
			})
		default:
			t := c.token(b.loc)
			c.refuse(pgtree.Extent{Start: t.Start, End: t.End}, refusal{
				reason: reason.SyntaxNotAllowed, rule: b.rule,
				message: "this syntax is not known to the guard (" + b.detail + ")",
				hint:    unknownHint,
			})
		}
	}
}

func (c *checker) once(seen map[string]bool, rule string, report func()) {
	if !seen[rule] {
		seen[rule] = true
		report()
	}
}

// selectInto reports a SELECT INTO that the walk has refused and underlines every INTO
// but those of INSERT and MERGE. The tree has no location for it.
func (c *checker) selectInto() {
	found := c.eachWord(func(before, word string, t pgtree.Token, _ pgtree.Lexer) bool {
		if word != "into" || before == "insert" || before == "merge" || before == "as" {
			return false
		}
		c.refuse(pgtree.Extent{Start: t.Start, End: t.End}, refusal{
			reason: reason.SelectInto, rule: "select-into",
			message: "SELECT ... INTO creates a table",
			hint:    "leave out INTO and its table",
		})
		return true
	})
	if !found {
		c.refuse(pgtree.Extent{Start: 0, End: 0}, refusal{
			reason: reason.SelectInto, rule: "select-into",
			message: "SELECT ... INTO creates a table",
			hint:    "leave out INTO and its table",
		})
	}
}

// rowLocks reports a row lock that the walk has refused (pgtree/grammar.txt,
// lockingClause) and underlines every FOR UPDATE and FOR SHARE, for which the tree has
// no location.
func (c *checker) rowLocks() {
	message, hint := "row locks are not allowed in a preview", "leave out the FOR clause"
	found := c.eachWord(func(before, word string, t pgtree.Token, lex pgtree.Lexer) bool {
		if word != "for" || before == "as" {
			return false
		}
		end := 0
		for range 3 {
			next := lex.Next()
			switch c.word(next) {
			case "no", "key":
				continue
			case "update", "share":
				end = next.End
			}
			break
		}
		if end > 0 {
			c.refuse(pgtree.Extent{Start: t.Start, End: end}, refusal{
				reason: reason.RowLock, rule: "row-lock",
				message: message,
				hint:    hint,
			})
		}
		return end > 0
	})
	if !found {
		c.refuse(pgtree.Extent{Start: 0, End: 0}, refusal{
			reason: reason.RowLock, rule: "row-lock",
			message: message,
			hint:    hint,
		})
	}
}

// eachWord calls f for every keyword that no dot precedes, with the keyword
// before it and the lexer behind it.
func (c *checker) eachWord(f func(before, word string, t pgtree.Token, lex pgtree.Lexer) bool) (found bool) {
	lex := pgtree.NewLexer(c.sql, 0)
	before, dot := "", false
	for {
		t := lex.Next()
		if t.Kind == pgtree.TokenEOF {
			return found
		}
		word := ""
		if t.Kind == pgtree.TokenWord && !dot {
			word = c.word(t)
		}
		if word != "" && f(before, word, t, lex) {
			found = true
		}
		before, dot = word, t.Kind == pgtree.TokenPunct && c.sql[t.Start] == '.'
	}
}

// modifyingCTE underlines the verb behind the parenthesis of a CTE.
func (c *checker) modifyingCTE(b ruleBreak) {
	verb := strings.ToLower(strings.TrimSuffix(b.detail, "Stmt"))
	t := c.token(b.loc)
	lex := pgtree.NewLexer(c.sql, max(0, b.loc))
	for before := lex.Next(); ; {
		next := lex.Next()
		if next.Kind == pgtree.TokenEOF {
			break
		}
		if next.Kind == pgtree.TokenWord && c.word(next) == verb && before.Kind == pgtree.TokenPunct {
			t = next
			break
		}
		before = next
	}
	c.refuse(pgtree.Extent{Start: t.Start, End: t.End}, refusal{
		reason: reason.DataModifyingCTE, rule: "data-modifying-cte",
		message: strings.ToUpper(verb) + " in a WITH query changes data",
		hint:    "write a SELECT in its place",
	})
}

// spells reports whether a token is the given name, as PostgreSQL folds and cuts
// names.
func (c *checker) spells(t pgtree.Token, name string) bool {
	text := c.sql[t.Start:t.End]
	switch t.Kind {
	case pgtree.TokenWord:
		text = strings.ToLower(text)
	case pgtree.TokenQuoted:
		text = strings.ReplaceAll(text[strings.IndexByte(text, '"')+1:len(text)-1], `""`, `"`)
		if c.sql[t.Start] != '"' {
			return true // U&"...": written with escapes; the first one is meant
		}
	default:
		return false
	}
	return text == name || len(name) > pgtree.MaxNameBytes-4 && strings.HasPrefix(text, name)
}
