// Package hint explains syntax errors: what people paste from other databases,
// templates and documents, and the slips of writing. It changes no verdict. It is
// given a text that PostgreSQL's grammar refused, and where.
//
// Each rule looks at the tokens around the place where the grammar stopped and
// finds the place that the author has to change, which is often before it. The
// tables say the rest: characters.go, firstwords.go, dialects.go, server.go. A rule
// that suggests a correction (a keyword, a comma, a parenthesis) makes it and asks
// the parser first, so that it suggests only what helps.
package hint

import (
	"errors"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// A Finding explains a syntax error.
type Finding struct {
	// Start and End are the byte extent of what has to be changed.
	Start, End int
	// Message says what is wrong; empty where the parser's own message says it.
	Message string
	// Hint says what to write instead; it may be empty.
	Hint string
}

// rules are asked in this order; the first that knows the mistake explains it.
var rules = []func(*source) (Finding, bool){
	fence,
	stringParts,
	character,
	prompt,
	metaCommand,
	quoteInString,
	unterminated,
	backtick,
	placeholder,
	firstWord,
	bracketedName,
	limitComma,
	anyList,
	castFunction,
	dialect,
	foreignComment,
	commentToTheEnd,
	comma,
	typo,
	parenthesis,
	missingWord,
	missingComma,
	truncated,
	castInExpression,
}

// Syntax explains why the grammar stopped at a byte offset of sql. The text must
// have passed pgtree.Screen. Where it knows no more than the parser, the finding is
// the token at the offset, without message and hint.
func Syntax(sql string, offset int) Finding {
	s := newSource(sql, offset)
	for _, rule := range rules {
		if f, ok := rule(s); ok {
			return f
		}
	}
	return Finding{Start: s.at, End: s.endOfStop()}
}

// A token is a token of the text; word is an unquoted word in lower case.
type token struct {
	pgtree.Token
	text, word string
}

// A source is a text that the grammar refused.
type source struct {
	sql string
	at  int // where the grammar stopped
	// tokens are those around that place: of a long text, at least lookBehind before it
	// and lookAhead behind. stop is the index of the first that ends behind it:
	// len(tokens) at the end of the text.
	tokens []token
	stop   int
	// repairs is how many corrections may still be tried.
	repairs int
}

const (
	lookBehind = 4096
	lookAhead  = 64
	maxRepairs = 10
)

func newSource(sql string, offset int) *source {
	s := &source{sql: sql, at: min(max(0, offset), len(sql)), repairs: maxRepairs, stop: -1}
	lex := pgtree.NewLexer(sql, 0)
	for {
		t := lex.Next()
		if t.Kind == pgtree.TokenEOF {
			break
		}
		if s.stop < 0 && len(s.tokens) == 2*lookBehind {
			s.tokens = s.tokens[:copy(s.tokens, s.tokens[lookBehind:])]
		}
		if s.stop < 0 && t.End > s.at {
			s.stop = len(s.tokens)
		}
		if s.stop >= 0 && len(s.tokens) > s.stop+lookAhead {
			break
		}
		s.tokens = append(s.tokens, newToken(sql, t))
	}
	if s.stop < 0 {
		s.stop = len(s.tokens)
	}
	return s
}

func newToken(sql string, t pgtree.Token) token {
	out := token{Token: t, text: sql[t.Start:t.End]}
	if t.Kind == pgtree.TokenWord {
		out.word = lower(out.text)
	}
	return out
}

// token returns the i-th token; one that is nothing outside of the text.
func (s *source) token(i int) token {
	if i < 0 || i >= len(s.tokens) {
		return token{Token: pgtree.Token{Start: len(s.sql), End: len(s.sql)}}
	}
	return s.tokens[i]
}

// is reports whether the i-th token is a word, in lower case, or a sign.
func (s *source) is(i int, text string) bool {
	t := s.token(i)
	if t.Kind == pgtree.TokenWord {
		return t.word == text
	}
	return t.text == text && text != "" && (t.Kind == pgtree.TokenOp || t.Kind == pgtree.TokenPunct || t.Kind == pgtree.TokenOther)
}

// joined reports whether nothing stands between two tokens.
func (s *source) joined(i, j int) bool {
	return i >= 0 && j < len(s.tokens) && s.tokens[i].End == s.tokens[j].Start
}

// atEnd reports whether the grammar missed something at the end of the text.
func (s *source) atEnd() bool { return s.stop >= len(s.tokens) || s.is(s.stop, ";") }

func (s *source) endOfStop() int {
	t := s.token(s.stop)
	if t.Kind == pgtree.TokenBad {
		return min(s.at+1, len(s.sql))
	}
	return max(s.at, t.End)
}

// between makes a finding of the tokens from i up to and with j.
func (s *source) between(i, j int, message, hint string) (Finding, bool) {
	return Finding{Start: s.token(i).Start, End: s.token(j).End, Message: message, Hint: hint}, true
}

// A repair is how much a correction helps.
type repair uint8

const (
	repairNone    repair = iota
	repairFurther        // the text goes wrong only further on
	repairWhole          // the text is SQL
)

// repaired reports whether the text with something in the place of [start, end) is
// SQL, or at least goes wrong only further on.
func (s *source) repaired(start, end int, with string) bool {
	return s.repair(start, end, with) > repairNone
}

func (s *source) repair(start, end int, with string) repair {
	if s.repairs == 0 || len(s.sql) > pgtree.ShortText {
		return repairNone
	}
	s.repairs--
	sql := s.sql[:start] + with + s.sql[end:]
	depth, err := pgtree.MaxDepth()
	if err != nil || pgtree.Screen(sql, depth) != nil {
		return repairNone
	}
	_, err = pgtree.ParseIndented(sql)
	if err == nil {
		return repairWhole
	}
	const further = 3 // tokens
	beyond := s.token(s.stop + further)
	var syntax *pgtree.SyntaxError
	if errors.As(err, &syntax) && beyond.End > beyond.Start && syntax.Offset(sql) >= beyond.Start+len(with)-(end-start) {
		return repairFurther
	}
	return repairNone
}

// lower folds the letters of ASCII, as PostgreSQL does with keywords.
func lower(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= 'A' && r <= 'Z' }) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// quoted shortens a part of the text for a hint.
func quoted(s string) string {
	const longest = 40 // code points
	n := 0
	for i := range s {
		if n++; n > longest {
			return s[:i] + "..."
		}
	}
	return s
}
