package preview_test

import (
	"context"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview"
)

func TestBounds(t *testing.T) {
	p := newPreviewer(t, preview.Config{})
	tests := []struct {
		name    string
		request preview.Request
		rows    int
		want    []preview.TruncationReason
	}{
		{"100 rows and no more", preview.Request{SQL: "select * from orders"}, 100, []preview.TruncationReason{preview.RowLimit}},
		{"a caller may ask for fewer", preview.Request{SQL: "select * from orders", MaxRows: 7}, 7, []preview.TruncationReason{preview.RowLimit}},
		{"a caller may not ask for more", preview.Request{SQL: "select * from orders", MaxRows: 5000}, 100, []preview.TruncationReason{preview.RowLimit}},
		{"a negative number means the limit", preview.Request{SQL: "select * from orders", MaxRows: -1}, 100, []preview.TruncationReason{preview.RowLimit}},
		{"the whole", preview.Request{SQL: "select * from orders where id < 4"}, 3, nil},
		{"a limit of the author's own", preview.Request{SQL: "select * from orders limit 3"}, 3, nil},
		{"a long cell", preview.Request{SQL: "select repeat('x', 5000)"}, 1, []preview.TruncationReason{preview.CellLimit}},
		{
			"many bytes", preview.Request{SQL: "select " + strings.Repeat("repeat('x', 1024), ", 19) + "repeat('x', 1024) from orders"}, 50,
			[]preview.TruncationReason{preview.ByteLimit},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			result, err := p.Preview(context.Background(), tt.request)
			if err != nil {
				t.Fatal(err)
			}
			if len(result.Rows) != tt.rows {
				t.Errorf("got %d rows, want %d", len(result.Rows), tt.rows)
			}
			var got []preview.TruncationReason
			for _, truncation := range result.Truncations {
				got = append(got, truncation.Reason)
				if truncation.Rows != len(result.Rows) || truncation.Limit <= 0 {
					t.Errorf("truncation %+v with %d rows", truncation, len(result.Rows))
				}
			}
			if strings.Join(names(got), " ") != strings.Join(names(tt.want), " ") {
				t.Errorf("truncations are %v, want %v", got, tt.want)
			}
			for _, row := range result.Rows {
				for _, cell := range row {
					if n := len([]rune(cell.Text)); n > 1024 {
						t.Fatalf("a cell has %d characters", n)
					}
				}
			}
			if result.Stats.Bytes > preview.DefaultLimits().MaxResponseBytes {
				t.Errorf("the response takes %d bytes", result.Stats.Bytes)
			}
		})
	}
}

func names(reasons []preview.TruncationReason) []string {
	list := make([]string, len(reasons))
	for i, r := range reasons {
		list[i] = string(r)
	}
	return list
}

func TestByteLimitBelowTheColumns(t *testing.T) {
	p := newPreviewer(t, preview.Config{Limits: preview.Limits{MaxResponseBytes: 300}})
	result := run(t, p, "select 1 as a, 2 as b, 3 as c, 4 as d, 5 as e, 6 as f, 7 as g")
	if len(result.Columns) == 0 || len(result.Columns) >= 7 {
		t.Fatalf("got %d columns, want some but not all", len(result.Columns))
	}
	for _, row := range result.Rows {
		if len(row) != len(result.Columns) {
			t.Errorf("a row has %d cells for %d columns", len(row), len(result.Columns))
		}
	}
	found := false
	for _, truncation := range result.Truncations {
		found = found || truncation.Reason == preview.ColumnLimit
	}
	if !found {
		t.Errorf("truncations are %+v, want COLUMN_LIMIT among them", result.Truncations)
	}
}
