package origin

import (
	"context"

	"github.com/op-data/sqlpreview/preview/internal/analyze"
	"github.com/op-data/sqlpreview/preview/internal/catalog"
)

// MaskColumns returns, by a column's number, the masks of previews that select the
// columns of a relation: nil, not empty, where the catalog does not
// show the relation, and so all are. When it returns an error nothing may be shown.
func (m *Masks) MaskColumns(ctx context.Context, oid catalog.OID, known analyze.Source, lookup Lookup) (map[int16]Mask, error) {
	r := known.RelationByID(oid)
	if r == nil {
		return nil, nil
	}
	p := &pass{masks: m, ctx: ctx, lookup: lookup, known: known, views: make(map[catalog.OID]map[int16]Mask)}
	masks := make(map[int16]Mask)
	for _, c := range r.Columns {
		if mask := p.columnMask(r, c.Number); mask.Rule != "" {
			masks[c.Number] = mask
		}
	}
	return masks, p.err
}
