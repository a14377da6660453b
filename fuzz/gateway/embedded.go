package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/sanitize"
)

// Embedded is the Go package as a gateway.
type Embedded struct {
	// Previewer answers. Required.
	Previewer *preview.Previewer
	// ConnectionID is the database that Query asks; empty means the default.
	ConnectionID string
	// Timeout is asked for with every text; 0 means the previewer's own.
	Timeout time.Duration
}

// Query previews one text.
func (g *Embedded) Query(ctx context.Context, sql string) (*Answer, error) {
	result, err := g.Previewer.Preview(ctx, preview.Request{ConnectionID: g.ConnectionID, SQL: sql, Timeout: g.Timeout, RequestID: "fuzz"})
	if err != nil {
		return nil, refusalOf(err)
	}
	return answerOf(result), nil
}

func refusalOf(err error) error {
	var e *preview.Error
	if !errors.As(err, &e) {
		return &Refusal{Reason: "not a preview.Error", Stage: Other, Words: everything(err)}
	}
	refusal := &Refusal{Reason: string(e.Reason), Rule: e.Rule, Stage: stageOf(e.Reason), Words: everything(err)}
	for _, v := range e.Violations {
		refusal.Violations = append(refusal.Violations, Violation{Reason: string(v.Reason), Rule: v.Rule, Message: v.Message})
	}
	if e.SQLSTATE != "" && refusal.Stage == Guard {
		refusal.Stage = Database // a syntax error in a value, for instance of the type jsonpath
	}
	return refusal
}

// everything prints an error and all that it wraps, in every way that a careless
// caller may.
func everything(err error) string {
	var b strings.Builder
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&b, "%s\n%v\n%+v\n%#v\n", err.Error(), err, err, err)
		if text, jsonErr := json.Marshal(err); jsonErr == nil {
			b.Write(text)
		}
	}
	return b.String()
}

func answerOf(result *preview.Result) *Answer {
	a := &Answer{Rows: make([][]Cell, len(result.Rows))}
	for i, row := range result.Rows {
		a.Rows[i] = make([]Cell, len(row))
		for j, c := range row {
			a.Rows[i][j] = Cell{Text: c.Text, Null: c.Null}
			if c.Changes != nil {
				a.Rows[i][j].Changed = c.Changes.Kinds&sanitize.Modifying != 0
				a.Rows[i][j].Cut = c.Changes.Kinds.Has(sanitize.Truncated)
				a.Rows[i][j].Masked = c.Changes.Kinds.Has(sanitize.MaskedColumn)
			}
		}
	}
	for _, c := range result.Columns {
		a.Columns = append(a.Columns, c.Name)
	}
	for _, t := range result.Truncations {
		a.RowsCut = a.RowsCut || t.Reason == preview.RowLimit || t.Reason == preview.ByteLimit
		a.ColumnsCut = a.ColumnsCut || t.Reason == preview.ColumnLimit
	}
	a.Functions = map[uint32]bool{}
	for _, o := range result.Objects {
		if o.Kind != "relation" {
			a.Functions[o.OID] = true
		}
	}
	rest := *result
	rest.Rows = nil
	a.Words = fmt.Sprintf("%+v", rest)
	return a
}

// AcceptedBy reports whether an error means that the guard let the text pass.
func AcceptedBy(err error) bool {
	r := AsRefusal(err)
	return err == nil || r != nil && r.Stage == Database && r.Reason != string(reason.ClientCanceled)
}
