package wire

import (
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// AppendJSON appends a message as JSON to a buffer. The answer to PreviewQuery is
// written here field by field, since package protojson spends most of a call's time
// on its cells; other messages are written by protojson.
//
// The bytes are those of protojson without its spaces: fields in the order of the
// .proto, zero values left out, 64-bit numbers as strings, enum values by name. As in
// protojson only what JSON (RFC 8259) requires is escaped: '"', '\' and the controls
// below U+0020. '<', '>', '&' and U+2028 stay as they are: the answer is
// application/json, not a part of a page, and an escape of six bytes for one would
// make it twice as large as the documented bound.
//
// It returns an error where protojson does: for a text that is not valid UTF-8 and for
// a duration that JSON cannot express.
func AppendJSON(to []byte, message proto.Message) ([]byte, error) {
	response, ok := message.(*previewv1.PreviewQueryResponse)
	if !ok || response == nil || len(response.ProtoReflect().GetUnknown()) > 0 {
		return protojson.MarshalOptions{}.MarshalAppend(to, message)
	}
	w := &jsonWriter{out: growJSON(to, response.GetRows())}
	w.response(response)
	return w.out, w.err
}

const (
	// jsonCell is about what a cell takes in JSON beside its text, and jsonRest what an
	// answer takes beside its rows.
	jsonCell = len(`{"text":""},`)
	jsonRest = 2 << 10
)

// growJSON makes room for an answer with such rows, so that a large one is not copied
// while it is written.
func growJSON(to []byte, rows []*previewv1.Row) []byte {
	size := jsonRest
	for _, row := range rows {
		size += jsonCell * (1 + len(row.GetCells()))
		for _, cell := range row.GetCells() {
			size += len(cell.GetText())
		}
	}
	if cap(to)-len(to) >= size {
		return to
	}
	return append(make([]byte, 0, len(to)+size), to...)
}

// jsonWriter writes one message. It keeps the first error and goes on.
type jsonWriter struct {
	out []byte
	err error
}

func (w *jsonWriter) response(r *previewv1.PreviewQueryResponse) {
	w.open()
	w.text("requestId", r.GetRequestId())
	list(w, "columns", r.GetColumns(), w.column)
	list(w, "rows", r.GetRows(), w.row)
	list(w, "truncations", r.GetTruncations(), w.truncation)
	object(w, "sanitization", r.GetSanitization(), w.sanitization)
	object(w, "stats", r.GetStats(), w.stats)
	object(w, "receipt", r.GetReceipt(), w.receipt)
	w.shut()
}

func (w *jsonWriter) column(c *previewv1.Column) {
	w.open()
	w.text("name", c.GetName())
	w.text("type", c.GetType())
	if c.GetTypeOid() != 0 {
		w.number("typeOid", int64(c.GetTypeOid()))
	}
	w.text("category", c.GetCategory())
	if c != nil && c.Precision != nil {
		w.number("precision", int64(c.GetPrecision()))
	}
	if c != nil && c.Scale != nil {
		w.number("scale", int64(c.GetScale()))
	}
	w.text("originTable", c.GetOriginTable())
	w.text("originColumn", c.GetOriginColumn())
	object(w, "changes", c.GetChanges(), w.changes)
	object(w, "masking", c.GetMasking(), w.masking)
	w.shut()
}

func (w *jsonWriter) masking(m *previewv1.Masking) {
	w.open()
	w.text("rule", m.GetRule())
	w.text("source", m.GetSource())
	w.text("hint", m.GetHint())
	w.shut()
}

func (w *jsonWriter) row(r *previewv1.Row) {
	w.open()
	list(w, "cells", r.GetCells(), w.cell)
	w.shut()
}

func (w *jsonWriter) cell(c *previewv1.Cell) {
	w.open()
	if c != nil && c.Text != nil {
		w.out = append(w.out, `"text":`...)
		w.string(c.GetText())
	}
	object(w, "changes", c.GetChanges(), w.changes)
	w.shut()
}

func (w *jsonWriter) changes(c *previewv1.CellChanges) {
	w.open()
	list(w, "kinds", c.GetKinds(), func(kind previewv1.Change) { w.enum(kind) })
	w.long("originalBytes", c.GetOriginalBytes(), false)
	w.long("originalCharacters", c.GetOriginalCharacters(), c.OriginalCharacters != nil)
	list(w, "replacements", c.GetReplacements(), func(r *previewv1.Replacement) {
		w.open()
		w.enumField("kind", r.GetKind())
		w.count("count", r.GetCount())
		w.shut()
	})
	w.text("detector", c.GetDetector())
	w.text("mediaType", c.GetMediaType())
	w.shut()
}

func (w *jsonWriter) truncation(t *previewv1.Truncation) {
	w.open()
	w.enumField("reason", t.GetReason())
	w.long("limit", t.GetLimit(), false)
	w.count("rows", t.GetRows())
	w.shut()
}

func (w *jsonWriter) sanitization(s *previewv1.Sanitization) {
	w.open()
	w.text("policyVersion", s.GetPolicyVersion())
	w.count("cellsChanged", s.GetCellsChanged())
	list(w, "counts", s.GetCounts(), func(c *previewv1.ChangeCount) {
		w.open()
		w.enumField("kind", c.GetKind())
		w.count("cells", c.GetCells())
		w.shut()
	})
	w.shut()
}

func (w *jsonWriter) stats(s *previewv1.Stats) {
	w.open()
	object(w, "check", s.GetCheck(), w.duration)
	object(w, "queue", s.GetQueue(), w.duration)
	object(w, "connect", s.GetConnect(), w.duration)
	object(w, "execute", s.GetExecute(), w.duration)
	object(w, "fetch", s.GetFetch(), w.duration)
	object(w, "sanitize", s.GetSanitize(), w.duration)
	object(w, "total", s.GetTotal(), w.duration)
	w.count("rows", s.GetRows())
	w.long("bytes", s.GetBytes(), false)
	w.long("bytesReceived", s.GetBytesReceived(), false)
	object(w, "catalog", s.GetCatalog(), w.duration)
	w.shut()
}

func (w *jsonWriter) receipt(r *previewv1.Receipt) {
	w.open()
	w.text("sqlFingerprint", r.GetSqlFingerprint())
	w.text("schemaFingerprint", r.GetSchemaFingerprint())
	w.text("payloadSha256", r.GetPayloadSha256())
	list(w, "tables", r.GetTables(), w.string)
	w.shut()
}

func (w *jsonWriter) open() { w.out = append(w.out, '{') }

func (w *jsonWriter) shut() { w.out = append(w.out, '}') }

// name begins a field. Nothing but the begin of an object ends in a brace that opens.
func (w *jsonWriter) name(name string) {
	if w.out[len(w.out)-1] != '{' {
		w.out = append(w.out, ',')
	}
	w.out = append(w.out, '"')
	w.out = append(w.out, name...)
	w.out = append(w.out, '"', ':')
}

// list writes a field of several values; none for none.
func list[T any](w *jsonWriter, name string, values []T, value func(T)) {
	if len(values) == 0 {
		return
	}
	w.name(name)
	for i, v := range values {
		if i == 0 {
			w.out = append(w.out, '[')
		} else {
			w.out = append(w.out, ',')
		}
		value(v)
	}
	w.out = append(w.out, ']')
}

// object writes a field that is a message; none for nil.
func object[T any](w *jsonWriter, name string, message *T, write func(*T)) {
	if message != nil {
		w.name(name)
		write(message)
	}
}

// text writes a field that is a text; none for the empty one.
func (w *jsonWriter) text(name, value string) {
	if value != "" {
		w.name(name)
		w.string(value)
	}
}

func (w *jsonWriter) number(name string, n int64) {
	w.name(name)
	w.out = strconv.AppendInt(w.out, n, 10)
}

// count writes a field of 32 bits; none for zero.
func (w *jsonWriter) count(name string, n int32) {
	if n != 0 {
		w.number(name, int64(n))
	}
}

// long writes a field of 64 bits, which is a string in JSON; none for zero, unless it
// is present.
func (w *jsonWriter) long(name string, n int64, present bool) {
	if n == 0 && !present {
		return
	}
	w.name(name)
	w.out = append(w.out, '"')
	w.out = strconv.AppendInt(w.out, n, 10)
	w.out = append(w.out, '"')
}

// enumField writes a field that is an enum value; none for the zero value.
func (w *jsonWriter) enumField(name string, value protoreflect.Enum) {
	if value.Number() != 0 {
		w.name(name)
		w.enum(value)
	}
}

// enum writes an enum value by its name, or as a number where it has none.
func (w *jsonWriter) enum(value protoreflect.Enum) {
	if named := value.Descriptor().Values().ByNumber(value.Number()); named != nil {
		w.string(string(named.Name()))
	} else {
		w.out = strconv.AppendInt(w.out, int64(value.Number()), 10)
	}
}

// duration writes seconds with no, 3, 6 or 9 digits after the point.
func (w *jsonWriter) duration(d *durationpb.Duration) {
	if err := d.CheckValid(); err != nil {
		w.fail(err)
		return
	}
	seconds, nanos := d.GetSeconds(), int64(d.GetNanos())
	w.out = append(w.out, '"')
	if seconds < 0 || nanos < 0 {
		w.out = append(w.out, '-')
		seconds, nanos = -seconds, -nanos
	}
	w.out = strconv.AppendInt(w.out, seconds, 10)
	if nanos != 0 {
		point := len(w.out)
		w.out = strconv.AppendInt(w.out, nanos+1_000_000_000, 10) // ten digits, of which the first is in the point's place
		w.out[point] = '.'
		for range 2 {
			if nanos%1000 == 0 {
				w.out, nanos = w.out[:len(w.out)-3], nanos/1000
			}
		}
	}
	w.out = append(w.out, 's', '"')
}

func (w *jsonWriter) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// string writes a text as a JSON string.
func (w *jsonWriter) string(text string) {
	if !utf8.ValidString(text) {
		w.fail(errInvalidText)
		return
	}
	out := w.out
	out = append(out, '"')
	plain := 0 // from here on nothing has been written
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		out = append(out, text[plain:i]...)
		out = appendEscaped(out, c)
		plain = i + 1
	}
	out = append(out, text[plain:]...)
	out = append(out, '"')
	w.out = out
}

// appendEscaped appends a character that may not stand in a JSON string.
func appendEscaped(out []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(out, '\\', c)
	case '\b':
		c = 'b'
	case '\f':
		c = 'f'
	case '\n':
		c = 'n'
	case '\r':
		c = 'r'
	case '\t':
		c = 't'
	default:
		return append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	}
	return append(out, '\\', c)
}
