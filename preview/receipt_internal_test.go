package preview

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
)

// TestPayloadSHA256IsTheDocumentedOne holds the hash against hashes of an earlier
// version, which receivers and egress records keep, and against its description.
func TestPayloadSHA256IsTheDocumentedOne(t *testing.T) {
	t.Parallel()
	columns := []Column{{Name: "id", Type: "integer"}, {Name: "é", Type: "text[]"}}
	rows := [][]Cell{{{Text: "1"}, {Null: true}}, {{Text: ""}, {Text: strings.Repeat("漢", 5000)}}}
	const known = "1ba68be3cb805b25621bde25e9b6eb3844adbe61e8c6fb79986c7849c20864f3"
	if got := payloadSHA256(columns, rows); got != known {
		t.Errorf("got %s, want %s", got, known)
	}
	const empty = "374708fff7719dd5979ec875d56cd2286f6d3cf7ec317a3b25632aab28ec37bb"
	if got := payloadSHA256(nil, nil); got != empty {
		t.Errorf("without columns: got %s, want %s", got, empty)
	}
	for _, length := range []int{0, 1, 900, 979, 980, 981, 982, 983, 984, 985, 986, 987, 988, 989, 990, 1006, 1014, 1015, 1016, 1017, 1023, 1024, 1025, 2048, 4070, 4078, 4079, 4080, 4086, 4087, 4088, 4095, 4096, 4097, 8192, 100_000} {
		rows := [][]Cell{{{Text: strings.Repeat("x", length)}, {Text: "y"}}, {{Null: true}, {Text: strings.Repeat("z", length)}}, {}}
		if got, want := payloadSHA256(columns, rows), describedSHA256(columns, rows); got != want {
			t.Errorf("%d bytes: got %s, want %s", length, got, want)
		}
	}
}

// describedSHA256 follows the description of payloadSHA256.
func describedSHA256(columns []Column, rows [][]Cell) string {
	var all []byte
	number := func(n int) { all = binary.BigEndian.AppendUint64(all, uint64(n)) }
	text := func(s string) {
		number(len(s))
		all = append(all, s...)
	}
	number(len(columns))
	for _, c := range columns {
		text(c.Name)
		text(c.Type)
	}
	number(len(rows))
	for _, row := range rows {
		for _, cell := range row {
			if cell.Null {
				all = append(all, 0)
				continue
			}
			all = append(all, 1)
			text(cell.Text)
		}
	}
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:])
}

// BenchmarkPayloadSHA256 hashes 100 rows of 8 columns.
func BenchmarkPayloadSHA256(b *testing.B) {
	rows := make([][]Cell, 100)
	for i := range rows {
		rows[i] = []Cell{{Text: "12345"}, {Text: "a name of some length"}, {Null: true}, {Text: "1234.56"}, {Text: "2026-01-01 00:00:00+00"}, {Text: "t"}, {Text: ""}, {Text: "x"}}
	}
	b.ReportAllocs()
	for b.Loop() {
		payloadSHA256(nil, rows)
	}
}
