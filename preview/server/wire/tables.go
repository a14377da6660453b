package wire

import (
	"cmp"

	"github.com/op-data/sqlpreview/preview"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// TablesRequest converts a request, as PreviewRequest does.
func TablesRequest(r *previewv1.ListTablesRequest) preview.TablesRequest {
	return preview.TablesRequest{
		ConnectionID: cmp.Or(r.GetConnectionId(), preview.DefaultConnectionID),
		RequestID:    r.GetRequestId(),
		Timeout:      r.GetTimeout().AsDuration(),
		Schema:       r.GetSchema(),
		Pattern:      r.GetPattern(),
		System:       r.GetIncludeSystem(),
		Columns:      r.GetIncludeColumns(),
		PageSize:     int(min(r.GetPageSize(), preview.HardMaxPage)),
		PageToken:    r.GetPageToken(),
	}
}

// TableRequest converts a request, as PreviewRequest does.
func TableRequest(r *previewv1.DescribeTableRequest) preview.TableRequest {
	return preview.TableRequest{
		ConnectionID: cmp.Or(r.GetConnectionId(), preview.DefaultConnectionID),
		RequestID:    r.GetRequestId(),
		Timeout:      r.GetTimeout().AsDuration(),
		Table:        r.GetTable(),
	}
}

// ConnectionsRequest converts a request.
func ConnectionsRequest(r *previewv1.ListConnectionsRequest) preview.ConnectionsRequest {
	return preview.ConnectionsRequest{
		RequestID: r.GetRequestId(),
		PageSize:  int(min(r.GetPageSize(), preview.HardMaxPage)),
		PageToken: r.GetPageToken(),
	}
}

// Tables converts a page of tables.
func Tables(p *preview.TablePage) *previewv1.ListTablesResponse {
	out := &previewv1.ListTablesResponse{RequestId: p.RequestID, NextPageToken: p.NextPageToken}
	for i := range p.Tables {
		out.Tables = append(out.Tables, table(&p.Tables[i]))
	}
	return out
}

// Table converts a description of a table.
func Table(d *preview.TableDescription) *previewv1.DescribeTableResponse {
	return &previewv1.DescribeTableResponse{RequestId: d.RequestID, Table: table(&d.Table)}
}

// Connections converts a page of connections.
func Connections(p *preview.ConnectionPage) *previewv1.ListConnectionsResponse {
	out := &previewv1.ListConnectionsResponse{RequestId: p.RequestID, NextPageToken: p.NextPageToken}
	for _, c := range p.Connections {
		out.Connections = append(out.Connections, &previewv1.Connection{Id: valid(c.ID), Label: c.Label})
	}
	return out
}

func table(t *preview.Table) *previewv1.Table {
	out := &previewv1.Table{
		Schema:         t.Schema,
		Name:           t.Name,
		SqlName:        t.SQLName,
		Kind:           previewv1.TableKind(previewv1.TableKind_value["TABLE_KIND_"+string(t.Kind)]),
		Comment:        t.Comment,
		PrimaryKey:     t.PrimaryKey,
		ColumnsOmitted: int32of(t.ColumnsOmitted),
		PartitionOf:    t.PartitionOf,
		Changes:        changes(t.Changes),
		CommentChanges: changes(t.CommentChanges),
	}
	if t.RowEstimate >= 0 {
		out.RowEstimate = &t.RowEstimate
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		out.Columns = append(out.Columns, &previewv1.TableColumn{
			Name: c.Name, SqlName: c.SQLName, Type: c.Type, NotNull: c.NotNull, Generated: c.Generated, Identity: c.Identity,
			Comment: c.Comment, Masked: c.Masked, Changes: changes(c.Changes), CommentChanges: changes(c.CommentChanges),
		})
	}
	for _, k := range t.ForeignKeys {
		out.ForeignKeys = append(out.ForeignKeys, &previewv1.ForeignKey{
			Columns: k.Columns, ForeignSchema: k.ForeignSchema, ForeignTable: k.ForeignTable,
			ForeignColumns: k.ForeignColumns, ForeignSqlName: k.ForeignSQLName,
		})
	}
	return out
}
