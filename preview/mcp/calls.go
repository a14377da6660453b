package mcp

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"github.com/op-data/sqlpreview/preview"
)

// maxChanges bounds the changes that an answer lists one by one.
const maxChanges = 1000

type queryArguments struct {
	SQL            string   `json:"sql"`
	Connection     string   `json:"connection"`
	MaxRows        int      `json:"max_rows"`
	TimeoutSeconds *float64 `json:"timeout_seconds"`
}

// request is the core's; bounds are the core's to keep.
func (a queryArguments) request() (preview.Request, error) {
	r := preview.Request{SQL: a.SQL, ConnectionID: a.Connection, MaxRows: a.MaxRows}
	if t := a.TimeoutSeconds; t != nil {
		if math.IsNaN(*t) || *t <= 0 {
			return r, argumentError("timeout_seconds must be above 0")
		}
		r.Timeout = time.Duration(min(*t, preview.HardTimeout.Seconds()) * float64(time.Second))
		r.Timeout = max(r.Timeout, time.Millisecond)
	}
	if a.MaxRows < 0 { // 0 means the most, as if it were left out
		return r, argumentError("max_rows must not be below 0")
	}
	return r, nil
}

type columnOut struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Origin string `json:"origin,omitempty"`
	Masked string `json:"masked,omitempty"`
	Source string `json:"masked_source,omitempty"`
}

type truncationOut struct {
	Reason string `json:"reason"`
	Limit  int64  `json:"limit"`
}

type changeOut struct {
	Row           int      `json:"row"`
	Column        int      `json:"column"`
	Kinds         []string `json:"kinds"`
	OriginalBytes int64    `json:"original_bytes,omitempty"`
	Detector      string   `json:"detector,omitempty"`
}

type previewOut struct {
	RequestID    string          `json:"request_id"`
	Columns      []columnOut     `json:"columns"`
	Rows         [][]*string     `json:"rows"`
	Truncations  []truncationOut `json:"truncations"`
	Changes      []changeOut     `json:"changes"`
	ChangedCells int             `json:"changed_cells"`
}

func previewQuery(ctx context.Context, core Core, raw json.RawMessage) (*answer, error) {
	var a queryArguments
	if err := argumentsOf(raw, &a); err != nil {
		return nil, err
	}
	request, err := a.request()
	if err != nil {
		return nil, err
	}
	result, err := core.Preview(ctx, request)
	if err != nil {
		return nil, err
	}
	out := previewOut{
		RequestID: result.RequestID, Columns: columnsOut(result.Columns), Rows: make([][]*string, len(result.Rows)),
		Truncations: make([]truncationOut, len(result.Truncations)), Changes: changesOut(result), ChangedCells: result.Sanitization.CellsChanged,
	}
	for i, row := range result.Rows {
		out.Rows[i] = make([]*string, len(row))
		for j := range row {
			if !row[j].Null {
				out.Rows[i][j] = &row[j].Text
			}
		}
	}
	for i, t := range result.Truncations {
		out.Truncations[i] = truncationOut{string(t.Reason), t.Limit}
	}
	return &answer{previewText(result), out}, nil
}

func columnsOut(columns []preview.Column) []columnOut {
	out := make([]columnOut, len(columns))
	for i, c := range columns {
		out[i] = columnOut{Name: c.Name, Type: c.Type}
		if c.OriginTable != "" {
			out[i].Origin = c.OriginTable + "." + c.OriginColumn
		}
		if c.Masking != nil {
			out[i].Masked, out[i].Source = c.Masking.Rule, c.Masking.Source
		}
	}
	return out
}

// changesOut lists what was done, names of columns first.
func changesOut(r *preview.Result) []changeOut {
	out := []changeOut{}
	for j, c := range r.Columns {
		if c.Changes != nil && len(out) < maxChanges {
			out = append(out, changeOut{0, j + 1, c.Changes.Kinds.Names(), c.Changes.OriginalBytes, c.Changes.Detector})
		}
	}
	for i, row := range r.Rows {
		for j, cell := range row {
			if c := cell.Changes; c != nil && len(out) < maxChanges {
				out = append(out, changeOut{i + 1, j + 1, c.Kinds.Names(), c.OriginalBytes, c.Detector})
			}
		}
	}
	return out
}

type validateOut struct {
	Allowed      bool                `json:"allowed"`
	Violations   []preview.Violation `json:"violations"`
	Tables       []string            `json:"tables"`
	Functions    []string            `json:"functions"`
	ToBeResolved []string            `json:"functions_to_be_resolved"`
}

func validateQuery(ctx context.Context, core Core, raw json.RawMessage) (*answer, error) {
	var a struct {
		SQL string `json:"sql"`
	}
	if err := argumentsOf(raw, &a); err != nil {
		return nil, err
	}
	verdict, err := core.Validate(ctx, a.SQL)
	if err != nil {
		return nil, err
	}
	return &answer{verdictText(verdict), validateOut{
		Allowed: verdict.Allowed, Violations: append([]preview.Violation{}, verdict.Violations...),
		Tables: listed(verdict.Tables), Functions: listed(verdict.Functions), ToBeResolved: listed(verdict.ToBeResolved),
	}}, nil
}

type describeOut struct {
	RequestID string      `json:"request_id"`
	Columns   []columnOut `json:"columns"`
}

func describeQuery(ctx context.Context, core Core, raw json.RawMessage) (*answer, error) {
	var a queryArguments
	if err := argumentsOf(raw, &a); err != nil {
		return nil, err
	}
	request, err := a.request()
	if err != nil {
		return nil, err
	}
	d, err := core.Describe(ctx, request)
	if err != nil {
		return nil, err
	}
	return &answer{columnsText(d.Columns), describeOut{d.RequestID, columnsOut(d.Columns)}}, nil
}

// listed is never nil: a schema that says array means no null.
func listed(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
