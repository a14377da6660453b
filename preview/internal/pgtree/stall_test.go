package pgtree

import (
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/pgtree/pgtreetest"
)

// The pass over the bytes does not read them more often than it says.
func TestLexerReadsInLinearTime(t *testing.T) {
	t.Parallel()
	fits := func(sql string) bool { return excessOf(sql, maxDepth) == nil }
	for name, sql := range pgtreetest.Stalls(textBytes, fits) {
		lex := NewLexer(sql, 0)
		for lex.Next().Kind != TokenEOF {
		}
		if lex.cost > 2*maxRescan+len(sql) {
			t.Errorf("%s: %d bytes were read again", name, lex.cost)
		}
	}
}
