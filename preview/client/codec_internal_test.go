package client

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

func cell(text string, changes *previewv1.CellChanges) *previewv1.Cell {
	return &previewv1.Cell{Text: &text, Changes: changes}
}

// answerOf makes an answer that has every kind of field.
func answerOf(rows, columns int) *previewv1.PreviewQueryResponse {
	r := &previewv1.PreviewQueryResponse{
		RequestId: "r", Columns: []*previewv1.Column{{Name: "ä"}, {}},
		Stats: &previewv1.Stats{Total: durationpb.New(5), Rows: int32(rows)}, Receipt: &previewv1.Receipt{Tables: []string{"t"}},
		Truncations: []*previewv1.Truncation{{Limit: 100}}, Sanitization: &previewv1.Sanitization{PolicyVersion: "1"},
	}
	for i := range rows {
		row := &previewv1.Row{}
		for j := range columns {
			switch (i + j) % 5 {
			case 3:
				row.Cells = append(row.Cells, &previewv1.Cell{}) // NULL
			case 4:
				row.Cells = append(row.Cells, cell("", &previewv1.CellChanges{Kinds: []previewv1.Change{previewv1.Change_CHANGE_TRUNCATED}, OriginalBytes: 7}))
			default:
				row.Cells = append(row.Cells, cell(fmt.Sprintf("välue %d %d", i, j), nil))
			}
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

// TestAnswersAreAsProtobufReadsThem compares every answer, whole and cut anywhere, with
// what Protobuf makes of it.
func TestAnswersAreAsProtobufReadsThem(t *testing.T) {
	t.Parallel()
	field := func(number protowire.Number, value []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), value)
	}
	row := func(content ...[]byte) []byte { return field(responseRows, slices.Concat(content...)) }
	encoded := [][]byte{
		nil, row(), row(field(rowCells, nil)),
		row(field(rowCells, field(cellText, []byte("a\xff")))),
		row(field(rowCells, field(9, []byte("later")))),
		row(field(9, []byte("later"))),
		row(protowire.AppendVarint(protowire.AppendTag(nil, 9, protowire.VarintType), 5)),
		slices.Concat(field(9, []byte("later")), row(field(rowCells, field(cellText, []byte("a"))))),
		row(field(rowCells, slices.Concat(field(cellText, []byte("a")), field(cellText, []byte("b"))))),
		row(field(rowCells, slices.Concat(field(cellChanges, field(5, []byte("x"))), field(cellChanges, field(6, []byte("y")))))),
		row(field(rowCells, field(cellChanges, []byte{0xff}))),
		protowire.AppendVarint(protowire.AppendTag(nil, responseRows, protowire.VarintType), 5),
	}
	for _, size := range []struct{ rows, columns int }{{0, 0}, {1, 0}, {1, 1}, {7, 5}, {100, 4}} {
		data, err := proto.Marshal(answerOf(size.rows, size.columns))
		if err != nil {
			t.Fatal(err)
		}
		encoded = append(encoded, data, slices.Concat(data, data)) // lists of both
	}
	for i, data := range encoded {
		for end := range len(data) + 1 {
			if len(data) > 2000 && end < len(data) && end%97 != 0 {
				continue
			}
			want, got := new(previewv1.PreviewQueryResponse), new(previewv1.PreviewQueryResponse)
			failed, err := proto.Unmarshal(data[:end], want), unmarshalAnswer(slices.Clone(data[:end]), got)
			if (err == nil) != (failed == nil) || err == nil && !proto.Equal(want, got) {
				t.Fatalf("answer %d up to %d: %v, Protobuf %v\n%v\n%v", i, end, err, failed, got, want)
			}
		}
	}
}

// BenchmarkAnswer reads an answer of 100 rows as this package does and as Protobuf does.
func BenchmarkAnswer(b *testing.B) {
	data, err := proto.Marshal(answerOf(100, 4))
	if err != nil {
		b.Fatal(err)
	}
	for _, way := range []struct {
		name string
		read func([]byte, *previewv1.PreviewQueryResponse) error
	}{
		{"ours", unmarshalAnswer},
		{"protobuf", func(data []byte, r *previewv1.PreviewQueryResponse) error { return proto.Unmarshal(data, r) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := way.read(data, new(previewv1.PreviewQueryResponse)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
