package received_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/cmd/internal/received"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server/wire"
	"github.com/op-data/sqlpreview/sanitize"
)

func TestPreviewIsTheResultThatWasSent(t *testing.T) {
	t.Parallel()
	changed := &sanitize.Changes{
		Kinds: sanitize.Truncated | sanitize.MaskedValue, OriginalBytes: 1 << 40, OriginalCharacters: 7,
		Replacements: []sanitize.Replacement{{Kind: sanitize.Control, Count: 3}}, Detector: "pem", MediaType: "a/b",
	}
	unread := &sanitize.Changes{Kinds: sanitize.Truncated, OriginalBytes: 1, OriginalCharacters: -1}
	sent := &preview.Result{
		RequestID: "id",
		Columns: []preview.Column{
			{Name: "n", Type: "numeric(10,2)", TypeOID: 1700, Category: "N", Precision: 10, Scale: 2, OriginTable: "s.t", OriginColumn: "c", Changes: changed, Masking: &preview.Masking{Rule: "column_rule", Source: "s.t.c", Hint: "h"}},
			{Name: "n", Type: "text", TypeOID: 25, Category: "S", Precision: -1, Scale: -1, Changes: unread},
		},
		Rows:         [][]preview.Cell{{{Text: "1.00"}, {Null: true}}, {{Text: ""}, {Text: "x", Changes: changed}}},
		Truncations:  []preview.Truncation{{Reason: preview.RowLimit, Limit: 100, Rows: 2}, {Reason: preview.CellLimit, Limit: 1024, Rows: 2}},
		Sanitization: preview.Sanitization{PolicyVersion: "7", CellsChanged: 1, Counts: map[sanitize.Kind]int{sanitize.MaskedValue: 1, sanitize.Truncated: 2}},
		Stats:        preview.Stats{Check: 1, Queue: 2, Connect: 3, Execute: 4, Fetch: 5, Sanitize: 6, Catalog: 7, Total: time.Second, Rows: 2, Bytes: 9, BytesReceived: 1 << 33},
		Receipt:      preview.Receipt{SQLFingerprint: "f", Tables: []string{"t"}, SchemaFingerprint: "s", PayloadSHA256: "p"},
	}
	allSet(t, sent.Columns[0])
	allSet(t, sent.Truncations[0])
	allSet(t, sent.Sanitization)
	allSet(t, sent.Stats)
	allSet(t, sent.Receipt)
	allSet(t, *changed)
	if got := received.Preview(wire.Preview(sent)); !reflect.DeepEqual(got, sent) {
		t.Errorf("received %+v\nwas sent  %+v", got, sent)
	}
}

func TestErrorIsTheOneThatWasSent(t *testing.T) {
	t.Parallel()
	sent := &preview.Error{
		Reason: "LOCK_TIMEOUT", Rule: "r1", Message: "m", Hint: "h", SQLSTATE: "55P03", RequestID: "id", StoppedBy: "clock", RetryAfter: 3 * time.Second,
		Position:   preview.Position{Line: 1, Column: 2, Offset: 3, End: 4},
		Violations: []preview.Violation{{Reason: "ROW_LOCK", Rule: "r1", Message: "m", Line: 1, Column: 2, Offset: 3, End: 4, Hint: "h"}},
	}
	allSet(t, *sent, "Receipt") // for the sidecar's own records
	allSet(t, sent.Violations[0])
	if got := received.Error(wire.Error(sent)); !reflect.DeepEqual(got, sent) {
		t.Errorf("got %+v, want %+v", got, sent)
	}
	if got := received.Error(errors.New("nobody listens")); got.Reason != "INTERNAL" || got.Message != "nobody listens" {
		t.Errorf("got %+v", got)
	}
}

// allSet checks that a sample has a value in every field, so that a field which is not
// carried over cannot pass unnoticed.
func allSet(t *testing.T, sample any, except ...string) {
	t.Helper()
	value := reflect.ValueOf(sample)
	for i := range value.NumField() {
		name := value.Type().Field(i).Name
		if value.Field(i).IsZero() && !slices.Contains(except, name) {
			t.Errorf("the sample of %T has no %s", sample, name)
		}
	}
}
