// Package answerjson writes answers and failures as the JSON that others script.
package answerjson

import (
	"bytes"
	"encoding/json"
	"io"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/op-data/sqlpreview/preview"
)

// failure is a failure as others script it.
type failure struct {
	Error struct {
		Reason     string              `json:"reason"`
		Message    string              `json:"message"`
		Hint       string              `json:"hint,omitempty"`
		SQLSTATE   string              `json:"sqlstate,omitempty"`
		Position   *position           `json:"position,omitempty"`
		Violations []preview.Violation `json:"violations"`
	} `json:"error"`
}

type position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Offset int `json:"offset"`
	End    int `json:"end"`
}

// WriteFailure writes a failure.
func WriteFailure(w io.Writer, e *preview.Error) error {
	var out failure
	out.Error.Reason, out.Error.Message = string(e.Reason), e.Message
	out.Error.Hint, out.Error.SQLSTATE = e.Hint, e.SQLSTATE
	out.Error.Violations = append([]preview.Violation{}, e.Violations...)
	if p := e.Position; !p.IsZero() {
		out.Error.Position = &position{Line: p.Line, Column: p.Column, Offset: p.Offset, End: p.End}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

// WriteMessage writes a message as the RPC's JSON, indented: what protojson itself
// indents varies from build to build.
func WriteMessage(w io.Writer, message proto.Message) error {
	plain, err := protojson.Marshal(message)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, plain, "", "  "); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err = out.WriteTo(w)
	return err
}
