package pgtree

import (
	_ "embed"
	"strings"
)

//go:embed keywords.txt
var keywordText string

// keywords are the words of grammar 17 in lower case.
var keywords = func() map[string]bool {
	m := make(map[string]bool, 500)
	for word := range strings.FieldsSeq(keywordText) {
		m[word] = true
	}
	return m
}()

const longestKeyword = 17

// Keyword returns an unquoted word in lower case where grammar 17 has it as a
// keyword, reserved or not, and "" otherwise.
func Keyword(word string) string {
	if len(word) > longestKeyword {
		return ""
	}
	var buf [longestKeyword]byte
	lower := buf[:len(word)]
	for i := range len(word) {
		c := word[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	if keywords[string(lower)] {
		return string(lower)
	}
	return ""
}
