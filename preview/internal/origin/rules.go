package origin

import (
	"cmp"
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/sanitize"
)

// mask judges a column of a relation.
func (q *query) mask(oid catalog.OID, number int16) Mask {
	r := q.known.RelationByID(oid)
	if r == nil {
		return Mask{Rule: sanitize.RuleColumnOrigin}
	}
	if isSettings(r) && q.settingsNamed {
		return Mask{}
	}
	return q.pass.columnMask(r, number)
}

// columnMask judges a relation's column: as one of
// PostgreSQL's own, by its name or the operator's rules, by what its values hold or
// are generated from, or, for a view, by the view's query.
func (p *pass) columnMask(r *catalog.Relation, number int16) Mask {
	at := slices.IndexFunc(r.Columns, func(c catalog.Column) bool { return c.Number == number })
	if at < 0 {
		return Mask{Rule: sanitize.RuleColumnOrigin}
	}
	column := r.Columns[at]
	source := sanitize.ColumnID{Schema: r.Schema, Table: r.Name, Column: column.Name}
	rule := p.ownRule(r, column)
	if rule == "" && p.holdsMasked(column.Type, make(map[catalog.OID]bool)) {
		rule = sanitize.RuleColumnOrigin
	}
	if rule != "" {
		return Mask{rule, source}
	}
	if m := p.sourcesMask(r, column); m.Rule != "" {
		return m.passedOn()
	}
	if isView(r) && !isSystem(r) {
		return p.viewMasks(r)[number]
	}
	return Mask{}
}

// sourcesMask returns the mask of a column of which the values of another are made: of
// one that a generated column is computed from, or of that of the same name in a
// descendant, whose rows are read through its parent.
func (p *pass) sourcesMask(r *catalog.Relation, column catalog.Column) Mask {
	for _, from := range column.GeneratedFrom {
		if from == column.Number {
			continue
		}
		if m := p.columnMask(r, from); m.Rule != "" {
			return m
		}
	}
	for _, heir := range r.Heirs {
		for _, c := range heir.Columns {
			if c.Name != column.Name {
				continue
			}
			if m := p.columnMask(heir, c.Number); m.Rule != "" {
				return m
			}
		}
	}
	return Mask{}
}

// ownRule returns the rule for a column by its own names: in the relation, and in the
// table that a foreign table stands for. It is "" where there is none.
func (p *pass) ownRule(r *catalog.Relation, c catalog.Column) string {
	rule := cmp.Or(p.systemRule(r, c.Name), p.named(r, c.Name, c.Type))
	if rule == "" && c.ForeignName != "" {
		rule = p.named(r, c.ForeignName, c.Type)
	}
	return rule
}

// anyMasked reports whether a relation has a column that is masked for other reasons
// than the query of a view.
func (p *pass) anyMasked(r *catalog.Relation) bool {
	return slices.ContainsFunc(r.Columns, func(c catalog.Column) bool {
		return p.ownRule(r, c) != "" || p.sourcesMask(r, c).Rule != ""
	})
}

// named returns the Sanitizer's rule for a column of that name, or "". It asks for the
// relation, for its parents and descendants, which share its rows, and for the table that a
// foreign table stands for. The type tells a password from a flag or a time that is about
// one.
func (p *pass) named(r *catalog.Relation, column string, typ catalog.OID) string {
	kin := make([]sanitize.TableID, len(r.Kin))
	for i, k := range r.Kin {
		kin[i] = sanitize.TableID{Schema: k.Schema, Name: k.Name}
	}
	if r.Kind == 'f' {
		kin = append(kin, sanitize.TableID{Schema: r.Remote.Schema, Name: r.Remote.Name})
	}
	id := sanitize.ColumnID{Schema: r.Schema, Table: r.Name, Column: column, Type: uint32(typ)}
	if !p.masks.rules.MasksColumn(id, kin...) {
		return ""
	}
	rules := p.masks.rules.MaskingRules([]sanitize.OutputColumn{{Name: column, Origin: id}}, sanitize.Sources{
		Relations: []sanitize.Relation{{Schema: r.Schema, Name: r.Name, Parents: kin}}, Complete: true,
	})
	return cmp.Or(rules[0], sanitize.RuleColumn)
}

// holdsMasked reports whether values of a type are rows, or hold rows, that have a
// masked column.
func (p *pass) holdsMasked(t catalog.OID, seen map[catalog.OID]bool) bool {
	if t.BuiltIn() || seen[t] {
		return false
	}
	seen[t] = true
	known := p.known.Type(t)
	if known == nil {
		return true
	}
	if r := p.known.RelationByID(known.Relation); r != nil && slices.ContainsFunc(r.Columns, func(c catalog.Column) bool { return p.ownRule(r, c) != "" }) {
		return true
	}
	for _, c := range known.Columns {
		if p.rowColumn(known, c) || p.holdsMasked(c.Type, seen) {
			return true
		}
	}
	return known.IsArray && p.holdsMasked(known.Element, seen) || p.holdsMasked(known.Base, seen) || p.holdsMasked(known.Subtype, seen)
}

// rowColumn judges a field of a row type by the type's name, which is its
// relation's.
func (p *pass) rowColumn(t *catalog.Type, c catalog.Column) bool {
	return p.masks.rules.MasksColumn(sanitize.ColumnID{Schema: t.Schema, Table: t.Name, Column: c.Name, Type: uint32(c.Type)})
}

func isView(r *catalog.Relation) bool { return r.Kind == 'v' || r.Kind == 'm' }

// isSystem reports whether the relation is PostgreSQL's own. Its columns are judged
// by their names alone; the guard refuses those that hold secrets.
func isSystem(r *catalog.Relation) bool {
	return r.Schema == "pg_catalog" || r.Schema == "information_schema"
}
