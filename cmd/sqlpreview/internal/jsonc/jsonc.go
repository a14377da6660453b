// Package jsonc reads what people write as JSON: with comments, and with a comma
// before a closing bracket.
package jsonc

// Standardize returns text as plain JSON: comments (from // to the end of the line,
// and between /* and */) and commas before a closing bracket become spaces, so that
// every other byte stays on its line and at its offset. What is no JSON stays as it
// is, for a decoder to complain about; so does a comment without an end.
func Standardize(text []byte) []byte {
	out := append([]byte(nil), text...)
	comma := -1 // the last comma after a value, while only blanks and comments follow it
	value := false
	for i := 0; i < len(out); {
		switch c := out[i]; c {
		case '"':
			i, comma, value = endOfString(out, i), -1, true
		case '/':
			end := endOfComment(out, i)
			if end < 0 {
				return out
			}
			blank(out[i:end])
			i = end
		case ',':
			comma = -1
			if value {
				comma = i
			}
			i, value = i+1, false
		case ']', '}':
			if comma >= 0 {
				out[comma] = ' '
			}
			i, comma, value = i+1, -1, true
		case ' ', '\t', '\r', '\n':
			i++
		default:
			i, comma, value = i+1, -1, c != '[' && c != '{' && c != ':'
		}
	}
	return out
}

// endOfString returns the index after the string that begins at start.
func endOfString(text []byte, start int) int {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"', '\n':
			return i + 1
		}
	}
	return len(text)
}

// endOfComment returns the index after the comment that begins at start, or -1 if
// none begins there or it has no end.
func endOfComment(text []byte, start int) int {
	if start+1 >= len(text) {
		return -1
	}
	switch text[start+1] {
	case '/':
		for i := start + 2; i < len(text); i++ {
			if text[i] == '\n' {
				return i
			}
		}
		return len(text)
	case '*':
		for i := start + 3; i < len(text); i++ {
			if text[i] == '/' && text[i-1] == '*' && i-1 > start+1 {
				return i + 1
			}
		}
	}
	return -1
}

// blank overwrites a comment, but for its line ends.
func blank(comment []byte) {
	for i, c := range comment {
		if c != '\n' && c != '\r' {
			comment[i] = ' '
		}
	}
}
