package wire

import (
	"math"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/sanitize"

	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// Preview converts a whole result.
func Preview(r *preview.Result) *previewv1.PreviewQueryResponse {
	out := withoutRows(r)
	out.Rows = rows(r.Rows)
	return out
}

func withoutRows(r *preview.Result) *previewv1.PreviewQueryResponse {
	return &previewv1.PreviewQueryResponse{
		RequestId:    r.RequestID,
		Columns:      Columns(r.Columns),
		Truncations:  truncations(r.Truncations),
		Sanitization: sanitization(r.Sanitization),
		Stats:        stats(r.Stats),
		Receipt: &previewv1.Receipt{
			SqlFingerprint:    r.Receipt.SQLFingerprint,
			Tables:            r.Receipt.Tables,
			SchemaFingerprint: r.Receipt.SchemaFingerprint,
			PayloadSha256:     r.Receipt.PayloadSHA256,
		},
	}
}

// Columns converts the columns of a result or of a description.
func Columns(columns []preview.Column) []*previewv1.Column {
	out := make([]*previewv1.Column, len(columns))
	for i, c := range columns {
		out[i] = &previewv1.Column{
			Name:         c.Name,
			Type:         c.Type,
			TypeOid:      c.TypeOID,
			Category:     c.Category,
			Precision:    present(c.Precision),
			Scale:        present(c.Scale),
			OriginTable:  c.OriginTable,
			OriginColumn: c.OriginColumn,
			Changes:      changes(c.Changes),
			Masking:      masking(c.Masking),
		}
	}
	return out
}

func masking(m *preview.Masking) *previewv1.Masking {
	if m == nil {
		return nil
	}
	return &previewv1.Masking{Rule: m.Rule, Source: m.Source, Hint: m.Hint}
}

// rows converts the rows. All messages are allocated together: one allocation a cell
// is what a preview of many columns would spend its time on.
func rows(rows [][]preview.Cell) []*previewv1.Row {
	count := 0
	for _, row := range rows {
		count += len(row)
	}
	messages, cells := make([]previewv1.Row, len(rows)), make([]previewv1.Cell, count)
	out, pointers := make([]*previewv1.Row, len(rows)), make([]*previewv1.Cell, count)
	for i, row := range rows {
		for j := range row {
			if !row[j].Null {
				cells[j].Text = &row[j].Text
			}
			cells[j].Changes = changes(row[j].Changes)
			pointers[j] = &cells[j]
		}
		out[i] = &messages[i]
		messages[i].Cells = pointers[:len(row):len(row)]
		cells, pointers = cells[len(row):], pointers[len(row):]
	}
	return out
}

func changes(c *sanitize.Changes) *previewv1.CellChanges {
	if c == nil {
		return nil
	}
	out := &previewv1.CellChanges{
		OriginalBytes: c.OriginalBytes,
		Detector:      c.Detector,
		MediaType:     c.MediaType,
	}
	for _, kind := range c.Kinds.Split() {
		out.Kinds = append(out.Kinds, Change(kind))
	}
	if c.OriginalCharacters >= 0 {
		out.OriginalCharacters = &c.OriginalCharacters
	}
	for _, r := range c.Replacements {
		out.Replacements = append(out.Replacements, &previewv1.Replacement{Kind: Change(r.Kind), Count: int32of(r.Count)})
	}
	return out
}

// Change converts one kind of change by its name, so that the two lists cannot
// drift: a test looks up every kind.
func Change(kind sanitize.Kind) previewv1.Change {
	names := kind.Names()
	if len(names) != 1 {
		return previewv1.Change_CHANGE_UNSPECIFIED
	}
	return previewv1.Change(previewv1.Change_value["CHANGE_"+names[0]])
}

func truncations(truncations []preview.Truncation) []*previewv1.Truncation {
	out := make([]*previewv1.Truncation, len(truncations))
	for i, t := range truncations {
		out[i] = &previewv1.Truncation{
			Reason: previewv1.TruncationReason(previewv1.TruncationReason_value["TRUNCATION_REASON_"+string(t.Reason)]),
			Limit:  t.Limit,
			Rows:   int32of(t.Rows),
		}
	}
	return out
}

func sanitization(s preview.Sanitization) *previewv1.Sanitization {
	out := &previewv1.Sanitization{PolicyVersion: s.PolicyVersion, CellsChanged: int32of(s.CellsChanged)}
	var all sanitize.Kind
	for kind := range s.Counts {
		all |= kind
	}
	for _, kind := range all.Split() {
		out.Counts = append(out.Counts, &previewv1.ChangeCount{Kind: Change(kind), Cells: int32of(s.Counts[kind])})
	}
	return out
}

func stats(s preview.Stats) *previewv1.Stats {
	return &previewv1.Stats{
		Check:         durationpb.New(s.Check),
		Queue:         durationpb.New(s.Queue),
		Connect:       durationpb.New(s.Connect),
		Execute:       durationpb.New(s.Execute),
		Fetch:         durationpb.New(s.Fetch),
		Sanitize:      durationpb.New(s.Sanitize),
		Catalog:       durationpb.New(s.Catalog),
		Total:         durationpb.New(s.Total),
		Rows:          int32of(s.Rows),
		Bytes:         s.Bytes,
		BytesReceived: s.BytesReceived,
	}
}

// present returns nil for the -1 that means "there is none".
func present(n int32) *int32 {
	if n < 0 {
		return nil
	}
	return &n
}

// int32of converts a count or a place, both far below the limit; it stops there
// rather than wrap around.
func int32of(n int) int32 {
	return int32(min(max(n, math.MinInt32), math.MaxInt32))
}

// valid repairs a text that is not valid UTF-8, which protobuf refuses to send.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// shorten cuts text to messageBytes, not inside a character.
func shorten(text string) string {
	text = valid(text)
	if len(text) <= messageBytes {
		return text
	}
	cut := messageBytes
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return strings.TrimRight(text[:cut], " ") + " ..."
}
