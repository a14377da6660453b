package pgtree

// This file cuts a text into PostgreSQL's tokens, as the lexer of grammar 17
// does with standard_conforming_strings on. Two things use it: the pass that
// bounds what the parser is given (complexity.go), and diagnostics, which need
// the extent of a token. No verdict depends on it; the parser's tree decides.
//
// A token that it took for part of a string would not be counted, so a
// differential test compares it with the parser's own scanner.

// A TokenKind is what a token is.
type TokenKind uint8

// The kinds of tokens.
const (
	TokenEOF    TokenKind = iota // the end of the text
	TokenWord                    // unquoted identifier or keyword
	TokenQuoted                  // "identifier" or U&"identifier"
	TokenString                  // any string or bit-string constant
	TokenNumber
	TokenParam // $1
	TokenOp    // operator of one character or more, `::`, `:=`, `=>`, `..`
	TokenPunct // one of , ( ) [ ] . ; :
	TokenOther // a character that begins no token; the grammar knows none of them
	TokenBad   // what no lexer accepts; the rest of the text is not read
)

// A Token is a part of a text; Start and End are byte offsets, End exclusive.
type Token struct {
	Kind       TokenKind
	Start, End int
}

// A Lexer reads the tokens of a text. Copying one keeps its place, which is how
// to look ahead.
type Lexer struct {
	src string
	pos int
	// cost adds up the bytes that the parser's generated lexer reads more than
	// once. It takes the longest run of operator characters before it finds that
	// a comment begins inside it, or that a trailing sign is a token of its own,
	// puts the rest back, and so is quadratic in such a run.
	cost   int
	runEnd int // where the run of operator characters around pos ends, if it is known
}

// NewLexer returns a lexer that begins at a byte offset of src. An offset outside
// of the text is moved to its nearer end; the text begins behind a byte order mark.
func NewLexer(src string, offset int) Lexer {
	return Lexer{src: src, pos: min(max(markLength(src), offset), len(src))}
}

const (
	classSpace = 1 << iota
	classIdentStart
	classIdent
	classDigit
	classOp
	classOpKeepsSign // an operator holding one of these may end in + or -
	classPunct
	classDollarTag
)

var classes = func() (t [256]uint8) {
	for _, c := range " \t\n\r\f\v" {
		t[c] |= classSpace
	}
	for c := range 256 {
		b := byte(c)
		letter := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_' || b >= 0x80
		digit := b >= '0' && b <= '9'
		if letter {
			t[b] |= classIdentStart | classIdent | classDollarTag
		}
		if digit {
			t[b] |= classDigit | classIdent | classDollarTag
		}
	}
	t['$'] |= classIdent
	for _, c := range "~!@#^&|`?+-*/%<>=" {
		t[c] |= classOp
	}
	for _, c := range "~!@#^&|`?%" {
		t[c] |= classOpKeepsSign
	}
	for _, c := range ",()[].;:" {
		t[c] |= classPunct
	}
	return t
}()

func is(b byte, class uint8) bool { return classes[b]&class != 0 }

// at returns the byte i places ahead, or 0 behind the end of the text, which
// the screen keeps free of NUL bytes.
func (l *Lexer) at(i int) byte {
	if l.pos+i < len(l.src) {
		return l.src[l.pos+i]
	}
	return 0
}

func (l *Lexer) run(class uint8) {
	for l.pos < len(l.src) && is(l.src[l.pos], class) {
		l.pos++
	}
}

// opRun returns the length of the run of operator characters at the cursor.
func (l *Lexer) opRun() int {
	if l.runEnd <= l.pos {
		l.runEnd = l.pos
		for l.runEnd < len(l.src) && is(l.src[l.runEnd], classOp) {
			l.runEnd++
		}
	}
	return l.runEnd - l.pos
}

// space skips white space and comments. It reports false before a comment that
// does not end.
func (l *Lexer) space() bool {
	for l.pos < len(l.src) {
		switch {
		case is(l.src[l.pos], classSpace):
			l.pos++
		case l.at(0) == '-' && l.at(1) == '-':
			l.lineComment()
		case l.at(0) == '/' && l.at(1) == '*':
			if begin := l.pos; !l.blockComment() {
				l.pos = begin
				return false
			}
		default:
			return true
		}
	}
	return true
}

func (l *Lexer) lineComment() {
	for l.pos < len(l.src) && l.src[l.pos] != '\n' && l.src[l.pos] != '\r' {
		l.pos++
	}
}

// blockComment skips a comment and those nested in it.
func (l *Lexer) blockComment() bool {
	depth := 0
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == '/' && l.at(1) == '*':
			if l.cost += l.opRun(); l.cost > maxRescan {
				return false
			}
			depth++
			l.pos += 2
		case c == '*' && l.at(1) == '/':
			depth--
			l.pos += 2
			if depth == 0 {
				return true
			}
		default:
			l.pos++
		}
	}
	return false
}

// Next returns the next token. After TokenBad it returns TokenEOF, which is empty
// and stands at the end of the text.
func (l *Lexer) Next() Token {
	if !l.space() {
		return l.bad(l.pos)
	}
	start := l.pos
	if start >= len(l.src) {
		return Token{TokenEOF, start, start}
	}
	c := l.src[start]
	switch {
	case is(c, classIdentStart):
		return l.word(start)
	case is(c, classDigit), c == '.' && is(l.at(1), classDigit):
		return l.number(start)
	case c == '\'':
		l.pos++
		return l.quoted(start, modePlain)
	case c == '"':
		l.pos++
		return l.identifier(start)
	case c == '$':
		return l.dollar(start)
	case is(c, classPunct):
		return l.punct(start)
	case is(c, classOp):
		return l.operator(start)
	}
	l.pos++
	return Token{TokenOther, start, l.pos}
}

func (l *Lexer) bad(start int) Token {
	l.pos = len(l.src)
	return Token{TokenBad, start, l.pos}
}

// word reads an identifier, or the string that its first letter introduces:
// e”, b”, x”, n”, u&” and u&"".
func (l *Lexer) word(start int) Token {
	switch c := l.src[start] | 0x20; {
	case l.at(1) == '\'' && c == 'e':
		l.pos += 2
		return l.quoted(start, modeEscape)
	case l.at(1) == '\'' && (c == 'b' || c == 'x'):
		l.pos += 2
		return l.quoted(start, modeBits)
	case l.at(1) == '\'' && c == 'n':
		// A keyword of its own (national character), then a plain string.
		l.pos++
		return Token{TokenWord, start, l.pos}
	case c == 'u' && l.at(1) == '&' && l.at(2) == '\'':
		l.pos += 3
		return l.quoted(start, modePlain)
	case c == 'u' && l.at(1) == '&' && l.at(2) == '"':
		l.pos += 3
		return l.identifier(start)
	}
	l.run(classIdent)
	return Token{TokenWord, start, l.pos}
}

func (l *Lexer) punct(start int) Token {
	l.pos++
	switch {
	case l.src[start] == ':' && (l.at(0) == ':' || l.at(0) == '='),
		l.src[start] == '.' && l.at(0) == '.':
		l.pos++
		return Token{TokenOp, start, l.pos}
	}
	return Token{TokenPunct, start, l.pos}
}

// operator takes the longest run of operator characters, less a comment that
// begins in it, less trailing signs unless a character of the run allows them.
func (l *Lexer) operator(start int) Token {
	n := l.opRun()
	if l.cost += n; l.cost > maxRescan {
		return l.bad(start)
	}
	op := l.src[start : start+n]
	for i := 1; i+1 < len(op); i++ {
		if op[i] == '/' && op[i+1] == '*' || op[i] == '-' && op[i+1] == '-' {
			op = op[:i]
			break
		}
	}
	if last := op[len(op)-1]; last == '+' || last == '-' {
		op = trimSigns(op)
	}
	l.pos = start + len(op)
	if len(op) > MaxNameBytes {
		return l.bad(start)
	}
	return Token{TokenOp, start, l.pos}
}

// MaxNameBytes is the longest name that PostgreSQL keeps (NAMEDATALEN - 1). A
// longer operator is an error; a longer identifier is cut.
const MaxNameBytes = 63

func trimSigns(op string) string {
	for i := range len(op) - 1 {
		if is(op[i], classOpKeepsSign) {
			return op
		}
	}
	for len(op) > 1 && (op[len(op)-1] == '+' || op[len(op)-1] == '-') {
		op = op[:len(op)-1]
	}
	return op
}
