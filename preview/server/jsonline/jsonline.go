// Package jsonline escapes characters of JSON lines that a terminal or an editor acts
// on: control, invisible and bidirectional characters, which JSON allows. With them,
// text that a caller chose could make a line of a log look like another one. [Bounded]
// bounds such a text before it becomes part of a line.
package jsonline

import (
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Escape returns the JSON in text with every character that is not printable (see
// unicode.IsPrint) written as \uXXXX; it decodes to the same value. Invalid UTF-8
// becomes \ufffd. Escape does not change text.
func Escape(text []byte) []byte {
	for i, c := range text {
		if c >= unicode.MaxASCII {
			return escape(text, i)
		}
	}
	return text
}

// escape is Escape for a text whose first n bytes need no escape.
func escape(text []byte, n int) []byte {
	out := append(make([]byte, 0, len(text)+16), text[:n]...)
	for rest := text[n:]; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		// Below DEL a control character is the encoder's own white space.
		case r < unicode.MaxASCII || unicode.IsPrint(r) && (r != utf8.RuneError || size > 1):
			out = append(out, rest[:size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		rest = rest[size:]
	}
	return out
}

// Writer returns a writer that escapes whole lines and writes them to w, each time
// with one Write.
func Writer(w io.Writer) io.Writer { return writer{w} }

type writer struct{ to io.Writer }

func (w writer) Write(lines []byte) (int, error) {
	if _, err := w.to.Write(Escape(lines)); err != nil {
		return 0, err //nolint:wrapcheck // the writer's own
	}
	return len(lines), nil
}
