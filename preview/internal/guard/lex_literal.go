package guard

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
func (l *lexer) quoted(start int, mode stringMode) token {
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
				return token{tokString, start, end}
			}
		}
	}
	return l.bad(start)
}

// continued skips to behind the opening quote of a string's next part, if
// there is one. PostgreSQL also allows a line comment between the parts;
// libpg_query does not, and refuses such a text.
func (l *lexer) continued() bool {
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
func (l *lexer) identifier(start int) token {
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		l.pos++
		if c != '"' {
			continue
		}
		if l.at(0) != '"' {
			return token{tokQuoted, start, l.pos}
		}
		l.pos++
	}
	return l.bad(start)
}

// dollar reads $1 or $tag$...$tag$.
func (l *lexer) dollar(start int) token {
	l.pos++
	if is(l.at(0), classDigit) {
		l.run(classDigit)
		return token{tokParam, start, l.pos}
	}
	if is(l.at(0), classIdentStart) {
		l.run(classDollarTag)
	}
	if l.at(0) != '$' {
		l.pos = start + 1
		return token{tokOther, start, l.pos}
	}
	l.pos++
	tag := l.src[start:l.pos]
	n := strings.Index(l.src[l.pos:], tag)
	if n < 0 {
		return l.bad(start)
	}
	l.pos += n + len(tag)
	return token{tokString, start, l.pos}
}

// number reads an integer or decimal constant. What is wrong with one (an
// identifier glued to it, a second underscore) is the parser's to say.
func (l *lexer) number(start int) token {
	if l.at(0) == '0' {
		switch l.at(1) | 0x20 {
		case 'x', 'o', 'b':
			l.pos += 2
			l.run(classDollarTag)
			return token{tokNumber, start, l.pos}
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
	return token{tokNumber, start, l.pos}
}

func (l *lexer) digits() {
	for is(l.at(0), classDigit) || l.at(0) == '_' && is(l.at(1), classDigit) {
		l.pos++
	}
}
