package analyze

import (
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// This file knows PostgreSQL's own functions in SQL that take values of any type: their
// bodies cast an argument to text, by the cast to text that its type has.

// textCasting are those functions (pg_proc.dat, PostgreSQL 14 to 18; a test asks servers).
var textCasting = []OID{
	1285, // quote_literal(anyelement)
	1290, // quote_nullable(anyelement)
	2003, // textanycat(text, anynonarray), of the operator ||
	2004, // anytextcat(anynonarray, text), of the operator ||
}

// CastsToText reports whether a function of PostgreSQL's own casts arguments of any type
// to text.
func CastsToText(function OID) bool { return slices.Contains(textCasting, function) }

// textOfAny notes the cast to text that a function runs for its arguments of any type,
// or an aggregate of the database's own made of such a function.
func (a *analyzer) textOfAny(c invocation, chosen *candidate) {
	fn := chosen.fn
	if !CastsToText(fn.OID) && !slices.ContainsFunc(fn.Parts, CastsToText) {
		return
	}
	for i, v := range c.args {
		a.castAny(v, chosen.args[i], c.node)
	}
}

// castAny notes an explicit cast to text of a value that is declared to be of any type.
func (a *analyzer) castAny(v value, declared OID, n pgtree.Node) {
	if isPolymorphic(declared) {
		a.coerce(v, typeText, explicit, n)
	}
}

// casts are what is known of the casts of a database.
type casts interface {
	Type(OID) *catalog.Type
	Cast(source, target OID) (*catalog.Cast, bool)
	CastsTo(target OID) []*catalog.Cast
}

// TextCasts returns the casts to text that a stored expression may run which calls a
// function of CastsToText. It does not show for which of its values: of the types that it
// does not list, those of PostgreSQL's own, any cast counts.
func TextCasts(e catalog.Expression, known casts) (found []*catalog.Cast) {
	for _, types := range [][]OID{e.Types, e.Values} {
		for _, t := range types {
			for range maxDomainDepth {
				domain := known.Type(t)
				if domain == nil || domain.Kind != 'd' {
					break
				}
				t = domain.Base
			}
			if cast, ok := known.Cast(t, typeText); ok && cast.Method == 'f' && !t.BuiltIn() {
				found = append(found, cast)
			}
		}
	}
	for _, cast := range known.CastsTo(typeText) {
		if cast.Source.BuiltIn() && cast.Method == 'f' && !cast.Function.BuiltIn() {
			found = append(found, cast)
		}
	}
	return found
}
