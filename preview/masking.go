package preview

import (
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/origin"
	"github.com/op-data/sqlpreview/sanitize"
)

// Masking says why all values of a column are masked, and what shows them.
type Masking struct {
	// Rule is the rule of package sanitize that masks the column: "column_name",
	// "column_rule", "column_origin" or "system_column". It is also the Detector of every
	// masked cell's Changes.
	Rule string
	// Source is the column of the database that the rule is about, written as in a query:
	// the column itself, or one that the values are made from or that the query uses. It
	// is empty where that is not known, and where the query's own name for the column
	// decides. Sanitized.
	Source string
	// Hint says what shows the values: what an author changes in the query, or what an
	// operator sets. Sanitized.
	Hint string
}

// masking explains a column's mask; nil for a column that is shown.
func (p *Previewer) masking(mask origin.Mask) *Masking {
	if mask.Rule == "" {
		return nil
	}
	m := &Masking{Rule: mask.Rule, Source: columnPath(mask.Source), Hint: maskingHint(mask)}
	sanitizeMessages(&m.Source, &m.Hint)
	return m
}

// maskingHint says how to see what a mask hides.
func maskingHint(mask origin.Mask) string {
	source := columnPath(mask.Source)
	switch {
	case mask.Rule == sanitize.RuleSystemColumn:
		return "previews show no settings, no statements of other sessions and no credentials; leave " + source + " out, or an operator lists " +
			tablePath(mask.Source) + " in the policy's allow_relations"
	case mask.Rule == sanitize.RuleColumn && source != "":
		return "an operator's rule masks " + source + "; only taking it off mask_columns or mask_names shows it"
	case mask.Rule == sanitize.RuleColumnName && source != "":
		return "the name of " + source + " speaks of a secret; if it holds none, an operator lists it in keep_columns"
	case mask.Rule == sanitize.RuleColumnOrigin && source != "":
		return "the query uses " + source + ", which is masked; leave it out, or test it only with IS NULL or count()"
	case mask.Rule == sanitize.RuleColumnOrigin:
		return "it cannot be told which columns this one shows, and some of the database's are masked; select the columns by name from their tables"
	default: // the query's own name for what it computes
		return "the name that the query gives this column is one of a secret; give it another name"
	}
}

// columnPath writes a column as schema.table.column, quoted as in SQL; "" for none.
func columnPath(c sanitize.ColumnID) string {
	if c.Column == "" {
		return ""
	}
	return tablePath(c) + "." + pathPart(c.Column)
}

func tablePath(c sanitize.ColumnID) string {
	var path strings.Builder
	if c.Schema != "" {
		path.WriteString(pathPart(c.Schema) + ".")
	}
	path.WriteString(pathPart(c.Table))
	return path.String()
}

// pathPart quotes a part of a name that could not stand bare in a query or a setting.
func pathPart(name string) string {
	bare := name != "" && (name[0] < '0' || name[0] > '9')
	for _, c := range []byte(name) {
		bare = bare && (c == '_' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9')
	}
	if bare {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func maskingSize(m *Masking) int64 {
	if m == nil {
		return 0
	}
	return changeBytes + int64(len(m.Rule)+len(m.Source)+len(m.Hint))
}
