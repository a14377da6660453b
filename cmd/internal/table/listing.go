package table

import (
	"io"
	"strconv"
	"strings"

	"github.com/op-data/sqlpreview/cmd/internal/screen"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/sanitize"
)

// kinds are the words for the kinds of tables.
var kinds = map[preview.TableKind]string{
	preview.KindTable: "table", preview.KindView: "view", preview.KindMaterializedView: "materialized view",
	preview.KindForeignTable: "foreign table", preview.KindPartitionedTable: "partitioned table",
}

// KindName is the word for a kind of table.
func KindName(kind preview.TableKind) string { return kinds[kind] }

// WriteTables prints one line a table.
func WriteTables(w io.Writer, tables []preview.Table, options Options) error {
	p := newPrinter(options)
	r := &preview.Result{Columns: []preview.Column{{Name: "table"}, {Name: "kind"}, {Name: "rows", Category: "N"}, {Name: "comment"}}}
	for _, t := range tables {
		r.Rows = append(r.Rows, []preview.Cell{
			nameCell(t.Schema+"."+t.Name, t.SQLName, t.Changes), {Text: kinds[t.Kind]}, {Text: estimate(t.RowEstimate)}, {Text: t.Comment, Changes: t.CommentChanges},
		})
	}
	if len(tables) > 0 {
		p.rows(r)
	}
	p.legend()
	p.print("%s; rows are the database's estimates", count(len(tables), "table"))
	_, err := io.WriteString(w, p.out.String())
	return err
}

// WriteTable prints one table with its columns and keys.
func WriteTable(w io.Writer, t *preview.Table, options Options) error {
	p := newPrinter(options)
	name := nameCell(t.Schema+"."+t.Name, t.SQLName, t.Changes).Text
	p.print("%s: %s%s", p.paint(screen.Bold, name), kinds[t.Kind], partition(t))
	if t.RowEstimate >= 0 {
		p.print("about %s, as the database estimates", count(int(t.RowEstimate), "row"))
	}
	if t.Comment != "" {
		p.print("comment: %s", visible(t.Comment))
	}
	r := &preview.Result{Columns: []preview.Column{{Name: "column"}, {Name: "type"}, {Name: "properties"}, {Name: "comment"}}}
	for _, c := range t.Columns {
		r.Rows = append(r.Rows, []preview.Cell{
			nameCell(c.Name, c.SQLName, c.Changes), {Text: c.Type}, {Text: properties(t, &c)}, {Text: c.Comment, Changes: c.CommentChanges},
		})
	}
	if len(r.Rows) > 0 {
		p.rows(r)
	}
	if t.ColumnsOmitted > 0 {
		p.print("and %s more, which would not fit into one answer", count(t.ColumnsOmitted, "column"))
	}
	for _, k := range t.ForeignKeys {
		p.print("foreign key: %s refers to %s.%s (%s)", visible(strings.Join(k.Columns, ", ")),
			visible(k.ForeignSchema), visible(k.ForeignTable), visible(strings.Join(k.ForeignColumns, ", ")))
	}
	p.legend()
	_, err := io.WriteString(w, p.out.String())
	return err
}

// nameCell is a name as a query writes it, or as it can be shown.
func nameCell(name, sqlName string, changes *sanitize.Changes) preview.Cell {
	if sqlName != "" {
		name = sqlName
	}
	return preview.Cell{Text: name, Changes: changes}
}

func estimate(rows int64) string {
	if rows < 0 {
		return ""
	}
	return strconv.FormatInt(rows, 10)
}

func partition(t *preview.Table) string {
	if t.PartitionOf == "" {
		return ""
	}
	return ", a partition of " + visible(t.PartitionOf)
}

// properties says in words what there is to know of a column.
func properties(t *preview.Table, c *preview.TableColumn) string {
	var words []string
	for _, key := range t.PrimaryKey {
		if key == c.Name {
			words = append(words, "primary key")
		}
	}
	for _, property := range []struct {
		has  bool
		word string
	}{{c.NotNull, "not null"}, {c.Generated, "generated"}, {c.Identity, "identity"}, {c.Masked, "masked"}} {
		if property.has {
			words = append(words, property.word)
		}
	}
	return strings.Join(words, ", ")
}
