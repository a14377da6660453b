// Package guard decides whether a text is one harmless SELECT.
//
// # The steps
//
//	screen    bytes: size, UTF-8, NUL, and a bound on what the parser may be given
//	parse     PostgreSQL's own grammar (libpg_query)
//	walk      every node against the allow-list in grammar.txt
//	rules     functions, settings, relations, attribute notation; every violation is listed
//	expansion copies and quotes that multiply: bounded, since no timeout stops them
//	resolve   with a target's catalog: the functions, operators and types of its own
//
// Check decides by the parse tree; Judge adds what the catalog says of the objects that
// its names mean. The text itself decides in two places: screen bounds what the
// parser is given, and beginning reads the first word, since the grammar makes a SELECT of
// VALUES and TABLE too. Everywhere else the lexer, pgtree's, only finds the range of a
// diagnostic.
//
// # What it keeps out
//
// Whatever is not one SELECT; data-modifying CTEs, INTO, row locks and parameters at any
// depth; syntax it does not know; system functions with an effect in any position, also
// those called by attribute notation and those that run SQL given as text; the catalogs
// that hold secrets; settings that can hold one, and every setting whose name is computed
// (settings.txt lists the harmless ones, so that one of a newer server is refused until
// it has been reviewed).
//
// # What it cannot know
//
// The volatility of a function is its author's declaration: a STABLE function
// that performs a volatile one passes. What contains it is the read-only
// transaction, the clean-up behind it and the powers of the role.
package guard

import (
	"cmp"
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/guard/cost"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/reason"
)

// maxViolations bounds the report on a text that is wrong all over.
const maxViolations = 100

// Check decides, without a database. Exactly one of the results is empty. Nil
// stands for the default policy.
func Check(sql string, p *Policy) (*Statement, []Violation) {
	p = p.orDefault()
	depth, err := pgtree.MaxDepth()
	if err != nil {
		return nil, []Violation{violationAt(sql, pgtree.Extent{Start: 0, End: 0}, refusal{
			reason: reason.SQLTooComplex, rule: "thread-stack",
			message: err.Error(),
		})}
	}
	if v := screen(sql, p.maxBytes, depth); v != nil {
		return nil, v
	}
	tree, err := pgtree.ParseIndented(sql)
	if err != nil {
		return nil, []Violation{syntaxViolation(sql, err)}
	}
	c := &checker{sql: sql, policy: p}
	st := c.check(tree)
	if len(c.violations) > 0 {
		return nil, c.sorted()
	}
	return st, nil
}

// maxBodyQueries is how many queries the body of a function may have.
const maxBodyQueries = 8

// CheckBody decides whether the body of a function in SQL is nothing but harmless
// SELECTs, in which $1 and the following stand for the function's arguments, and returns
// them in order: the last one's rows are the function's result. It returns nil where it
// is not.
func CheckBody(sql string) []*Statement {
	depth, err := pgtree.MaxDepth()
	if err != nil || screen(sql, DefaultMaxBytes, depth) != nil {
		return nil
	}
	var list []*Statement
	for rest := sql; len(list) < maxBodyQueries; {
		tree, err := pgtree.ParseIndented(rest)
		if err != nil {
			return nil
		}
		outline, err := pgtree.Walk(tree, rest)
		if err != nil {
			return nil
		}
		one := rest
		if outline.Statements > 1 {
			one = rest[outline.First.Start:outline.First.End]
			if tree, err = pgtree.ParseIndented(one); err != nil {
				return nil
			}
		}
		c := &checker{sql: one, policy: defaultPolicy, body: true}
		st := c.check(tree)
		if len(c.violations) > 0 {
			return nil
		}
		list = append(list, st)
		if outline.Statements < 2 {
			return list
		}
		rest = rest[outline.Second.Start:]
	}
	return nil
}

type checker struct {
	// body: the text is a function's body, which may have parameters.
	body       bool
	sql        string
	policy     *Policy
	tree       string
	facts      *facts
	columns    *columnReader // of a statement that reads relations with secret columns
	violations []Violation
}

func (c *checker) full() bool { return len(c.violations) >= maxViolations }

func (c *checker) refuse(at pgtree.Extent, r refusal) {
	if c.full() {
		return
	}
	at.End = max(at.Start, at.End)
	c.violations = append(c.violations, violationAt(c.sql, at, r))
}

// sorted returns the violations in the order of the text, each once.
func (c *checker) sorted() []Violation {
	slices.SortStableFunc(c.violations, func(a, b Violation) int { return cmp.Compare(a.Offset, b.Offset) })
	return slices.CompactFunc(c.violations, func(a, b Violation) bool {
		return a.Offset == b.Offset && a.Rule == b.Rule && a.Message == b.Message
	})
}

// check judges the tree of the text. What it returns is accepted if it finds no
// violation.
func (c *checker) check(tree string) *Statement {
	c.tree = tree
	found, model := newGatherer(), cost.NewModel()
	outline, err := pgtree.Walk(tree, c.sql, found, model)
	first := outline.First
	if err != nil {
		c.refuse(pgtree.Extent{Start: first.Start, End: first.End}, refusal{
			reason: reason.SyntaxNotAllowed, rule: "unknown-syntax",
			message: "the parser's tree has a shape that is not known",
			hint:    unknownHint,
		})
		return nil
	}
	if !c.statements(outline) {
		return nil
	}
	st := &Statement{Source: c.sql, Start: first.Start, End: first.End}
	st.tree = pgtree.KeepSubtree(tree, outline.Node)
	c.facts = &found.facts
	c.breaks()
	st.Tables = c.tables()
	st.Functions = c.functions()
	if !st.tree.Whole() {
		st.detach()
	}
	c.attributes()
	if x := model.Excess(); x != nil {
		c.tooCostly(x)
	}
	return st
}

func (c *checker) tooCostly(x *cost.Excess) {
	start, end := 0, 0
	if x.Offset >= 0 {
		start, end = x.Offset, c.token(x.Offset).End
	}
	c.refuse(pgtree.Extent{Start: start, End: end}, refusal{
		reason: reason.SQLTooComplex, rule: x.Rule,
		message: x.Message,
		hint:    x.Hint,
	})
}

// statements judges which statements the text holds. It reports false where the
// first is no SELECT, so that there is no more to say of it.
func (c *checker) statements(o pgtree.Outline) bool {
	if o.Statements == 0 {
		c.refuse(pgtree.Extent{Start: 0, End: 0}, refusal{
			reason: reason.SQLEmpty, rule: "empty",
			message: "the text holds no statement",
			hint:    "write a SELECT",
		})
		return false
	}
	if o.Statements > 1 {
		c.more(o.Second)
	}
	if o.Kind != "SelectStmt" {
		c.notSelect(o.First.Start, o.Kind)
		return false
	}
	c.beginning(o.First.Start)
	return true
}

// more reports a second statement.
func (c *checker) more(second pgtree.Extent) {
	start := c.token(second.Start).Start
	c.refuse(pgtree.Extent{Start: start, End: c.lastEnd(start, max(start, second.End))}, refusal{
		reason: reason.MultipleStatements, rule: "multiple-statements",
		message: "a preview runs one statement; a second begins here",
		hint:    "remove it, or preview each statement on its own",
	})
}

// CheckStack returns an error when this process's threads have too small a stack
// to parse with. A server asks it before it takes a request; Check refuses every
// text then.
func CheckStack() error {
	_, err := pgtree.MaxDepth()
	return err
}

// ShortText is the longest text that counts as short, in bytes; see pgtree.ShortText.
const ShortText = pgtree.ShortText
