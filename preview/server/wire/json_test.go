package wire_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server/wire"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
	"github.com/op-data/sqlpreview/sanitize"
)

// sameJSON reports whether AppendJSON writes what protojson writes, byte for byte but for
// protojson's spaces, or refuses what protojson refuses.
func sameJSON(t *testing.T, message proto.Message) {
	t.Helper()
	const before = "kept"
	got, err := wire.AppendJSON([]byte(before), message)
	spaced, refused := protojson.Marshal(message)
	if (err == nil) != (refused == nil) {
		t.Fatalf("error %v, and protojson's is %v", err, refused)
	}
	if err != nil {
		return
	}
	rest, ok := bytes.CutPrefix(got, []byte(before))
	if !ok {
		t.Fatal("the buffer's own bytes are gone")
	}
	if got, want := compact(t, rest), compact(t, spaced); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// compact removes the spaces that protojson writes in some builds.
func compact(t *testing.T, text []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, text); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// generator fills every field that the message's descriptor has, so that a field which
// is added to the .proto, and not to AppendJSON, fails these tests.
type generator struct {
	*rand.Rand

	texts []string
	// full leaves no field out.
	full bool
}

func (g *generator) message(m protoreflect.Message) {
	if d, ok := m.Interface().(*durationpb.Duration); ok {
		g.duration(d)
		return
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		switch {
		case !g.full && g.IntN(4) == 0:
		case field.IsList():
			list := m.Mutable(field).List()
			for range g.IntN(4) + 1 {
				if field.Message() != nil {
					g.message(list.AppendMutable().Message())
				} else {
					list.Append(g.value(field))
				}
			}
		case field.Message() != nil:
			g.message(m.Mutable(field).Message())
		default:
			m.Set(field, g.value(field))
		}
	}
}

func (g *generator) value(field protoreflect.FieldDescriptor) protoreflect.Value {
	numbers := []int64{0, 1, -1, math.MaxInt32, math.MinInt32, math.MaxInt64, math.MinInt64, g.Int64(), -g.Int64N(1000)}
	n := numbers[g.IntN(len(numbers))]
	switch field.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(g.text())
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(n))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(n))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(n)
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(n < 0)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(g.IntN(field.Enum().Values().Len()+3) - 1)) // some have no name
	default:
		panic("no value for a field of kind " + field.Kind().String())
	}
}

func (g *generator) duration(d *durationpb.Duration) {
	seconds := []int64{0, 0, 1, 59, 315_576_000_000, 315_576_000_001, g.Int64N(1 << 40)}
	nanos := []int32{0, 1, 999_999_999, 1000, 1_000_000, 500_000_000, 1_500, 1_000_000_001, g.Int32N(1_000_000_000), 1000 * g.Int32N(1_000_000)}
	if !g.full && g.IntN(20) > 0 { // most messages are valid
		seconds, nanos = append(seconds[:4:4], seconds[4]), append(nanos[:7:7], nanos[8:]...)
	}
	d.Seconds, d.Nanos = seconds[g.IntN(len(seconds))], nanos[g.IntN(len(nanos))]
	if g.full {
		d.Seconds, d.Nanos = 1, 230_000_000
	} else if d.Seconds == 315_576_000_000 {
		d.Nanos = 0
	}
	if g.IntN(2) == 0 {
		d.Seconds, d.Nanos = -d.Seconds, -d.Nanos
	}
}

func (g *generator) text() string {
	parts := make([]string, g.IntN(4))
	for i := range parts {
		parts[i] = g.texts[g.IntN(len(g.texts))]
		if g.IntN(3) == 0 {
			parts[i] = string(rune(g.IntN(0x300)))
		}
	}
	return strings.Join(parts, "")
}

// hostileTexts are the values of testdata/cells and what JSON or a page may take for
// more than text.
func hostileTexts(tb testing.TB) []string {
	tb.Helper()
	texts := []string{
		"", `"`, `\`, `\"`, `\u0022`, "\x00", "\x1f", "\x7f", "\u0080", "\b\f\n\r\t\v", "\u2028\u2029", "<script>&amp;'</script>", "\ufeff",
		"\ufffd", "\uffff", "\U0010ffff", "😀", "e\u0301", "NaN", "null", "-0", "1e400", "},{", `"},"rows":[{}]`, strings.Repeat("\x01", 300), strings.Repeat("漢", 400),
	}
	files, err := filepath.Glob("../../../testdata/cells/*.jsonl")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no cells (%v)", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		for line := range bytes.Lines(content) {
			var cell struct{ Text string }
			if err := json.Unmarshal(line, &cell); err != nil {
				tb.Fatalf("%s: %v", file, err)
			}
			texts = append(texts, cell.Text)
		}
	}
	return texts
}

func TestAppendJSONWritesWhatProtojsonWrites(t *testing.T) {
	t.Parallel()
	g := &generator{Rand: rand.New(rand.NewPCG(1, 2)), texts: hostileTexts(t)}
	for range 3000 {
		message := &previewv1.PreviewQueryResponse{}
		g.message(message.ProtoReflect())
		sameJSON(t, message)
	}
	g.full = true
	message := &previewv1.PreviewQueryResponse{}
	g.message(message.ProtoReflect())
	sameJSON(t, message)
}

func TestAppendJSONOfEachText(t *testing.T) {
	t.Parallel()
	for _, text := range hostileTexts(t) {
		sameJSON(t, &previewv1.PreviewQueryResponse{
			Columns: []*previewv1.Column{{Name: text}}, Rows: []*previewv1.Row{{Cells: []*previewv1.Cell{{Text: &text}}}},
		})
	}
}

func TestAppendJSONOfOddMessages(t *testing.T) {
	t.Parallel()
	empty, invalid, surrogate, long := "", "a\xff", "\xed\xa0\x80", strings.Repeat("x\n", 1<<19)
	cells := func(cells ...*previewv1.Cell) *previewv1.PreviewQueryResponse {
		return &previewv1.PreviewQueryResponse{Rows: []*previewv1.Row{{Cells: cells}}}
	}
	unknown := &previewv1.PreviewQueryResponse{RequestId: "x"}
	unknown.ProtoReflect().SetUnknown([]byte{0x7a, 0x00})
	for name, message := range map[string]proto.Message{
		"empty":                          &previewv1.PreviewQueryResponse{},
		"nil":                            (*previewv1.PreviewQueryResponse)(nil),
		"empty text and none":            cells(&previewv1.Cell{Text: &empty}, &previewv1.Cell{}),
		"nil in lists":                   &previewv1.PreviewQueryResponse{Columns: []*previewv1.Column{nil}, Rows: []*previewv1.Row{nil, {Cells: []*previewv1.Cell{nil}}}},
		"changes that say nothing":       cells(&previewv1.Cell{Text: &empty, Changes: &previewv1.CellChanges{OriginalCharacters: new(int64)}}),
		"empty messages":                 &previewv1.PreviewQueryResponse{Stats: &previewv1.Stats{}, Receipt: &previewv1.Receipt{}, Sanitization: &previewv1.Sanitization{}},
		"a text that is no UTF-8":        cells(&previewv1.Cell{Text: &invalid}),
		"half a surrogate pair":          cells(&previewv1.Cell{Text: &surrogate}),
		"a name that is no UTF-8":        &previewv1.PreviewQueryResponse{Columns: []*previewv1.Column{{OriginColumn: invalid}}},
		"a megabyte that is all escapes": cells(&previewv1.Cell{Text: &long}, &previewv1.Cell{Text: &long}),
		"unknown fields":                 unknown,
		"another message":                &previewv1.ValidateQueryResponse{RequestId: "x", Allowed: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sameJSON(t, message)
		})
	}
}

// FuzzAppendJSON: whatever the cells hold, JSON is what protojson makes of it.
func FuzzAppendJSON(f *testing.F) {
	for i, text := range hostileTexts(f) {
		f.Add(text, "d", uint16(i), int64(i), int32(-i), uint64(i))
	}
	f.Add("\xff", "\x00\xed\xa0\x80", uint16(0x3ff), int64(math.MaxInt64), int32(999_999_999), uint64(7))
	f.Fuzz(func(t *testing.T, first, second string, kinds uint16, n int64, nanos int32, seed uint64) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 0)), texts: []string{first, second}}
		message := wire.Preview(&preview.Result{
			RequestID: second, Columns: []preview.Column{{Name: first, Precision: nanos, Scale: -1}},
			Rows: [][]preview.Cell{{{Text: first}, {Null: true}, {Text: second, Changes: &sanitize.Changes{
				Kinds: sanitize.Kind(kinds), OriginalBytes: n, OriginalCharacters: n, Detector: first, MediaType: second,
			}}}},
		})
		message.Stats = &previewv1.Stats{Check: &durationpb.Duration{Seconds: n, Nanos: nanos}}
		sameJSON(t, message)
		generated := &previewv1.PreviewQueryResponse{}
		g.message(generated.ProtoReflect())
		sameJSON(t, generated)
	})
}

// BenchmarkAppendJSON compares AppendJSON with protojson.
func BenchmarkAppendJSON(b *testing.B) {
	result := &preview.Result{Columns: make([]preview.Column, 4), Stats: preview.Stats{Bytes: 8800}}
	for range 100 {
		result.Rows = append(result.Rows, []preview.Cell{{Text: "1"}, {Text: "name 1"}, {Text: "1500.00"}, {Text: "2026-01-01 00:00:00+00"}})
	}
	for name, write := range map[string]func([]byte, proto.Message) ([]byte, error){
		"by-hand": wire.AppendJSON, "protojson": protojson.MarshalOptions{}.MarshalAppend,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var buffer []byte
			for b.Loop() {
				var err error
				if buffer, err = write(buffer[:0], wire.Preview(result)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
