package pgtree

// The bounds on what the C parser is given. They protect the process, not the
// database: PostgreSQL itself refuses deeper texts with its own stack limit.
const (
	// shortText is the length in bytes up to which a text is not measured: a
	// link of any chain takes a byte at least, so that it cannot be deep.
	shortText = 1024
	// maxDepth bounds the links on one path through the tree. On PostgreSQL 15
	// and its default max_stack_depth a sum of 4,100 terms is refused.
	maxDepth = 4000
	// stackPerLink is the C stack in bytes that one link may take. The worst
	// shape that was measured (scalar subselects) takes 200; the rest is margin.
	stackPerLink = 512
	// maxWeight bounds the time and the memory of parsing: a word or a comma weighs
	// two, a word behind a word three (a column and its type make two nodes), a cast
	// two, any other token one. The costliest shapes that were measured (columns of
	// JSON_TABLE, casts) take 0.7 microseconds a unit for the whole check.
	maxWeight = 66_000
	// maxRescan bounds the bytes that the parser's lexer reads again.
	maxRescan = 2 << 20
	// maxGlobal bounds the keyword GLOBAL. The parser answers each (GLOBAL
	// TEMPORARY is deprecated) with a warning whose position it counts from the
	// start of the text.
	maxGlobal = 64
)

// A complexity is what one pass over the tokens of a text finds.
type complexity struct {
	depth  int // upper bound on the links of the deepest path
	weight int
	rescan int // bytes the parser's lexer reads again
	global int // keywords GLOBAL
	// at is where the depth passed the bound for certain, or else where the
	// innermost bracket of the deepest nesting stands.
	at int
}

// A level is one open bracket, CASE included, and what its content can add to
// the depth of the tree.
//
// Every node on a path through the tree stands for at least one operator,
// keyword or bracket of its own. Those of two elements of a list are never on
// one path: the list separators (comma, AND and OR, which the grammar makes
// flat, WHEN, THEN and ELSE directly inside CASE) start a new segment, and only
// the deepest segment counts. A chain that runs across them is counted for the
// level as a whole: set operations and joins, and the SELECTs that stand above
// their lists.
type level struct {
	open    byte // '(' '[' or 'c' for CASE
	chain   int
	links   int // in this segment
	inner   int // deepest bracket in this segment
	deepest int // of the closed segments
	between int // BETWEENs whose AND is still to come
	and, or int // 1 where there is one: a node above all segments
}

func (l *level) segment() {
	l.deepest = max(l.deepest, l.links+l.inner)
	l.links, l.inner = 0, 0
}

func (l *level) depth() int {
	l.segment()
	d := l.chain + l.deepest + l.and + l.or + 1
	if l.open == 'c' {
		d++
	}
	return d
}

// measure reads the text once, in time linear in its length. It stops where a
// bound is passed for certain.
func measure(sql string, depth int) complexity {
	m := meter{lex: NewLexer(sql, 0), levels: make([]level, 1, 32)}
	var before Token
	passed := -1
	for m.weight <= maxWeight && len(m.levels) <= depth+1 {
		t := m.lex.Next()
		if t.Kind == TokenEOF {
			break
		}
		m.count(t, before)
		before = t
		if l := m.top(); passed < 0 && l.chain+l.links+len(m.levels)-1 > depth {
			passed = t.Start
		}
	}
	if passed >= 0 {
		m.at = passed
	}
	for len(m.levels) > 1 {
		m.close()
	}
	m.depth = max(m.depth, m.levels[0].depth())
	m.rescan = m.lex.cost
	return m.complexity
}

type meter struct {
	complexity
	lex    Lexer
	levels []level
	widest int
}

func (m *meter) top() *level { return &m.levels[len(m.levels)-1] }

func (m *meter) count(t, before Token) {
	m.weight++
	switch t.Kind {
	case TokenOp, TokenParam, TokenOther, TokenBad:
		m.top().links++
		if m.lex.src[t.Start] == ':' {
			m.weight++ // a cast, as is a literal behind the name of its type
		}
	case TokenString:
		if before.Kind == TokenWord {
			m.weight++
		}
	case TokenPunct:
		m.punct(t)
	case TokenWord:
		m.weight++
		if before.Kind == TokenWord {
			m.weight++
		}
		// Behind a dot every word is a plain name.
		if dot := before.Kind == TokenPunct && m.lex.src[before.Start] == '.'; !dot {
			m.word(t)
		}
	}
}

func (m *meter) punct(t Token) {
	switch c := m.lex.src[t.Start]; c {
	case '(', '[':
		m.open(c, t.Start)
	case ')', ']':
		m.closeUntil(c)
	case ',':
		m.weight++
		m.top().segment()
		m.top().between = 0
	case ';':
		if len(m.levels) == 1 {
			m.depth = max(m.depth, m.levels[0].depth())
			m.levels[0] = level{}
		}
	case ':':
		m.top().links++
	}
}

func (m *meter) open(kind byte, at int) {
	m.levels = append(m.levels, level{open: kind})
	if len(m.levels) > m.widest {
		m.widest, m.at = len(m.levels), at
	}
}

func (m *meter) close() {
	d := m.top().depth()
	m.levels = m.levels[:len(m.levels)-1]
	m.top().inner = max(m.top().inner, d)
}

// closeUntil closes the bracket and the CASEs left open in it: those were no
// keywords but labels, or the parser will say so.
func (m *meter) closeUntil(c byte) {
	for len(m.levels) > 1 {
		open := m.top().open
		m.close()
		if open == '(' && c == ')' || open == '[' && c == ']' {
			return
		}
	}
}

func (m *meter) word(t Token) {
	l := m.top()
	switch Keyword(m.lex.src[t.Start:t.End]) {
	case "":
	case "case":
		m.open('c', t.Start)
	case "end":
		if l.open == 'c' {
			m.close()
			return
		}
		l.links++
	case "when", "then", "else":
		if l.open == 'c' {
			l.segment()
			l.between = 0
		}
		l.links++
	case "select", "union", "intersect", "except", "join":
		l.chain++
	case "between":
		l.between++
		l.chain++
	case "or":
		l.segment()
		l.or = 1
	case "and":
		// The AND of a BETWEEN separates nothing: `a between b and not c
		// between d and not ...` is a chain.
		if l.between > 0 {
			l.between--
			l.links++
		} else {
			l.segment()
			l.and = 1
		}
	case "global":
		m.global++
		l.links++
	default:
		l.links++
	}
}
