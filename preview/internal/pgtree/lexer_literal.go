package pgtree

import "strings"

type stringMode uint8

const (
	modePlain  stringMode = iota // '' stands for a quote
	modeEscape                   // so does \', and a backslash hides what follows
	modeBits                     // neither
)

// quoted reads a string constant whose opening quote has been read, with its
// continuations: a string goes on, in the same mode, behind white space that
// holds a newline.
func (l *Lexer) quoted(start int, mode stringMode) Token {
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		l.pos++
		switch {
		case c == '\\' && mode == modeEscape:
			l.pos++
		case c != '\'':
		case mode != modeBits && l.at(0) == '\'':
			l.pos++
		default:
			end := l.pos
			if !l.continued() {
				l.pos = end
				return Token{TokenString, start, end}
			}
		}
	}
	return l.bad(start)
}

// continued skips to behind the opening quote of a string's next part, if
// there is one. PostgreSQL also allows a line comment between the parts;
// libpg_query does not, and refuses such a text.
func (l *Lexer) continued() bool {
	newline := false
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == '\n' || c == '\r':
			newline = true
			l.pos++
		case is(c, classSpace):
			l.pos++
		case c == '\'' && newline:
			l.pos++
			return true
		default:
			return false
		}
	}
	return false
}

// identifier reads a quoted identifier whose opening quote has been read.
func (l *Lexer) identifier(start int) Token {
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		l.pos++
		if c != '"' {
			continue
		}
		if l.at(0) != '"' {
			return Token{TokenQuoted, start, l.pos}
		}
		l.pos++
	}
	return l.bad(start)
}

// dollar reads $1 or $tag$...$tag$.
func (l *Lexer) dollar(start int) Token {
	l.pos++
	if is(l.at(0), classDigit) {
		l.run(classDigit)
		return Token{TokenParam, start, l.pos}
	}
	if is(l.at(0), classIdentStart) {
		l.run(classDollarTag)
	}
	if l.at(0) != '$' {
		l.pos = start + 1
		return Token{TokenOther, start, l.pos}
	}
	l.pos++
	tag := l.src[start:l.pos]
	n := strings.Index(l.src[l.pos:], tag)
	if n < 0 {
		return l.bad(start)
	}
	l.pos += n + len(tag)
	return Token{TokenString, start, l.pos}
}

// number reads an integer or decimal constant. The parser reports what is
// wrong with one (an identifier glued to it, a second underscore).
func (l *Lexer) number(start int) Token {
	if l.at(0) == '0' {
		switch l.at(1) | 0x20 {
		case 'x', 'o', 'b':
			l.pos += 2
			l.run(classDollarTag)
			return Token{TokenNumber, start, l.pos}
		}
	}
	l.digits()
	if l.at(0) == '.' && l.at(1) != '.' {
		l.pos++
		l.digits()
	}
	if l.at(0)|0x20 == 'e' {
		sign := 0
		if l.at(1) == '+' || l.at(1) == '-' {
			sign = 1
		}
		if is(l.at(1+sign), classDigit) {
			l.pos += 1 + sign
			l.digits()
		}
	}
	if is(l.at(0), classIdentStart) {
		return l.bad(start)
	}
	return Token{TokenNumber, start, l.pos}
}

func (l *Lexer) digits() {
	for is(l.at(0), classDigit) || l.at(0) == '_' && is(l.at(1), classDigit) {
		l.pos++
	}
}
