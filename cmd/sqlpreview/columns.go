package main

import (
	"strings"

	"github.com/op-data/sqlpreview/preview/doctor"
)

// columnRule is one column that a setting names.
type columnRule struct {
	setting, text string
	pattern       doctor.ColumnPattern
}

// columnRules are those that no database looked at so far has; known is false where
// a database could not be looked at.
type columnRules struct {
	list  []columnRule
	known bool
}

// columns lists the columns that mask_columns and keep_columns name. Both have been
// read before, so their form is right.
func (r rules) columns() columnRules {
	all := columnRules{known: true}
	for _, setting := range []struct {
		name  string
		texts []string
	}{{"mask_columns", r.MaskColumns}, {"keep_columns", r.KeepColumns}} {
		for _, text := range setting.texts {
			if parts := identifiers(text); len(parts) == 3 {
				all.list = append(all.list, columnRule{setting.name, text, doctor.ColumnPattern(parts)})
			}
		}
	}
	return all
}

// identifiers reads names with dots between them as SQL does: folded to lower case
// unless in double quotes, where a dot is part of the name and "" one quote.
func identifiers(text string) []string {
	var parts []string
	var part strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' && quoted && i+1 < len(text) && text[i+1] == '"':
			part.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			parts = append(parts, part.String())
			part.Reset()
		case !quoted && c >= 'A' && c <= 'Z':
			part.WriteByte(c - 'A' + 'a')
		default:
			part.WriteByte(c)
		}
	}
	return append(parts, part.String())
}
