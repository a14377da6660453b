package origin

import (
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/analyze"
	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/sanitize"
)

// maxViews bounds how many views one statement's masks look into; past it a view's
// columns all count as masked.
const maxViews = 64

// viewMasks judges the columns of a view by its own query.
func (p *pass) viewMasks(r *catalog.Relation) map[int16]Mask {
	if masks, ok := p.views[r.OID]; ok {
		if masks == nil {
			return allMasked(r) // it reads itself
		}
		return masks
	}
	switch {
	case !p.reachesMasked(r, make(map[catalog.OID]bool)):
		p.views[r.OID] = map[int16]Mask{}
	case len(p.views) >= maxViews:
		return allMasked(r)
	default:
		p.views[r.OID] = nil
		p.views[r.OID] = p.queryMasks(r)
	}
	return p.views[r.OID]
}

// queryMasks analyses a view's query. A query that cannot be looked into masks all.
func (p *pass) queryMasks(r *catalog.Relation) map[int16]Mask {
	if p.callsSecrets(r) || p.err != nil {
		return allMasked(r)
	}
	st, _ := guard.Check(r.Definition, nil)
	if st == nil {
		return allMasked(r)
	}
	tree, err := pgtree.ReadNode(st.Tree())
	if err != nil {
		return allMasked(r)
	}
	known, err := p.lookup(p.ctx, analyze.NamesOf(tree))
	if err != nil {
		p.err = err
		return allMasked(r)
	}
	found := analyze.Statement(tree, known)
	// The columns of a view are those of its query, in order; one that was renamed
	// keeps its place.
	if len(found.Outputs) < len(r.Columns) {
		return allMasked(r)
	}
	inner := *p
	inner.known = known
	q := inner.query(tree, found, known)
	masks := make(map[int16]Mask)
	for _, c := range r.Columns {
		if int(c.Number) > len(found.Outputs) {
			return allMasked(r)
		}
		if mask := q.output(found.Outputs[c.Number-1], true, Column{}); mask.Rule != "" {
			masks[c.Number] = mask
		}
	}
	if inner.err != nil {
		p.err = inner.err
	}
	return masks
}

// reachesMasked reports whether a view reads, through others too, a relation with
// a masked column, or calls a function that returns secrets.
func (p *pass) reachesMasked(r *catalog.Relation, seen map[catalog.OID]bool) bool {
	if r == nil {
		return true // what is not known
	}
	if seen[r.OID] {
		return false
	}
	seen[r.OID] = true
	if p.callsSecrets(r) {
		return true
	}
	if p.anyMasked(r) || slices.ContainsFunc(r.Columns, func(c catalog.Column) bool { return p.holdsMasked(c.Type, make(map[catalog.OID]bool)) }) {
		return true
	}
	if !isView(r) || isSystem(r) {
		return false
	}
	for _, oid := range r.Reads {
		if p.reachesMasked(p.known.RelationByID(oid), seen) {
			return true
		}
	}
	return false
}

// callsSecrets reports whether a view's query calls a function that the guard
// refuses because of what it returns. A query that cannot be read counts. The views
// of extensions that systemColumns lists have been looked through.
func (p *pass) callsSecrets(r *catalog.Relation) bool {
	if !isView(r) || isSystem(r) || r.Extension != "" && len(listedColumns(r)) > 0 {
		return false
	}
	return r.Definition == "" || guard.ReturnsSecrets(r.Definition, p.masks.policy)
}

// allMasked masks every column of a view.
func allMasked(r *catalog.Relation) map[int16]Mask {
	masks := make(map[int16]Mask, len(r.Columns))
	for _, c := range r.Columns {
		masks[c.Number] = Mask{Rule: sanitize.RuleColumnOrigin}
	}
	return masks
}
