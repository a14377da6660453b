package table

import (
	"slices"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/sanitize"
)

// explain says of every masked column and of every detector that masked a value why,
// and what shows them.
func (p *printer) explain(r *preview.Result) {
	for j, c := range r.Columns {
		if c.Masking != nil {
			p.print("masked: %s (%s): %s", columnName(r.Columns, j), c.Masking.Rule, visible(c.Masking.Hint))
		}
	}
	var detectors []string
	for _, row := range r.Rows {
		for _, cell := range row {
			if c := cell.Changes; c != nil && c.Kinds.Has(sanitize.MaskedValue) && c.Detector != "" && !slices.Contains(detectors, c.Detector) {
				detectors = append(detectors, c.Detector)
			}
		}
	}
	for _, d := range detectors {
		p.print("masked: values that look like %s; if they are none, an operator lists that name in disable_detectors", d)
	}
}
