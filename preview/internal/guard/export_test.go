package guard

import "strings"

// CatalogFault says what catalog.txt has wrong about a function of a server.
func CatalogFault(name string, volatility byte) string {
	for line := range strings.Lines(catalogText) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			if strings.IndexByte("isv", rest[0]) < strings.IndexByte("isv", volatility) {
				return "its volatility is worse than listed"
			}
			return ""
		}
	}
	return "not listed"
}

// Operands returns where numbers, strings and plain words stand in a text: the
// places where an expression may stand.
func Operands(sql string) (list [][2]int) {
	lex := lexer{src: sql}
	for t := lex.next(); t.kind != tokEOF; t = lex.next() {
		word := t.kind == tokWord && keywordOf(sql[t.start:t.end]) == ""
		if word || t.kind == tokNumber || t.kind == tokString || t.kind == tokQuoted {
			list = append(list, [2]int{t.start, t.end})
		}
	}
	return list
}
