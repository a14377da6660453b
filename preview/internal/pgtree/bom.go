package pgtree

import "strings"

// byteOrderMark begins texts that some editors save. PostgreSQL takes it for a
// letter; psql, and this package, skip it at the beginning of a text.
const byteOrderMark = "\ufeff"

// blankMark puts blanks in the place of a byte order mark, so that every offset
// stays.
func blankMark(sql string) string {
	if rest, ok := strings.CutPrefix(sql, byteOrderMark); ok {
		return "   " + rest
	}
	return sql
}

// markLength is the length of the byte order mark at the beginning of a text, in
// bytes.
func markLength(sql string) int {
	if strings.HasPrefix(sql, byteOrderMark) {
		return len(byteOrderMark)
	}
	return 0
}
