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
// The verdict comes from the tree alone. The lexer in this package bounds
// resources and finds the range of a diagnostic; it decides nothing.
//
// # What it keeps out
//
// Whatever is not one SELECT; data-modifying CTEs, INTO, row locks and
// parameters at any depth; syntax it does not know; system functions with an
// effect in any position, also those called by attribute notation and those that
// run SQL given as text; the catalogs that hold secrets; settings that can hold one,
// and every setting whose name is computed (settings.txt lists the harmless ones,
// so that one of a newer server is refused until somebody has looked at it).
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
	"sync"

	"github.com/op-data/sqlpreview/preview/reason"
)

// Indent is the number of bytes before the author's text wherever this module
// parses it: the wrapper's head is as long, so that the tree of the wrapped
// statement carries the same locations and can be compared byte by byte.
const Indent = 16

const indentation = "                "

// maxViolations bounds the report on a text that is wrong all over.
const maxViolations = 100

// A Statement is a text that Check accepted.
type Statement struct {
	// Source is the author's text, unchanged.
	Source string
	// Start and End are the byte extent of the one statement in Source, without
	// the semicolons around it.
	Start, End int
	// Tables are the relations it names, CTEs excluded, in the order of the tree.
	Tables []Relation
	// Functions are the functions it calls, in the order of the tree.
	Functions []Function

	tree  keptTree
	facts *facts
}

// SQL returns the statement as the author wrote it.
func (s *Statement) SQL() string { return s.Source[s.Start:s.End] }

// Check decides, without a database. Exactly one of the results is empty. Nil
// stands for the default policy.
func Check(sql string, p *Policy) (*Statement, []Violation) {
	p = p.orDefault()
	depth, err := depthLimit()
	if err != nil {
		return nil, []Violation{violationAt(sql, 0, 0, reason.SQLTooComplex, "thread-stack", err.Error(), "")}
	}
	if v := screen(sql, p.maxBytes, depth); v != nil {
		return nil, v
	}
	tree, err := Parse(indentation + sql)
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

type checker struct {
	sql        string
	policy     *Policy
	facts      *facts
	violations []Violation
}

func (c *checker) full() bool { return len(c.violations) >= maxViolations }

func (c *checker) refuse(start, end int, r reason.Reason, rule, message, hint string) {
	if c.full() {
		return
	}
	c.violations = append(c.violations, violationAt(c.sql, start, max(start, end), r, rule, message, hint))
}

// sorted returns the violations in the order of the text, each once.
func (c *checker) sorted() []Violation {
	slices.SortStableFunc(c.violations, func(a, b Violation) int { return cmp.Compare(a.Offset, b.Offset) })
	return slices.CompactFunc(c.violations, func(a, b Violation) bool {
		return a.Offset == b.Offset && a.Rule == b.Rule && a.Message == b.Message
	})
}

func (c *checker) check(tree string) *Statement {
	w := walker{cursor: cursor{js: tree}}
	w.scopes = append(w.scopes, scope{parent: -1, upTo: -1})
	w.shape.current = -1
	st := &Statement{Source: c.sql}
	if !c.statements(&w, st) {
		return nil
	}
	if w.broken {
		c.refuse(st.Start, st.End, reason.SyntaxNotAllowed, "unknown-syntax", "the parser's tree has a shape that is not known", unknownHint)
		return nil
	}
	found := w.facts // a copy: the walker holds the whole tree
	if !st.tree.whole() {
		found.detach()
	}
	c.facts, st.facts = &found, &found
	c.breaks()
	st.Tables = c.tables()
	st.Functions = c.functions()
	c.attributes()
	c.expansion(&w.shape)
	return st
}

// statements reads the tree's list of statements and walks the first. It
// reports false when there is nothing more to say.
func (c *checker) statements(w *walker, st *Statement) bool {
	w.literal(`{"version":`)
	w.integer()
	w.literal(`,"stmts":[`)
	if w.skip(']') {
		c.refuse(0, 0, reason.SQLEmpty, "empty", "the text holds no statement", "write a SELECT")
		return false
	}
	w.literal(`{"stmt":`)
	start := w.pos
	kind := w.topNode()
	st.tree = keepTree(w.js, start, w.pos)
	location, length := w.extent()
	st.Start, st.End = max(0, location-Indent), len(c.sql)
	if length > 0 {
		st.End = location + length - Indent
	}
	if w.broken || st.Start > st.End || st.End > len(c.sql) {
		w.broken = true
		return true
	}
	if kind != "SelectStmt" {
		c.notSelect(st, kind)
	} else {
		c.beginning(st)
	}
	c.more(w)
	return kind == "SelectStmt"
}

// topNode walks the statement when it is a SELECT, and skips it otherwise.
func (w *walker) topNode() (kind string) {
	w.expect('{')
	kind = w.key()
	if kind == "SelectStmt" {
		w.object(grammar[kind], nil)
	} else {
		w.skipValue()
	}
	w.expect('}')
	return kind
}

// extent reads where a statement stands: the fields behind its node.
func (w *walker) extent() (location, length int) {
	for w.skip(',') {
		switch w.key() {
		case "stmt_location":
			location = w.integer()
		case "stmt_len":
			length = w.integer()
		default:
			w.fail()
		}
	}
	w.expect('}')
	return location, length
}

// more reports a second statement.
func (c *checker) more(w *walker) {
	if w.skip(']') {
		w.expect('}')
		if w.pos != len(w.js) {
			w.fail()
		}
		return
	}
	w.expect(',')
	w.literal(`{"stmt":`)
	w.skipValue()
	location, length := w.extent()
	w.pos = len(w.js)
	start := location - Indent
	end := len(c.sql)
	if length > 0 {
		end = start + length
	}
	start = c.token(start).start
	c.refuse(start, c.lastEnd(start, max(start, end)), reason.MultipleStatements, "multiple-statements",
		"a preview runs one statement; a second begins here",
		"remove it, or preview each statement on its own")
}

// stackDepth is how deep a tree the stack of this process's threads can carry.
var stackDepth = sync.OnceValues(func() (int, error) { return depthFor(threadStack()) })

func depthLimit() (int, error) { return stackDepth() }
