// Package csv writes a preview as comma-separated values for people who open it
// in a spreadsheet: no value is taken for a formula there. NULL is an empty field
// without quotes, an empty text one in quotes.
package csv

import (
	"io"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/sanitize"
)

// Write writes a header line with the columns' names, then a line for each row,
// each ended by CR LF as RFC 4180 has it.
func Write(w io.Writer, r *preview.Result) error {
	var out []byte
	for j, c := range r.Columns {
		if j > 0 {
			out = append(out, ',')
		}
		out = sanitize.AppendCSV(out, c.Name, sanitize.Textual)
	}
	out = append(out, "\r\n"...)
	for _, row := range r.Rows {
		for j, cell := range row {
			if j > 0 {
				out = append(out, ',')
			}
			if cell.Null {
				continue
			}
			class := sanitize.Textual
			if j < len(r.Columns) {
				class = sanitize.ClassOf(r.Columns[j].TypeOID)
			}
			out = sanitize.AppendCSV(out, cell.Text, class)
		}
		out = append(out, "\r\n"...)
	}
	_, err := w.Write(out)
	return err
}
