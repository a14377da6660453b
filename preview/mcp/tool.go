package mcp

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
)

// The schemas are written out, not inferred, so that they do not change with a
// version of the SDK.
//
//go:embed schemas/*.json
var schemas embed.FS

// tool is one tool.
type tool struct {
	name, title, description string
	// call runs the tool. Its answer goes out in both forms.
	call func(ctx context.Context, core Core, arguments json.RawMessage) (*answer, error)
}

// answer is a tool's answer as a text and as what is written as JSON.
type answer struct {
	text       string
	structured any
}

var tools = []tool{
	{
		"preview_query", "Preview a query",
		"Run one read-only SELECT or WITH query on PostgreSQL and return its first rows (at most 100, values cut at 1024 characters). " +
			"Data-changing statements, row locks and functions with effects are refused with the place and a hint.",
		previewQuery,
	},
	{
		"validate_query", "Validate a query",
		"Say whether a query would be accepted, without running it or asking the database: the violations with their places and hints, " +
			"or the tables and functions that it names.",
		validateQuery,
	},
	{
		"describe_query", "Describe a query",
		"Return the names and types of the columns that a query would have. Nothing is run and no row is read.",
		describeQuery,
	},
	{
		"list_tables", "List tables",
		"List the tables and views that a query may read, with their kinds, estimated rows and comments. Filter by schema and by a part of the name.",
		listTables,
	},
	{
		"describe_table", "Describe a table",
		"Return one table's columns with types, keys and comments, and which columns a preview masks.",
		describeTable,
	},
}

// declaration is what clients see of the tool.
func (t tool) declaration() *sdk.Tool {
	no := false
	return &sdk.Tool{
		Name: t.name, Title: t.title, Description: t.description,
		InputSchema: schema(t.name + ".input"), OutputSchema: schema(t.name + ".output"),
		Annotations: &sdk.ToolAnnotations{
			Title: t.title, ReadOnlyHint: true, DestructiveHint: &no, IdempotentHint: true, OpenWorldHint: &no,
		},
	}
}

func schema(name string) json.RawMessage {
	text, err := schemas.ReadFile("schemas/" + name + ".json")
	if err != nil {
		panic("mcp: no schema " + name) // a test calls for each
	}
	return text
}

// handler runs a tool for the SDK.
func (s *Server) handler(t tool, within contextOf) sdk.ToolHandler {
	return func(ctx context.Context, request *sdk.CallToolRequest) (result *sdk.CallToolResult, _ error) {
		defer progress(ctx, request)()
		ctx, done := within(ctx, request.Extra)
		defer done()
		defer func() {
			if recover() != nil { // its value may hold anything
				result = toolError(&preview.Error{Reason: reason.Internal, Message: "the call failed inside sqlpreview"})
			}
		}()
		answer, err := t.call(ctx, s.core, request.Params.Arguments)
		if err != nil {
			return s.failed(ctx, err), nil
		}
		structured, err := json.Marshal(answer.structured)
		if err != nil {
			return toolError(&preview.Error{Reason: reason.Internal, Message: "the answer cannot be written as JSON"}), nil
		}
		return &sdk.CallToolResult{
			Content:           []sdk.Content{&sdk.TextContent{Text: answer.text}},
			StructuredContent: json.RawMessage(structured),
		}, nil
	}
}

// progressEvery is how often a client that asked for it learns that its call is still
// running.
const progressEvery = time.Second

// progress tells the client of a call that takes long, until the function that it
// returns is called. The context is the SDK's, which knows where the client
// waits for news of this call.
func progress(ctx context.Context, request *sdk.CallToolRequest) (stop func()) {
	token := request.Params.GetProgressToken()
	if token == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(progressEvery)
		defer ticker.Stop()
		for start := time.Now(); ; {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				// The call itself finds out that its client is gone.
				_ = request.Session.NotifyProgress(ctx, &sdk.ProgressNotificationParams{
					ProgressToken: token, Progress: time.Since(start).Seconds(), Total: preview.HardTimeout.Seconds(), Message: "waiting for the database",
				})
			}
		}
	}()
	return func() { cancel(); <-done }
}

// argumentsOf reads a tool's arguments. An unknown one is an error, so that a model
// notices a misspelling.
func argumentsOf(raw json.RawMessage, into any) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = json.RawMessage("{}")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	var mistyped *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &mistyped) && mistyped.Field != "":
		return argumentError(mistyped.Field + " is of the wrong type: " + mistyped.Value)
	case errors.As(err, &mistyped):
		return argumentError("they are no object")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return argumentError("there is no argument " + name)
	}
	return argumentError("they are no JSON")
}

func argumentError(what string) error {
	if len(what) > 200 {
		what = what[:200]
	}
	return &preview.Error{
		Reason: reason.SQLInvalidText, Message: fmt.Sprintf("the arguments do not fit the tool: %s", strings.ToValidUTF8(what, "\uFFFD")),
		Hint: "send the arguments that the tool's input schema names",
	}
}
