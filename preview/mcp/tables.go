package mcp

import (
	"context"
	"encoding/json"

	"github.com/op-data/sqlpreview/preview"
)

type tableColumnOut struct {
	Name      string `json:"name"`
	SQLName   string `json:"sql_name"`
	Type      string `json:"type"`
	NotNull   bool   `json:"not_null"`
	Generated bool   `json:"generated"`
	Identity  bool   `json:"identity"`
	Masked    bool   `json:"masked"`
	Comment   string `json:"comment"`
}

type foreignKeyOut struct {
	Columns        []string `json:"columns"`
	ForeignTable   string   `json:"foreign_table"`
	ForeignColumns []string `json:"foreign_columns"`
}

type tableOut struct {
	Schema         string           `json:"schema"`
	Name           string           `json:"name"`
	SQLName        string           `json:"sql_name"`
	Kind           string           `json:"kind"`
	Comment        string           `json:"comment"`
	RowEstimate    *int64           `json:"row_estimate"`
	PartitionOf    string           `json:"partition_of"`
	Columns        []tableColumnOut `json:"columns"`
	ColumnsOmitted int              `json:"columns_omitted"`
	PrimaryKey     []string         `json:"primary_key"`
	ForeignKeys    []foreignKeyOut  `json:"foreign_keys"`
}

type listTablesOut struct {
	RequestID     string     `json:"request_id"`
	Tables        []tableOut `json:"tables"`
	NextPageToken string     `json:"next_page_token"`
}

func listTables(ctx context.Context, core Core, raw json.RawMessage) (*answer, error) {
	var a struct {
		Connection string `json:"connection"`
		Schema     string `json:"schema"`
		Pattern    string `json:"pattern"`
		System     bool   `json:"system"`
		Columns    bool   `json:"columns"`
		PageSize   int    `json:"page_size"`
		PageToken  string `json:"page_token"`
	}
	if err := argumentsOf(raw, &a); err != nil {
		return nil, err
	}
	page, err := core.ListTables(ctx, preview.TablesRequest{
		ConnectionID: a.Connection, Schema: a.Schema, Pattern: a.Pattern, System: a.System, Columns: a.Columns,
		PageSize: a.PageSize, PageToken: a.PageToken,
	})
	if err != nil {
		return nil, err
	}
	out := listTablesOut{RequestID: page.RequestID, Tables: make([]tableOut, len(page.Tables)), NextPageToken: page.NextPageToken}
	for i := range page.Tables {
		out.Tables[i] = tableOutOf(&page.Tables[i])
	}
	return &answer{tablesText(page, a.Columns), out}, nil
}

func describeTable(ctx context.Context, core Core, raw json.RawMessage) (*answer, error) {
	var a struct {
		Table      string `json:"table"`
		Connection string `json:"connection"`
	}
	if err := argumentsOf(raw, &a); err != nil {
		return nil, err
	}
	d, err := core.DescribeTable(ctx, preview.TableRequest{ConnectionID: a.Connection, Table: a.Table})
	if err != nil {
		return nil, err
	}
	return &answer{tableText(&d.Table), struct {
		RequestID string   `json:"request_id"`
		Table     tableOut `json:"table"`
	}{d.RequestID, tableOutOf(&d.Table)}}, nil
}

func tableOutOf(t *preview.Table) tableOut {
	out := tableOut{
		Schema: t.Schema, Name: t.Name, SQLName: t.SQLName, Kind: string(t.Kind), Comment: t.Comment, PartitionOf: t.PartitionOf,
		Columns: make([]tableColumnOut, len(t.Columns)), ColumnsOmitted: t.ColumnsOmitted,
		PrimaryKey: listed(t.PrimaryKey), ForeignKeys: make([]foreignKeyOut, len(t.ForeignKeys)),
	}
	if t.RowEstimate >= 0 {
		out.RowEstimate = &t.RowEstimate
	}
	for i, c := range t.Columns {
		out.Columns[i] = tableColumnOut{
			Name: c.Name, SQLName: c.SQLName, Type: c.Type, NotNull: c.NotNull, Generated: c.Generated, Identity: c.Identity,
			Masked: c.Masked, Comment: c.Comment,
		}
	}
	for i, k := range t.ForeignKeys {
		out.ForeignKeys[i] = foreignKeyOut{Columns: k.Columns, ForeignTable: k.ForeignSQLName, ForeignColumns: k.ForeignColumns}
	}
	return out
}
