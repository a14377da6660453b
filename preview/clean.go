package preview

import (
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/origin"
	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/sanitize"
)

const (
	// rawBytes is how much more the run may keep than the response may hold: of
	// a long cell more is read than is shown, so that a secret which the cut
	// would split is seen whole.
	rawBytes = 6
	// These are what the parts of a response take beside their texts, generously
	// counted: as Protobuf, no answer takes more.
	rowBytes, cellBytes, changeBytes, columnBytes = 8, 8, 48, 48
)

// clean turns what the database sent into what may leave: names and values
// sanitized, the whole bounded in bytes.
func (p *Previewer) clean(raw *run.Result, masked []origin.Mask, r *boundedRequest) *Result {
	result := &Result{
		Columns:      p.columns(raw.Columns, masked),
		Sanitization: Sanitization{PolicyVersion: p.sanitizer.PolicyVersion(), Counts: map[sanitize.Kind]int{}},
	}
	size, fitting := int64(0), 0
	for _, column := range result.Columns {
		if size += columnSize(column); size > p.limits.MaxResponseBytes {
			break
		}
		fitting++
	}
	result.Columns = result.Columns[:fitting]
	if fitting < raw.TotalColumns {
		size = min(size, p.limits.MaxResponseBytes)
	}
	inputs := inputsOf(raw.Columns[:fitting], masked)

	byteLimited := raw.ByteLimited
	result.Rows = make([][]Cell, 0, len(raw.Rows))
	cells := make([]Cell, len(raw.Rows)*fitting)
	for _, values := range raw.Rows {
		row := cells[:fitting:fitting]
		cells = cells[fitting:]
		rowSize := p.row(row, values[:fitting], inputs)
		if size+rowSize > p.limits.MaxResponseBytes {
			byteLimited = true
			break
		}
		size += rowSize
		result.Rows = append(result.Rows, row)
		count(&result.Sanitization, row)
	}
	result.Stats.Rows, result.Stats.Bytes = len(result.Rows), size
	result.Stats.BytesReceived = raw.BytesReceived
	result.Truncations = p.truncations(result, raw, r, byteLimited)
	return result
}

// truncations says which bounds cut the result.
func (p *Previewer) truncations(result *Result, raw *run.Result, r *boundedRequest, byteLimited bool) []Truncation {
	var list []Truncation
	cut := func(is bool, reason TruncationReason, limit int64) {
		if is {
			list = append(list, Truncation{Reason: reason, Limit: limit, Rows: len(result.Rows)})
		}
	}
	columns := int64(p.limits.MaxColumns)
	if raw.TotalColumns <= p.limits.MaxColumns {
		columns = int64(len(result.Columns)) // the byte bound left room for no more
	}
	cut(!byteLimited && raw.RowLimited, RowLimit, int64(r.rows))
	cut(byteLimited, ByteLimit, p.limits.MaxResponseBytes)
	cut(len(result.Columns) < raw.TotalColumns, ColumnLimit, columns)
	cut(result.Sanitization.Counts[sanitize.Truncated] > 0, CellLimit, int64(p.limits.MaxCellCharacters))
	return list
}

// inputsOf says of each column what its values have in common.
func inputsOf(columns []run.Column, masked []origin.Mask) []sanitize.Input {
	inputs := make([]sanitize.Input, len(columns))
	for i, c := range columns {
		inputs[i] = sanitize.Input{Class: sanitize.ClassOf(c.TypeOID), Column: c.Name, MaskedBy: masked[i].Rule}
	}
	return inputs
}

// row cleans the values of one row, and returns their size in the response.
func (p *Previewer) row(row []Cell, values []run.Cell, inputs []sanitize.Input) (size int64) {
	texts := textsOf(values)
	size = rowBytes
	for i, value := range values {
		if value.Null {
			row[i].Null = true
			size += cellBytes
			continue
		}
		in := inputs[i]
		in.OriginalBytes = value.OriginalBytes
		var text string
		if texts != "" {
			text, texts = texts[:len(value.Bytes)], texts[len(value.Bytes):]
		} else {
			text = string(value.Bytes)
		}
		row[i].Text, row[i].Changes = p.sanitizer.Cell(text, in)
		size += cellBytes + int64(len(row[i].Text)) + changesSize(row[i].Changes)
	}
	return size
}

// shortRow is the most bytes of values that share an allocation: as long as one of
// them is in use, all stay in memory.
const shortRow = 2 << 10

// textsOf returns the values of a short row as one text, one after the other, and ""
// for other rows.
func textsOf(values []run.Cell) string {
	size := 0
	for _, value := range values {
		size += len(value.Bytes)
	}
	if size > shortRow {
		return ""
	}
	var texts strings.Builder
	texts.Grow(size)
	for _, value := range values {
		texts.Write(value.Bytes)
	}
	return texts.String()
}

func (p *Previewer) columns(raw []run.Column, masked []origin.Mask) []Column {
	columns := make([]Column, len(raw))
	for i, c := range raw {
		columns[i] = Column{
			TypeOID: c.TypeOID, Category: c.Category, Precision: c.Precision, Scale: c.Scale,
		}
		columns[i].Name, columns[i].Changes = p.sanitizer.Text(c.Name)
		columns[i].Type, _ = p.sanitizer.Text(c.Type)
		columns[i].OriginTable, _ = p.sanitizer.Text(c.OriginTable)
		columns[i].OriginColumn, _ = p.sanitizer.Text(c.OriginColumn)
		columns[i].Masking = p.masking(masked[i])
	}
	return columns
}

func columnSize(c Column) int64 {
	return columnBytes + int64(len(c.Name)+len(c.Type)+len(c.OriginTable)+len(c.OriginColumn)) + changesSize(c.Changes) + maskingSize(c.Masking)
}

func changesSize(c *sanitize.Changes) int64 {
	if c == nil {
		return 0
	}
	return changeBytes + int64(len(c.Detector)+len(c.MediaType)+cellBytes*len(c.Replacements))
}

// count adds a row to the sum of what was done.
func count(s *Sanitization, row []Cell) {
	for _, cell := range row {
		if cell.Changes == nil {
			continue
		}
		if cell.Changes.Kinds&sanitize.Modifying != 0 {
			s.CellsChanged++
		}
		for _, kind := range cell.Changes.Kinds.Split() {
			s.Counts[kind]++
		}
	}
}
