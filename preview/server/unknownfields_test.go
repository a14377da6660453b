package server

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// TestUnknownFieldsAreNamedWithoutAQuery: a caller that misnames sql gets an error that says so; one
// that has a query, or sends what a later version knows, is not disturbed.
func TestUnknownFieldsAreNamedWithoutAQuery(t *testing.T) {
	for text, want := range map[string]string{
		`{"query": "select 1"}`:                    `"query"`,
		`{"SQL": "select 1", "connectionId": "a"}`: `"SQL"`,
		`{"sql": "", "query": "x", "a\u202e": 1}`:  `"a\u202e", "query"`,
		`{"sql": "select 1", "query": "x"}`:        "",
		`{"sql": ""}`:                              "",
		`{"connection_id": "a", "requestId": "b"}`: "",
		`{}`:                                    "",
		`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1}`: `"a", "b", "c", "d", "e", ...`,
		`{"` + strings.Repeat("x", 500) + `": 1}`: `"` + strings.Repeat("x", maxUnknownName) + `"`,
	} {
		for _, message := range []proto.Message{&previewv1.PreviewQueryRequest{}, &previewv1.ValidateQueryRequest{}} {
			if _, validate := message.(*previewv1.ValidateQueryRequest); validate && strings.Contains(text, "onnection") {
				continue // it has no such field
			}
			if err := unmarshalJSON([]byte(text), message); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if got := unknownFields(message); got != want {
				t.Errorf("%s: got %s, want %s", text, got, want)
			}
		}
	}
	// A caller's own unknown field is not taken for the mark by its number alone.
	other := &previewv1.PreviewQueryRequest{}
	other.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 5000, protowire.VarintType), 1))
	if got := unknownFields(other); got != "" {
		t.Errorf("another field: %s", got)
	}
	if got := misnamed(`"query"`).Error(); !strings.Contains(got, `does not have: "query"`) {
		t.Error(got)
	}
}
