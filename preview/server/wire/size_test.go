package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/server/wire"
)

// TestBytesBoundTheAnswer: what Stats.Bytes counts, and MaxResponseBytes bounds, is
// not less than the names and values of an answer take as Protobuf, and as JSON
// they take at most three times as much, whatever they are made of.
func TestBytesBoundTheAnswer(t *testing.T) {
	p, err := preview.New(preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(pgtest.Shared(t).Database(t, "")))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	const most = 3
	for name, value := range map[string]string{
		"null":                   `null`,
		"empty":                  `''`,
		"one character":          `'x'`,
		"numbers":                `1`,
		"quotes":                 `repeat('"', 1000)`,
		"backslashes":            `repeat('\', 1000)`,
		"tags":                   `repeat('<', 1000)`,
		"line ends":              `repeat(E'\n', 1000)`,
		"tabs":                   `E'\t'`,
		"wide characters":        `repeat('漢', 1000)`,
		"line separators":        `repeat(E'\u2028', 1000)`,
		"an invisible character": `E'\u200b'`,
		"a control character":    `E'\x01'`,
		"many kinds of change":   `E'=\x01\u200b\u202e' || repeat('x', 2000)`,
		"a cut":                  `repeat('x', 1025)`,
		"a secret":               `'AKIAIOSFODNN7EXAMPLE'`,
		"bytes":                  `'\xdeadbeef'::bytea`,
		"an image":               `'\x89504e470d0a1a0a'::bytea`,
	} {
		for _, columns := range []int{1, 20, 400} {
			var list []string
			for i := range columns {
				list = append(list, fmt.Sprintf(`%s as "%c"`, value, rune('a'+i%26)))
			}
			result, err := p.Preview(t.Context(), preview.Request{SQL: "select " + strings.Join(list, ", ") + " from generate_series(1, 100)"})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			message := wire.Preview(result)
			counted := float64(result.Stats.Bytes)
			// What is the same for every answer is not counted.
			message.Stats, message.Receipt, message.Sanitization, message.Truncations = nil, nil, nil, nil
			text, err := protojson.Marshal(message)
			if err != nil {
				t.Fatal(err)
			}
			binary := float64(proto.Size(message)-len(result.RequestID)-2) / counted
			t.Logf("%s, %d columns, %d rows: %.0f counted, Protobuf takes %.2f, JSON %.2f of it", name, columns, result.Stats.Rows, counted, binary, float64(len(text))/counted)
			if binary > 1 || float64(len(text)) > most*counted {
				t.Errorf("%s, %d columns: Protobuf takes %.2f, JSON %.2f of what is counted", name, columns, binary, float64(len(text))/counted)
			}
		}
	}
}
