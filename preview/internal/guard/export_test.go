package guard

import (
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// HarmlessSymbol is harmlessSymbol.
var HarmlessSymbol = harmlessSymbol

// AllowedBuiltIn reports whether a function of pg_catalog may be called by name.
func AllowedBuiltIn(name string) bool { return functionLibrary.builtin[name].class == classAllowed }

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
	lex := pgtree.NewLexer(sql, 0)
	for t := lex.Next(); t.Kind != pgtree.TokenEOF; t = lex.Next() {
		word := t.Kind == pgtree.TokenWord && pgtree.Keyword(sql[t.Start:t.End]) == ""
		if word || t.Kind == pgtree.TokenNumber || t.Kind == pgtree.TokenString || t.Kind == pgtree.TokenQuoted {
			list = append(list, [2]int{t.Start, t.End})
		}
	}
	return list
}

// DeniesOfExtension reports whether a function of an extension is denied by name.
func DeniesOfExtension(extension, name string) bool {
	_, anywhere := functionLibrary.deniedAnywhere(name, true)
	return anywhere || functionLibrary.ofExtension(extension, name).class == classDenied
}

// Vetted reports whether an extension has been looked through.
func Vetted(extension string) bool { return functionLibrary.vetted(extension) }

// ReadExtension reads the text of an extension's file.
func ReadExtension(text string) { functionLibrary.readExtension("test", text) }
