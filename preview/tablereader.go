package preview

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/limiter"
	"github.com/op-data/sqlpreview/preview/internal/listing"
	"github.com/op-data/sqlpreview/preview/internal/origin"
	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/sanitize"
)

const (
	// columnsAtATime bounds the columns of one question, so that its answer fits
	// however long their comments are; one table may have up to 1,600.
	columnsAtATime = 1000
	// manyColumns is the number of columns from which an answer counts as large.
	manyColumns = 256
)

// tableReader asks one target for one answer about its tables.
type tableReader struct {
	previewer *Previewer
	target    *target
	large     *limiter.Permit
}

func (t *tableReader) close(ctx context.Context) { limiter.Lease(ctx, t.large) }

// ask asks a question that is made for the catalog's own search path.
func (t *tableReader) ask(ctx context.Context, sql string) ([][]string, error) {
	if !time.Now().Before(t.target.deadline) {
		return nil, tooLate()
	}
	texts, err := t.target.pools.InternalOnCatalogPath(ctx, t.target.Target, sql, t.target.left())
	if err != nil {
		return nil, err
	}
	return texts.Rows, nil
}

// find returns a page's tables and the relation that the next page comes after,
// or 0 where there is none.
func (t *tableReader) find(ctx context.Context, after uint32, request TablesRequest) (found []listing.Entry, next uint32, _ error) {
	size := lower(request.PageSize, HardMaxPage)
	filter := listing.Filter{
		Schema: request.Schema, Pattern: request.Pattern, System: request.System, Without: t.previewer.policy.DeniedSchemas(),
	}
	for until := time.Now().Add(searchTime); ; {
		limit := size - len(found) + 1
		rows, err := t.ask(ctx, listing.Page(after, filter, limit))
		if cannotBeWritten(err) {
			return found, 0, nil
		}
		if err != nil {
			return nil, 0, err
		}
		entries, err := listing.ReadPage(rows)
		if err != nil {
			return nil, 0, err
		}
		for _, e := range entries {
			if e.Found && !t.previewer.policy.RefusesRelation(e.Schema, e.Name) {
				if len(found) == size {
					return found, found[size-1].OID, nil
				}
				found = append(found, e)
			}
		}
		if len(entries) == 0 {
			return found, 0, nil
		}
		last := entries[len(entries)-1]
		if last.Found && len(entries) < limit {
			return found, 0, nil
		}
		after = last.OID
		if time.Now().After(until) {
			return found, after, nil
		}
	}
}

// cannotBeWritten reports that a name holds a character which the database's
// encoding does not have: then no table is called so.
func cannotBeWritten(err error) bool {
	var failed *run.Error
	return errors.As(err, &failed) && failed.Reason == reason.DataException
}

// lookUp finds the table of a name.
func (t *tableReader) lookUp(ctx context.Context, schema, name string) (listing.Entry, error) {
	texts, err := t.target.pools.Internal(ctx, t.target.Target, listing.Find(schema, name), t.target.left())
	if cannotBeWritten(err) {
		return listing.Entry{}, noTable()
	}
	if err != nil {
		return listing.Entry{}, err
	}
	entries, err := listing.ReadPage(texts.Rows)
	if err != nil {
		return listing.Entry{}, err
	}
	if len(entries) == 0 || !entries[0].Found || t.previewer.policy.RefusesRelation(entries[0].Schema, entries[0].Name) {
		return listing.Entry{}, noTable()
	}
	return entries[0], nil
}

// read returns what there is to say of tables, in their order; those that are
// gone meanwhile are left out.
func (t *tableReader) read(ctx context.Context, entries []listing.Entry, withColumns bool) ([]Table, error) {
	oids := make([]uint32, len(entries))
	for i, e := range entries {
		oids[i] = e.OID
	}
	if len(oids) == 0 {
		return nil, nil
	}
	rows, err := t.ask(ctx, listing.Details(oids, t.commentCharacters()))
	if err != nil {
		return nil, err
	}
	details, err := listing.ReadDetails(rows)
	if err != nil {
		return nil, err
	}
	tables := make([]Table, 0, len(entries))
	kept := make([]listing.Entry, 0, len(entries))
	for _, e := range entries {
		d, ok := details[e.OID]
		// A table can be renamed between the questions, to a name that is denied.
		if ok && !t.previewer.policy.RefusesRelation(d.Schema, d.Name) {
			tables, kept = append(tables, t.table(d)), append(kept, e)
		}
	}
	if withColumns {
		return t.withColumns(ctx, tables, kept, details)
	}
	return tables, nil
}

// withColumns adds columns and keys, a bounded number of columns at a time, as
// long as the answer has room.
func (t *tableReader) withColumns(ctx context.Context, tables []Table, entries []listing.Entry, details map[uint32]listing.Detail) ([]Table, error) {
	size, limit := int64(0), min(hardMaxPageBytes, t.previewer.limits.MaxResponseBytes)
	for from := 0; from < len(tables) && size <= limit; {
		upTo, columns := from, 0
		for upTo < len(tables) && (upTo == from || columns+entries[upTo].Attributes <= columnsAtATime) {
			columns += entries[upTo].Attributes
			upTo++
		}
		if columns > manyColumns && t.large == nil {
			permit, err := t.previewer.large.acquire(ctx, t.target.deadline)
			if t.large = permit; err != nil {
				return nil, &Error{
					Reason: reason.ConcurrencyLimit, RetryAfter: time.Second,
					Message: "too many large answers are being made already", Hint: "try again later, or ask for less",
				}
			}
		}
		if err := t.addColumns(ctx, tables[from:upTo], entries[from:upTo], details); err != nil {
			return nil, err
		}
		for ; from < upTo; from++ {
			size += tableSize(&tables[from])
			if size > limit && from > 0 {
				return tables[:from], nil
			}
		}
	}
	return tables, nil
}

func (t *tableReader) addColumns(ctx context.Context, tables []Table, entries []listing.Entry, details map[uint32]listing.Detail) error {
	oids := make([]uint32, len(entries))
	place := make(map[uint32]int, len(entries))
	var names catalog.Names
	for i, e := range entries {
		oids[i], place[e.OID] = e.OID, i
		names.Relations = append(names.Relations, catalog.Name{Schema: details[e.OID].Schema, Name: details[e.OID].Name})
	}
	known, err := t.target.look(ctx, names)
	if err != nil {
		return err
	}
	rows, err := t.ask(ctx, listing.Columns(oids, t.commentCharacters()))
	if err != nil {
		return err
	}
	columns, err := listing.ReadColumns(rows)
	if err != nil {
		return err
	}
	masks := make([]map[int16]origin.Mask, len(entries))
	for i, e := range entries {
		masks[i], err = t.previewer.masks.MaskColumns(ctx, catalog.OID(e.OID), known, t.target.lookup)
		if err != nil {
			return err
		}
	}
	for _, c := range columns {
		i, ok := place[c.Table]
		if !ok {
			return listing.ErrAnswer
		}
		column := t.column(c)
		column.Masked = masks[i] == nil || masks[i][int16(c.Number)].Rule != ""
		tables[i].Columns = append(tables[i].Columns, column)
	}
	if rows, err = t.ask(ctx, listing.Keys(oids)); err != nil {
		return err
	}
	keys, err := listing.ReadKeys(rows)
	if err != nil {
		return err
	}
	return t.addKeys(tables, place, keys)
}

func (t *tableReader) addKeys(tables []Table, place map[uint32]int, keys []listing.KeyColumn) error {
	last := uint32(0)
	for _, k := range keys {
		i, ok := place[k.Table]
		if !ok {
			return listing.ErrAnswer
		}
		table := &tables[i]
		switch {
		case !k.Foreign:
			table.PrimaryKey = append(table.PrimaryKey, t.name(k.Column))
			continue
		case t.previewer.policy.RefusesRelation(k.Schema, k.Name):
			continue
		case k.Key != last:
			table.ForeignKeys = append(table.ForeignKeys, ForeignKey{
				ForeignSchema: t.name(k.Schema), ForeignTable: t.name(k.Name), ForeignSQLName: t.sqlName(k.SQLName),
			})
			last = k.Key
		}
		key := &table.ForeignKeys[len(table.ForeignKeys)-1]
		key.Columns = append(key.Columns, t.name(k.Column))
		key.ForeignColumns = append(key.ForeignColumns, t.name(k.ForeignColumn))
	}
	return nil
}

// tableKinds has the kinds by pg_class.relkind.
var tableKinds = map[string]TableKind{
	"r": KindTable, "p": KindPartitionedTable, "v": KindView, "m": KindMaterializedView, "f": KindForeignTable,
}

func (t *tableReader) table(d listing.Detail) Table {
	table := Table{
		Schema: t.name(d.Schema), SQLName: t.sqlName(d.SQLName), Kind: tableKinds[d.Kind],
		RowEstimate: max(d.Rows, -1), PartitionOf: t.sqlName(d.PartitionOf),
	}
	table.Name, table.Changes = t.previewer.sanitizer.Text(d.Name)
	table.Comment, table.CommentChanges = t.comment(d.Comment)
	return table
}

func (t *tableReader) column(c listing.Column) TableColumn {
	column := TableColumn{
		SQLName: t.sqlName(c.SQLName), Type: t.name(c.Type), NotNull: c.NotNull, Generated: c.Generated, Identity: c.Identity,
	}
	column.Name, column.Changes = t.previewer.sanitizer.Text(c.Name)
	column.Comment, column.CommentChanges = t.comment(c.Comment)
	return column
}

func (t *tableReader) name(text string) string {
	clean, _ := t.previewer.sanitizer.Text(text)
	return clean
}

// sqlName returns a name that can be written in a query, or nothing where the
// text that may be shown is another.
func (t *tableReader) sqlName(text string) string {
	if t.name(text) != text {
		return ""
	}
	return text
}

func (t *tableReader) comment(c listing.Comment) (string, *sanitize.Changes) {
	return t.previewer.sanitizer.Cell(c.Text, sanitize.Input{OriginalBytes: c.Bytes})
}

// commentCharacters is how much of a comment is worth reading.
func (t *tableReader) commentCharacters() int {
	return t.previewer.sanitizer.MaxInputBytes() / utf8.UTFMax
}

// tablesReceipt identifies what is returned of tables.
func tablesReceipt(tables []Table) Receipt {
	var receipt Receipt
	sum := newHashWriter()
	sum.number(len(tables))
	for _, t := range tables {
		name := qualified(t.Schema, t.Name)
		if !slices.Contains(receipt.Tables, name) {
			receipt.Tables = append(receipt.Tables, name)
		}
		sum.text(t.Schema)
		sum.text(t.Name)
		sum.number(len(t.Columns))
		for _, c := range t.Columns {
			sum.text(c.Name)
			sum.text(c.Type)
		}
	}
	receipt.SchemaFingerprint = sum.hex()
	return receipt
}
