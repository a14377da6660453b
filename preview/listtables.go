package preview

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/listing"
	"github.com/op-data/sqlpreview/preview/internal/wrap"
	"github.com/op-data/sqlpreview/preview/reason"
)

const (
	// searchTime is how long a page goes on looking for tables; it then ends with
	// what was found.
	searchTime = time.Second
	// maxFilterBytes is longer than any name of PostgreSQL's in any encoding.
	maxFilterBytes = 1 << 10
)

// ListTables returns one page of the tables that the connection's role may SELECT
// from and that the policy lets a query name. No row and no statistics of columns
// are read. The error is always an *Error.
func (p *Previewer) ListTables(ctx context.Context, request TablesRequest) (*TablePage, error) {
	request.ConnectionID = cmp.Or(request.ConnectionID, DefaultConnectionID)
	p = p.of(request.ConnectionID)
	r := p.begin(Request{ConnectionID: request.ConnectionID, RequestID: request.RequestID, Timeout: request.Timeout}, time.Now())
	return withFreshLogin(ctx, r, func(ctx context.Context, r *boundedRequest) (*TablePage, error) {
		page, err := p.listTables(ctx, request, r)
		if err != nil {
			return nil, r.failed(publicError(err, "", wrap.Text{}), nil)
		}
		page.RequestID = r.id
		return page, nil
	})
}

func (p *Previewer) listTables(ctx context.Context, request TablesRequest, r *boundedRequest) (*TablePage, error) {
	after, err := readTableToken(request)
	if err != nil {
		return nil, err
	}
	for _, text := range []string{request.Schema, request.Pattern} {
		if len(text) > maxFilterBytes || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return nil, &Error{
				Reason: reason.SQLInvalidText, Message: "the schema or the pattern is longer than any name, holds a NUL byte or is not valid UTF-8",
				Hint: "write a part of a table's name",
			}
		}
	}
	t, err := p.target(ctx, r)
	if err != nil {
		return nil, err
	}
	reader := &tableReader{previewer: p, target: t}
	defer reader.close(ctx)
	if after != 0 {
		rows, err := reader.ask(ctx, listing.Exists(after))
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, staleToken()
		}
	}
	entries, next, err := reader.find(ctx, after, request)
	if err != nil {
		return nil, err
	}
	tables, err := reader.read(ctx, entries, request.Columns)
	if err != nil {
		return nil, err
	}
	page := &TablePage{Tables: p.fit(tables)}
	if len(page.Tables) < len(entries) {
		next = entries[len(page.Tables)-1].OID
	}
	if next != 0 {
		page.NextPageToken = tableToken(request, next)
	}
	page.Receipt = tablesReceipt(page.Tables)
	return page, nil
}

// DescribeTable returns one table of those that ListTables lists, or a partition
// of one, with its columns and keys. The error is always an *Error.
func (p *Previewer) DescribeTable(ctx context.Context, request TableRequest) (*TableDescription, error) {
	p = p.of(request.ConnectionID)
	r := p.begin(Request{ConnectionID: request.ConnectionID, RequestID: request.RequestID, Timeout: request.Timeout}, time.Now())
	return withFreshLogin(ctx, r, func(ctx context.Context, r *boundedRequest) (*TableDescription, error) {
		table, err := p.describeTable(ctx, request.Table, r)
		if err != nil {
			return nil, r.failed(publicError(err, "", wrap.Text{}), nil)
		}
		return &TableDescription{RequestID: r.id, Table: *table, Receipt: tablesReceipt([]Table{*table})}, nil
	})
}

func (p *Previewer) describeTable(ctx context.Context, written string, r *boundedRequest) (*Table, error) {
	if len(written) > maxFilterBytes || !utf8.ValidString(written) || strings.ContainsRune(written, 0) {
		return nil, badTableName()
	}
	schema, name, err := guard.SplitName(written)
	if err != nil {
		return nil, badTableName()
	}
	t, err := p.target(ctx, r)
	if err != nil {
		return nil, err
	}
	reader := &tableReader{previewer: p, target: t}
	defer reader.close(ctx)
	found, err := reader.lookUp(ctx, schema, name)
	if err != nil {
		return nil, err
	}
	tables, err := reader.read(ctx, []listing.Entry{found}, true)
	if err != nil {
		return nil, err
	}
	if len(tables) == 0 { // it was dropped meanwhile
		return nil, noTable()
	}
	return &p.fit(tables)[0], nil
}

func badTableName() *Error {
	return &Error{
		Reason: reason.SQLSyntaxError, Message: "this is not the name of a table",
		Hint: `write table or schema.table, in double quotes what is not in lower case: sales."Order"`,
	}
}

// noTable is the answer to every table that there is not, that the role may not
// read or that the policy denies: they look the same.
func noTable() *Error {
	return &Error{
		Reason: reason.UndefinedObject, Message: "there is no table of this name that this connection may preview",
		Hint: "look for it among the listed tables; names with capital letters stand in double quotes",
	}
}

// fit cuts the tables to what one answer may hold: at least one, of which columns
// are left out if they do not fit.
func (p *Previewer) fit(tables []Table) []Table {
	limit := min(hardMaxPageBytes, p.limits.MaxResponseBytes)
	size := int64(0)
	for i := range tables {
		own := tableSize(&tables[i])
		if size+own <= limit {
			size += own
			continue
		}
		if i > 0 {
			return tables[:i]
		}
		cutTable(&tables[0], own, limit)
		size = limit
	}
	return tables
}

// cutTable leaves out foreign keys and columns, the last first, until the table
// is no larger than limit.
func cutTable(t *Table, size, limit int64) {
	for size > limit && len(t.Columns) > 0 {
		last := &t.Columns[len(t.Columns)-1]
		size -= columnOfTableSize(last)
		t.Columns = t.Columns[:len(t.Columns)-1]
		t.ColumnsOmitted++
	}
	for size > limit && len(t.ForeignKeys) > 0 {
		size -= foreignKeySize(&t.ForeignKeys[len(t.ForeignKeys)-1])
		t.ForeignKeys = t.ForeignKeys[:len(t.ForeignKeys)-1]
	}
	t.Columns, t.ForeignKeys = slices.Clip(t.Columns), slices.Clip(t.ForeignKeys)
}

func tableSize(t *Table) int64 {
	size := 2*columnBytes + int64(len(t.Schema)+len(t.Name)+len(t.SQLName)+len(t.Comment)+len(t.PartitionOf)) +
		changesSize(t.Changes) + changesSize(t.CommentChanges)
	for i := range t.Columns {
		size += columnOfTableSize(&t.Columns[i])
	}
	for _, name := range t.PrimaryKey {
		size += cellBytes + int64(len(name))
	}
	for i := range t.ForeignKeys {
		size += foreignKeySize(&t.ForeignKeys[i])
	}
	return size
}

func columnOfTableSize(c *TableColumn) int64 {
	return columnBytes + int64(len(c.Name)+len(c.SQLName)+len(c.Type)+len(c.Comment)) + changesSize(c.Changes) + changesSize(c.CommentChanges)
}

func foreignKeySize(k *ForeignKey) int64 {
	size := columnBytes + int64(len(k.ForeignSchema)+len(k.ForeignTable)+len(k.ForeignSQLName))
	for _, names := range [][]string{k.Columns, k.ForeignColumns} {
		for _, name := range names {
			size += cellBytes + int64(len(name))
		}
	}
	return size
}
