package worker

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// answerOf makes a response of so many rows with a cell of so many bytes each.
func answerOf(rows, bytes int) *previewv1.PreviewQueryResponse {
	response := &previewv1.PreviewQueryResponse{
		Columns: []*previewv1.Column{{Name: "a"}},
		Stats:   &previewv1.Stats{Rows: int32(rows), Bytes: int64(rows * bytes)},
		Receipt: &previewv1.Receipt{PayloadSha256: "x"},
		Sanitization: &previewv1.Sanitization{
			PolicyVersion: "1", CellsChanged: int32(rows), Counts: []*previewv1.ChangeCount{{Kind: previewv1.Change_CHANGE_TRUNCATED, Cells: int32(rows)}},
		},
	}
	for range rows {
		response.Rows = append(response.Rows, &previewv1.Row{Cells: []*previewv1.Cell{{
			Text:    proto.String(strings.Repeat("x", bytes)),
			Changes: &previewv1.CellChanges{Kinds: []previewv1.Change{previewv1.Change_CHANGE_TRUNCATED, previewv1.Change_CHANGE_FORMULA_LIKE}},
		}}})
	}
	return response
}

// TestFitPayload: what fits is left alone; what does not is cut, says so, and its
// counts are those of what is left.
func TestFitPayload(t *testing.T) {
	for name, tc := range map[string]struct{ rows, bytes, limit, kept int }{
		"fits":             {10, 100, 4000, 10},
		"none":             {0, 0, 1, 0},
		"some too many":    {10, 100, 1000, 8},
		"none fits":        {3, 2000, 1000, 0},
		"past the payload": {200, 20000, HardMaxResultBytes, 78},
	} {
		t.Run(name, func(t *testing.T) {
			response := answerOf(tc.rows, tc.bytes)
			whole := proto.Clone(response)
			if err := fitPayload(response, tc.limit); err != nil {
				t.Fatal(err)
			}
			if len(response.GetRows()) != tc.kept {
				t.Fatalf("kept %d rows", len(response.GetRows()))
			}
			if tc.kept == tc.rows {
				if !proto.Equal(response, whole) {
					t.Error("a result that fits was changed")
				}
				return
			}
			size := proto.Size(&previewv1.PreviewQueryResponse{Rows: response.GetRows()})
			if size > tc.limit || proto.Size(response) > maxPayload {
				t.Errorf("rows of %d bytes, all of %d", size, proto.Size(response))
			}
			cut := response.GetTruncations()
			if len(cut) != 1 || cut[0].GetReason() != previewv1.TruncationReason_TRUNCATION_REASON_BYTE_LIMIT || int(cut[0].GetRows()) != tc.kept {
				t.Errorf("truncations %v", cut)
			}
			if response.GetReceipt().GetPayloadSha256() != "" || int(response.GetStats().GetRows()) != tc.kept || int(response.GetStats().GetBytes()) != size {
				t.Errorf("receipt %v, stats %v", response.GetReceipt(), response.GetStats())
			}
			s := response.GetSanitization()
			if int(s.GetCellsChanged()) != tc.kept || tc.kept > 0 && (len(s.GetCounts()) != 2 || int(s.GetCounts()[0].GetCells()) != tc.kept) {
				t.Errorf("sanitization %v", s)
			}
		})
	}
}

// TestFitPayloadOfWideNames: names that alone do not fit are a failure.
func TestFitPayloadOfWideNames(t *testing.T) {
	response := &previewv1.PreviewQueryResponse{Columns: []*previewv1.Column{{Name: strings.Repeat("n", maxPayload)}}}
	if err := fitPayload(response, DefaultMaxResultBytes); err == nil {
		t.Error("no error")
	}
}
