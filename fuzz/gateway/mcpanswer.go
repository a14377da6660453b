package gateway

import (
	"bytes"
	"encoding/json"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// answerOfTool reads what a tool returned: rows by our own schema, or rows as
// others write them, an array of objects, wherever it stands in a JSON text. What is
// neither is words.
func answerOfTool(result *sdk.CallToolResult) (*Answer, error) {
	var texts []string
	for _, content := range result.Content {
		if text, ok := content.(*sdk.TextContent); ok {
			texts = append(texts, text.Text)
		} else if other, err := content.MarshalJSON(); err == nil {
			texts = append(texts, string(other))
		}
	}
	if result.IsError {
		return nil, refusalOfTool(result.Meta, strings.Join(texts, "\n"))
	}
	if result.StructuredContent != nil {
		if raw, err := json.Marshal(result.StructuredContent); err == nil {
			if answer := ownAnswer(raw); answer != nil {
				return answer, nil
			}
		}
	}
	answer := &Answer{}
	for _, text := range texts {
		if !answer.objects([]byte(text)) {
			answer.Words += text + "\n"
		}
	}
	return answer, nil
}

// refusalOfTool reads the reason that our own server gives in _meta.
func refusalOfTool(meta sdk.Meta, words string) *Refusal {
	refusal := &Refusal{Words: words}
	var own struct {
		Reason     string
		SQLSTATE   string
		Violations []Violation
	}
	raw, err := json.Marshal(meta["sqlpreview.op-data.com/error"])
	if err == nil && json.Unmarshal(raw, &own) == nil && own.Reason != "" {
		refusal.Reason, refusal.Violations = own.Reason, own.Violations
		refusal.Words += "\n" + string(raw)
	}
	refusal.Stage = stageOfTool(refusal.Reason)
	if own.SQLSTATE != "" && refusal.Stage == Guard {
		refusal.Stage = Database
	}
	if len(refusal.Violations) > 0 {
		refusal.Rule = refusal.Violations[0].Rule
	}
	if refusal.Reason == "" {
		refusal.Reason = "tool error"
	}
	return refusal
}

// ownAnswer reads the structured content of our own server, or returns nil.
func ownAnswer(raw []byte) *Answer {
	var own struct {
		Columns     []struct{ Name string }
		Rows        [][]*string
		Truncations []struct{ Reason string }
		Changes     []struct {
			Row, Column int
			Kinds       []string
		}
	}
	if json.Unmarshal(raw, &own) != nil || own.Rows == nil {
		return nil
	}
	answer := &Answer{Rows: make([][]Cell, len(own.Rows))}
	for _, c := range own.Columns {
		answer.Columns = append(answer.Columns, c.Name)
	}
	for i, row := range own.Rows {
		answer.Rows[i] = make([]Cell, len(row))
		for j, text := range row {
			if answer.Rows[i][j].Null = text == nil; text != nil {
				answer.Rows[i][j].Text = *text
			}
		}
	}
	for _, c := range own.Changes {
		if c.Row < 1 || c.Row > len(answer.Rows) || c.Column < 1 || c.Column > len(answer.Rows[c.Row-1]) {
			continue
		}
		cell := &answer.Rows[c.Row-1][c.Column-1]
		for _, kind := range c.Kinds {
			switch kind {
			case "FORMULA_LIKE", "DIRECTION_MARK":
			case "TRUNCATED":
				cell.Cut, cell.Changed = true, true
			case "MASKED_COLUMN":
				cell.Masked, cell.Changed = true, true
			default:
				cell.Changed = true
			}
		}
	}
	for _, t := range own.Truncations {
		answer.RowsCut = answer.RowsCut || t.Reason == "ROW_LIMIT" || t.Reason == "BYTE_LIMIT"
		answer.ColumnsCut = answer.ColumnsCut || t.Reason == "COLUMN_LIMIT"
	}
	return answer
}

// objects adds the rows of a JSON text: those of an array of objects in it at any
// depth, or the text itself where it is one object of plain values.
func (a *Answer) objects(text []byte) bool {
	if !json.Valid(text) {
		return false
	}
	if a.find(text) {
		return true
	}
	return a.row(text)
}

func (a *Answer) find(text []byte) bool {
	text = bytes.TrimSpace(text)
	switch {
	case bytes.HasPrefix(text, []byte("[")):
		var items []json.RawMessage
		if json.Unmarshal(text, &items) != nil {
			return false
		}
		added := len(items) == 0
		for _, item := range items {
			added = a.row(item) || added
		}
		return added
	case bytes.HasPrefix(text, []byte("{")):
		found := false
		for _, value := range fields(text) {
			nested := bytes.TrimSpace(value.raw)
			if bytes.HasPrefix(nested, []byte("{")) || bytes.HasPrefix(nested, []byte("[{")) || bytes.Equal(nested, []byte("[]")) {
				found = a.find(nested) || found
			}
		}
		return found
	}
	return false
}

// row adds an object as a row.
func (a *Answer) row(text []byte) bool {
	if text = bytes.TrimSpace(text); !bytes.HasPrefix(text, []byte("{")) {
		return false
	}
	values := fields(text)
	row := make([]Cell, len(values))
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = v.name
		row[i].Text = string(v.raw)
		if row[i].Null = row[i].Text == "null"; row[i].Null {
			row[i].Text = ""
		}
		var plain string
		if json.Unmarshal(v.raw, &plain) == nil && !row[i].Null {
			row[i].Text = plain
		}
	}
	if a.Columns == nil {
		a.Columns = names
	}
	a.Rows = append(a.Rows, row)
	return true
}

// field is one member of an object.
type field struct {
	name string
	raw  json.RawMessage
}

// fields returns an object's members in their order.
func fields(object []byte) []field {
	decoder := json.NewDecoder(bytes.NewReader(object))
	if _, err := decoder.Token(); err != nil {
		return nil
	}
	var members []field
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return members
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return members
		}
		text, _ := name.(string) // the name of a member is a string
		members = append(members, field{text, value})
	}
	return members
}
