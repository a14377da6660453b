package wire_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server/wire"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
	"github.com/op-data/sqlpreview/sanitize"
)

// sameAnswer reports whether what a caller of the binary form reads is what
// Preview says.
func sameAnswer(t *testing.T, result *preview.Result) {
	t.Helper()
	want := wire.Preview(result)
	answer, err := wire.Answer(result, "application/grpc")
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := proto.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	if length := proto.Size(want); len(encoded) != length {
		t.Errorf("%d bytes, want %d", len(encoded), length)
	}
	got := &previewv1.PreviewQueryResponse{}
	if err := proto.Unmarshal(encoded, got); err != nil {
		t.Fatal(err)
	}
	if len(got.ProtoReflect().GetUnknown()) > 0 || !proto.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestAnswerInTheBinaryFormSaysTheSame(t *testing.T) {
	t.Parallel()
	changed := &sanitize.Changes{
		Kinds: sanitize.Truncated | sanitize.MaskedValue, OriginalBytes: 1 << 40, OriginalCharacters: 1 << 20,
		Replacements: []sanitize.Replacement{{Kind: sanitize.Control, Count: 300}}, Detector: strings.Repeat("d", 200), MediaType: "a/b",
	}
	for name, rows := range map[string][][]preview.Cell{
		"no rows":             nil,
		"rows without cells":  {{}, {}},
		"null and empty":      {{{Null: true}, {}}, {{Text: ""}, {Null: true}}},
		"lengths of a varint": {{{Text: strings.Repeat("x", 127)}, {Text: strings.Repeat("x", 128)}, {Text: strings.Repeat("é", 10_000)}}},
		"changes":             {{{Text: "x", Changes: changed}, {Null: true, Changes: changed}, {Text: "y", Changes: &sanitize.Changes{}}, {Text: "z"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sameAnswer(t, &preview.Result{RequestID: "id", Columns: []preview.Column{{Name: "n"}}, Rows: rows})
			// The texts' size is advice: a wrong one costs room and nothing else.
			sameAnswer(t, &preview.Result{Rows: rows, Stats: preview.Stats{Bytes: 1 << 20}})
		})
	}
}

// TestAnswerInOtherFormsHasMessages: what is no binary form for certain gets the
// messages, which every form can be made of.
func TestAnswerInOtherFormsHasMessages(t *testing.T) {
	t.Parallel()
	result := &preview.Result{Rows: [][]preview.Cell{{{Text: "x"}}}}
	for _, contentType := range []string{
		"", "application/json", "application/grpc+json", "application/grpc-web+json", "application/grpc; charset=utf-8", "application/connect+proto",
	} {
		answer, err := wire.Answer(result, contentType)
		if err != nil || !proto.Equal(answer, wire.Preview(result)) {
			t.Errorf("%q: got %v %v", contentType, answer, err)
		}
	}
}

func TestAnswerRefusesWhatProtobufRefuses(t *testing.T) {
	t.Parallel()
	result := &preview.Result{Rows: [][]preview.Cell{{{Text: "ok"}, {Text: "bad \xff"}}}}
	if answer, err := wire.Answer(result, "application/grpc"); err == nil {
		t.Errorf("got %v", answer)
	}
	if _, err := proto.Marshal(wire.Preview(result)); err == nil {
		t.Error("protobuf accepts what the test takes for invalid")
	}
}

// FuzzAnswer: whatever the cells hold, both forms say the same, or both refuse.
func FuzzAnswer(f *testing.F) {
	f.Add("", "x", true, uint16(0), int64(-1), uint8(1))
	f.Add("é\x00", "", false, uint16(0x3ff), int64(1<<40), uint8(3))
	f.Add("\xff", strings.Repeat("y", 200), false, uint16(1), int64(0), uint8(100))
	f.Fuzz(func(t *testing.T, first, second string, null bool, kinds uint16, original int64, count uint8) {
		changed := &sanitize.Changes{Kinds: sanitize.Kind(kinds), OriginalBytes: original, OriginalCharacters: original, Detector: second}
		result := &preview.Result{}
		for range count {
			result.Rows = append(result.Rows, []preview.Cell{{Text: first}, {Null: null, Text: second, Changes: changed}, {Text: second}})
		}
		if _, err := proto.Marshal(wire.Preview(result)); err != nil {
			answer, err := wire.Answer(result, "application/grpc")
			if err == nil {
				_, err = proto.Marshal(answer)
			}
			if err == nil {
				t.Error("protobuf refuses what is answered")
			}
			return
		}
		sameAnswer(t, result)
	})
}

// BenchmarkAnswer compares the answer's way to bytes with that over messages.
func BenchmarkAnswer(b *testing.B) {
	result := &preview.Result{Columns: make([]preview.Column, 4), Stats: preview.Stats{Bytes: 8800}}
	for range 100 {
		result.Rows = append(result.Rows, []preview.Cell{{Text: "1"}, {Text: "name 1"}, {Text: "1500.00"}, {Text: "2026-01-01 00:00:00+00"}})
	}
	for name, contentType := range map[string]string{"encoded": "application/grpc", "messages": ""} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var buffer []byte
			for b.Loop() {
				answer, err := wire.Answer(result, contentType)
				if err != nil {
					b.Fatal(err)
				}
				if buffer, err = (proto.MarshalOptions{}).MarshalAppend(buffer[:0], answer); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
