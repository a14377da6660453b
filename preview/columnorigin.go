package preview

import (
	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// originOf implements run.Query.Origin: it names a column by what the catalog said, so
// that the database is not asked once more. A relation that the server would quote is left
// to it.
func (r *resolved) originOf(relation uint32, attribute uint16) (table, column string) {
	known := r.known.RelationByID(catalog.OID(relation))
	if known == nil || !plainName(known.Schema) || !plainName(known.Name) {
		return "", ""
	}
	for _, c := range known.Columns {
		if c.Number == int16(attribute) {
			return known.Schema + "." + known.Name, c.Name
		}
	}
	return "", ""
}

// plainName reports whether a name needs no quotes, whatever the server's version.
func plainName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && c != '_' && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != "" && pgtree.Keyword(name) == ""
}
