package wire

import (
	"errors"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/op-data/sqlpreview/preview"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// The numbers of the fields that are written here, as the .proto has them.
const (
	responseRows protowire.Number = 3
	rowCells     protowire.Number = 1
	cellText     protowire.Number = 1
	cellChanges  protowire.Number = 2
)

// cellOverhead is about what a cell takes beside its text.
const cellOverhead = 8

var errInvalidText = errors.New("wire: a cell is not valid UTF-8")

// binary has the content types of the answers in protobuf's binary form.
var binary = map[string]bool{
	"application/grpc": true, "application/grpc+proto": true,
	"application/grpc-web": true, "application/grpc-web+proto": true,
	"application/proto": true,
}

// Answer converts a whole result for an answer of a content type. In the binary
// form the rows are already encoded, and stand where a message keeps fields that
// it has no name for: what marshals the response copies them. So the bytes mean
// what those of [Preview] mean, and no message is made of any row or cell, which
// is most of what an answer of 100 rows costs.
//
// It returns an error when a cell is not valid UTF-8, which protobuf refuses.
func Answer(r *preview.Result, contentType string) (*previewv1.PreviewQueryResponse, error) {
	if !binary[contentType] {
		return Preview(r), nil
	}
	encoded, err := encodeRows(r.Rows, r.Stats.Bytes)
	if err != nil {
		return nil, err
	}
	out := withoutRows(r)
	out.ProtoReflect().SetUnknown(encoded)
	return out, nil
}

// encodeRows encodes the field rows of a response whose texts have about as many
// bytes as textBytes says.
func encodeRows(rows [][]preview.Cell, textBytes int64) ([]byte, error) {
	cells := 0
	for _, row := range rows {
		cells += len(row)
	}
	out := make([]byte, 0, int(textBytes)+cellOverhead*(cells+len(rows)))
	var line, notes []byte
	for _, row := range rows {
		line = line[:0]
		for i := range row {
			var err error
			if line, notes, err = appendCell(line, notes[:0], &row[i]); err != nil {
				return nil, err
			}
		}
		out = protowire.AppendTag(out, responseRows, protowire.BytesType)
		out = protowire.AppendBytes(out, line)
	}
	return out, nil
}

// appendCell appends the field cells of a row to line; notes is room to work in.
func appendCell(line, notes []byte, cell *preview.Cell) (longer, room []byte, err error) {
	size := 0
	if !cell.Null {
		if !utf8.ValidString(cell.Text) {
			return nil, nil, errInvalidText
		}
		size += protowire.SizeTag(cellText) + protowire.SizeBytes(len(cell.Text))
	}
	if cell.Changes != nil {
		if notes, err = (proto.MarshalOptions{}).MarshalAppend(notes, changes(cell.Changes)); err != nil {
			return nil, nil, err
		}
		size += protowire.SizeTag(cellChanges) + protowire.SizeBytes(len(notes))
	}
	line = protowire.AppendTag(line, rowCells, protowire.BytesType)
	line = protowire.AppendVarint(line, uint64(size))
	if !cell.Null {
		line = protowire.AppendTag(line, cellText, protowire.BytesType)
		line = protowire.AppendString(line, cell.Text)
	}
	if cell.Changes != nil {
		line = protowire.AppendTag(line, cellChanges, protowire.BytesType)
		line = protowire.AppendBytes(line, notes)
	}
	return line, notes, nil
}
