package cost

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// This file finds calls that no timeout ends and whose cost the text shows. Measured
// on PostgreSQL 15 with a statement_timeout of 0.7 seconds: normalize over 4 million
// characters took 2.4 seconds, initcap over 90 million 4.4, array_fill with 10 million
// elements 3.7, an XPath expression that searches a document of 20,000 nodes once for
// each of its nodes 31. Regular expressions, replace, translate, reverse, hashes,
// to_tsvector and numeric functions ended at the timeout, or long before it. What
// depends on stored values, or on a count that is computed, is left to the limits of
// the database.
const (
	maxNormalized = 1 << 20  // characters
	maxInitcap    = 16 << 20 // characters
	maxFilled     = 4 << 20  // elements of an array
)

// slow remembers the first call that is refused.
func (m *Model) slow(f *pgtree.Frame, what, hint string) {
	if m.uninterruptible == nil {
		m.uninterruptible = &Excess{"uninterruptible", f.Location, what + "; no time limit ends that", hint}
	}
}

func (m *Model) leaveCall(f *pgtree.Frame, n, _ *node) {
	if len(f.Names) == 0 || len(f.Names) > 1 && f.Names[len(f.Names)-2] != "pg_catalog" {
		return
	}
	switch name := lastOf(f.Names); name {
	case "repeat":
		n.repeated = repeated(constants(f.ArgsJSON), n.repeated)
	case "normalize", "is_normalized":
		if n.repeated > maxNormalized {
			m.slow(f, fmt.Sprintf("the text to normalize has %.0f characters", n.repeated), "repeat fewer characters")
		}
	case "initcap":
		if n.repeated > maxInitcap {
			m.slow(f, fmt.Sprintf("the text for initcap has %.0f characters", n.repeated), "repeat fewer characters")
		}
	case "array_fill":
		if args := constants(f.ArgsJSON); len(args) > 1 && args[1].number > maxFilled {
			m.slow(f, fmt.Sprintf("array_fill makes an array of %.0f elements", args[1].number), "make a smaller array")
		}
	case "xpath", "xpath_exists", "xmlexists":
		if args := constants(f.ArgsJSON); len(args) > 0 {
			m.path(f, args[0].text)
		}
	}
}

// leaveString looks at the paths of XMLTABLE.
func (m *Model) leaveString(f *pgtree.Frame, _, _ *node) {
	if f.Parent != nil && f.Parent.Parent != nil && strings.HasPrefix(f.Parent.Parent.KindName, "RangeTableFunc") {
		m.path(f.Parent.Parent, f.Name)
	}
}

func (m *Model) path(f *pgtree.Frame, xpath string) {
	if searchesInPredicate(xpath) {
		m.slow(f, "the XPath expression searches the document again for each node that it looks at",
			"search once, and filter the nodes in SQL: from xmltable(...)")
	}
}

// wideAxes lead from a node to many others.
var wideAxes = []string{"descendant::", "descendant-or-self::", "following::", "following-sibling::", "preceding::", "preceding-sibling::"}

// searchesInPredicate reports whether an XPath expression searches the whole document in
// a predicate, or many nodes in a predicate of a predicate: its time is a power of the
// size of the document.
func searchesInPredicate(xpath string) bool {
	depth := 0
	quote := byte(0)
	last := byte(0) // the last character that is no blank
	for i := 0; i < len(xpath); i++ {
		c := xpath[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
			continue
		case c == '\'' || c == '"':
			quote = c
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth > 0 && strings.HasPrefix(xpath[i:], "//") && (depth > 1 || strings.IndexByte("[(=<>!|+-,*", last) >= 0 || isOperatorWord(xpath[:i])):
			return true
		case depth > 1 && isWideAxis(xpath[i:]):
			return true
		}
		if c > ' ' {
			last = c
		}
	}
	return false
}

// isOperatorWord reports whether a text ends with one of XPath's operators that are words.
func isOperatorWord(before string) bool {
	before = strings.TrimRight(before, " \t\r\n")
	for _, word := range []string{" and", " or", " div", " mod"} {
		if strings.HasSuffix(before, word) {
			return true
		}
	}
	return false
}

func isWideAxis(path string) bool {
	for _, axis := range wideAxes {
		if strings.HasPrefix(path, axis) {
			return true
		}
	}
	return false
}

// A constant is an argument that is written out: a text, or a number, for an array of
// numbers their product.
type constant struct {
	text   string
	isText bool
	number float64 // 0 where it is none
}

// constants reads the arguments of a call.
func constants(args string) (list []constant) {
	node, err := pgtree.ReadNode(`{"List":{"items":` + args + `}}`)
	if err != nil {
		return nil
	}
	for _, item := range node.List("items") {
		list = append(list, constantOf(item))
	}
	return list
}

func constantOf(n pgtree.Node) (c constant) {
	switch n.Kind() {
	case "TypeCast":
		return constantOf(n.Node("arg"))
	case "A_Const":
		switch {
		case n.Has("sval"):
			c.text, c.isText = n.Node("sval").Text("sval"), true
		case n.Has("ival"):
			c.number = float64(n.Node("ival").Int("ival"))
		case n.Has("fval"):
			if v, err := strconv.ParseFloat(n.Node("fval").Text("fval"), 64); err == nil {
				c.number = v
			}
		}
	case "A_ArrayExpr":
		c.number = 1
		for _, element := range n.List("elements") {
			c.number = math.Min(c.number*math.Max(constantOf(element).number, 1), tooLarge)
		}
	}
	return c
}

// repeated returns how many characters a call of repeat makes, 0 where the text does
// not show it. inner is what calls in its arguments make.
func repeated(args []constant, inner float64) float64 {
	if len(args) != 2 || args[1].number <= 0 {
		return inner
	}
	length := math.Max(inner, 1)
	if args[0].isText {
		length = float64(utf8.RuneCountInString(args[0].text))
	}
	return math.Min(length*args[1].number, tooLarge)
}
