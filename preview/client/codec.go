package client

import (
	"unicode/utf8"

	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// codec is gRPC's own codec, but for the rows of an answer. Protobuf allocates four times
// for each cell of them, which costs an agent more than the call itself. The messages
// that come of it are the same.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(grpcproto.Name)} }

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, message any) error {
	response, ok := message.(*previewv1.PreviewQueryResponse)
	if !ok {
		return c.CodecV2.Unmarshal(data, message) //nolint:wrapcheck // gRPC wraps what its codec returns
	}
	buffer := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer buffer.Free()
	return unmarshalAnswer(buffer.ReadOnlyData(), response)
}

// unmarshalAnswer is proto.Unmarshal. It leaves all to Protobuf where the answer holds
// anything that this version of the .proto does not say, or is malformed.
func unmarshalAnswer(data []byte, response *previewv1.PreviewQueryResponse) error {
	rest, rows, ok := decodeRows(data)
	if !ok {
		return proto.Unmarshal(data, response) //nolint:wrapcheck // gRPC wraps what its codec returns
	}
	err := proto.Unmarshal(rest, response)
	response.Rows = rows
	return err //nolint:wrapcheck // gRPC wraps what its codec returns
}

// The numbers of the fields that are read here, as the .proto has them.
const (
	responseRows protowire.Number = 3
	rowCells     protowire.Number = 1
	cellText     protowire.Number = 1
	cellChanges  protowire.Number = 2
)

// decodeRows makes the messages of an answer's rows, all of a kind in one allocation and
// all texts as parts of one, and returns the rest of the answer.
func decodeRows(data []byte) (rest []byte, rows []*previewv1.Row, ok bool) {
	encoded, cells := []fields(nil), 0
	for all := (fields{data, 0, len(data)}); all.more(); {
		from := all.at
		number, value, ok := all.next()
		switch {
		case !ok:
			return nil, nil, false
		case number != responseRows:
			rest = append(rest, data[from:all.at]...)
			continue
		}
		encoded = append(encoded, value)
		for value.more() {
			if number, _, ok := value.next(); !ok || number != rowCells {
				return nil, nil, false
			}
			cells++
		}
	}
	d := rowDecoder{
		all: string(data), cells: make([]previewv1.Cell, cells), texts: make([]string, cells), pointers: make([]*previewv1.Cell, cells),
	}
	messages := make([]previewv1.Row, len(encoded))
	for i, row := range encoded {
		if messages[i].Cells, ok = d.row(row); !ok {
			return nil, nil, false
		}
		rows = append(rows, &messages[i])
	}
	return rest, rows, true
}

// rowDecoder has room for the cells of rows.
type rowDecoder struct {
	all      string
	cells    []previewv1.Cell
	texts    []string
	pointers []*previewv1.Cell
}

// row makes the messages of a row's cells.
func (d *rowDecoder) row(row fields) (cells []*previewv1.Cell, ok bool) {
	count := 0
	for ; row.more(); count++ {
		_, cell, _ := row.next()
		if !d.cell(&d.cells[count], &d.texts[count], cell) {
			return nil, false
		}
		d.pointers[count] = &d.cells[count]
	}
	cells = d.pointers[:count:count]
	d.cells, d.texts, d.pointers = d.cells[count:], d.texts[count:], d.pointers[count:]
	return cells, true
}

func (d *rowDecoder) cell(message *previewv1.Cell, text *string, cell fields) bool {
	for cell.more() {
		number, value, ok := cell.next()
		switch {
		case !ok:
			return false
		case number == cellText:
			if *text = d.all[value.at:value.end]; !utf8.ValidString(*text) {
				return false
			}
			message.Text = text
		case number == cellChanges && message.Changes == nil:
			message.Changes = new(previewv1.CellChanges)
			if proto.Unmarshal(value.data[value.at:value.end], message.Changes) != nil {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// fields are the fields of a message, as long as all are texts or messages.
type fields struct {
	data    []byte
	at, end int
}

func (f *fields) more() bool { return f.at < f.end }

// next returns the next field; ok is false where it is none, or of another kind.
func (f *fields) next() (number protowire.Number, value fields, ok bool) {
	number, kind, tag := protowire.ConsumeTag(f.data[f.at:f.end])
	if tag < 0 || kind != protowire.BytesType {
		return 0, fields{}, false
	}
	length, size := protowire.ConsumeVarint(f.data[f.at+tag : f.end])
	from := f.at + tag + size
	if size < 0 || length > uint64(f.end-from) {
		return 0, fields{}, false
	}
	f.at = from + int(length)
	return number, fields{f.data, from, f.at}, true
}
