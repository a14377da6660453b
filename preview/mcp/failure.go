package mcp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
)

// errorKey is where a failure stands in a result's _meta, for programs.
const errorKey = "sqlpreview.op-data.com/error"

type errorOut struct {
	Reason       string              `json:"reason"`
	Message      string              `json:"message"`
	Hint         string              `json:"hint,omitempty"`
	SQLSTATE     string              `json:"sqlstate,omitempty"`
	Line         int                 `json:"line,omitempty"`
	Column       int                 `json:"column,omitempty"`
	RetryAfterMS int64               `json:"retry_after_ms,omitempty"`
	RequestID    string              `json:"request_id,omitempty"`
	Violations   []preview.Violation `json:"violations"`
}

// failed turns an error of the core's into a tool error. For a connection that is
// not there it says which are.
func (s *Server) failed(ctx context.Context, err error) *sdk.CallToolResult {
	failure := &preview.Error{Reason: reason.Internal, Message: "the call failed; what the cause said is withheld"}
	var known *preview.Error
	if errors.As(err, &known) {
		copied := *known
		failure = &copied
	}
	if failure.Reason == reason.ConnectionNotFound {
		if page, err := s.core.ListConnections(ctx, preview.ConnectionsRequest{PageSize: 20}); err == nil && len(page.Connections) > 0 {
			ids := make([]string, len(page.Connections))
			for i, c := range page.Connections {
				ids[i] = oneLine(c.ID)
			}
			failure.Hint = "use one of these connections: " + strings.Join(ids, ", ")
		}
	}
	return toolError(failure)
}

func toolError(e *preview.Error) *sdk.CallToolResult {
	out := errorOut{
		Reason: string(e.Reason), Message: e.Message, Hint: e.Hint, SQLSTATE: e.SQLSTATE, Line: e.Position.Line, Column: e.Position.Column,
		RetryAfterMS: e.RetryAfter.Milliseconds(), RequestID: e.RequestID, Violations: append([]preview.Violation{}, e.Violations...),
	}
	return &sdk.CallToolResult{
		Meta: sdk.Meta{errorKey: out}, IsError: true,
		Content: []sdk.Content{&sdk.TextContent{Text: failureText(e)}},
	}
}

// failureText says what is wrong, where, and what to do, for a model.
func failureText(e *preview.Error) string {
	var text strings.Builder
	if len(e.Violations) > 0 {
		fmt.Fprintf(&text, "The query was refused. Mend all of this, then try again:\n")
		text.WriteString(violationsText(e.Violations))
		return text.String()
	}
	fmt.Fprintf(&text, "%s: %s", e.Reason, oneLine(e.Message))
	if !e.Position.IsZero() {
		fmt.Fprintf(&text, " (line %d, column %d)", e.Position.Line, e.Position.Column)
	}
	if e.Hint != "" {
		fmt.Fprintf(&text, "\nhint: %s", oneLine(e.Hint))
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&text, "\nretry after %s", e.RetryAfter)
	}
	return text.String()
}

func violationsText(violations []preview.Violation) string {
	var text strings.Builder
	for _, v := range violations {
		fmt.Fprintf(&text, "- line %d, column %d: %s: %s", v.Line, v.Column, v.Reason, oneLine(v.Message))
		if v.Hint != "" {
			fmt.Fprintf(&text, "; hint: %s", oneLine(v.Hint))
		}
		text.WriteByte('\n')
	}
	return text.String()
}
