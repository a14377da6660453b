package gateway

import (
	"encoding/json"
	"fmt"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

func TestAnswersOfTools(t *testing.T) {
	tests := []struct {
		name string
		// result is the tool's, in the protocol's JSON.
		result string
		want   string
	}{
		{"an array of objects", `{"content":[{"type":"text","text":"[{\"b\":1.50,\"a\":null},{\"b\":\"x\",\"a\":[1]}]"}]}`,
			`[b a] [[1.50 NULL] [x [1]]] ""`},
		{"an array somewhere inside", `{"content":[{"type":"text","text":"{\"success\":true,\"data\":{\"rows\":[{\"n\":\"1\"}],\"count\":1}}"}]}`,
			`[n] [[1]] ""`},
		{"an object a text", `{"content":[{"type":"text","text":"{\"n\":\"1\"}"},{"type":"text","text":"{\"n\":\"2\"}"}]}`,
			`[n] [[1] [2]] ""`},
		{"no rows", `{"content":[{"type":"text","text":"[]"}]}`, `[] [] ""`},
		{"words", `{"content":[{"type":"text","text":"3 rows affected"}]}`, `[] [] "3 rows affected\n"`},
		{"our own", `{"content":[],"structuredContent":{"columns":[{"name":"a"},{"name":"a"}],"rows":[["1",null]],"truncations":[{"reason":"ROW_LIMIT"}],
			"changes":[{"row":1,"column":1,"kinds":["TRUNCATED"]},{"row":9,"column":9,"kinds":["CONTROL"]}]}}`, `[a a] [[1~ NULL]] ""`},
	}
	for _, tt := range tests {
		var result sdk.CallToolResult
		if err := json.Unmarshal([]byte(tt.result), &result); err != nil {
			t.Fatal(err)
		}
		answer, err := answerOfTool(&result)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		rows := make([][]string, len(answer.Rows))
		for i, row := range answer.Rows {
			for _, cell := range row {
				text := cell.Text
				if cell.Null {
					text = "NULL"
				}
				if cell.Changed {
					text += "~"
				}
				rows[i] = append(rows[i], text)
			}
		}
		if got := fmt.Sprintf("%v %v %q", answer.Columns, rows, answer.Words); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestRefusalsOfTools(t *testing.T) {
	var own, other sdk.CallToolResult
	if err := json.Unmarshal([]byte(`{"isError":true,"content":[{"type":"text","text":"no"}],
		"_meta":{"sqlpreview.op-data.com/error":{"reason":"ROW_LOCK","violations":[{"reason":"ROW_LOCK","rule":"row-lock"}]}}}`), &own); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(`{"isError":true,"content":[{"type":"text","text":"no such table"}]}`), &other); err != nil {
		t.Fatal(err)
	}
	_, err := answerOfTool(&own)
	if r := AsRefusal(err); r == nil || r.Reason != "ROW_LOCK" || r.Rule != "row-lock" || r.Stage != Guard || len(r.Violations) != 1 {
		t.Errorf("got %+v", r)
	}
	_, err = answerOfTool(&other)
	if r := AsRefusal(err); r == nil || r.Reason != "tool error" || r.Stage != Database || r.Words != "no such table" {
		t.Errorf("got %+v", r)
	}
}
