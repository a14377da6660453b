package preview

import (
	"time"

	"github.com/op-data/sqlpreview/sanitize"
)

const (
	// HardMaxPage is the most tables, or connections, of one page.
	HardMaxPage = 200
	// hardMaxPageBytes is the most one page may hold, as Limits.MaxResponseBytes
	// counts; a lower limit counts too.
	hardMaxPageBytes = 1 << 20
)

// TablesRequest asks for one page of the tables that a preview may name.
type TablesRequest struct {
	// ConnectionID, RequestID and Timeout are as in Request.
	ConnectionID, RequestID string
	Timeout                 time.Duration
	// Schema is the exact name of a schema; empty for any.
	Schema string
	// Pattern is a part of the tables' names. Letter case does not matter; % and _
	// are ordinary characters. Empty for any.
	Pattern string
	// System asks for pg_catalog and information_schema too.
	System bool
	// Columns asks for the columns and keys of each table.
	Columns bool
	// PageSize is the most tables of this page; 0 or less and anything above it mean
	// HardMaxPage.
	PageSize int
	// PageToken is the NextPageToken of the page before; empty for the first. The
	// other fields must be those of that page's request.
	PageToken string
}

// TablePage is one page of tables, in the order of their names by byte.
type TablePage struct {
	// RequestID is the request's own id, or one made for it.
	RequestID string
	// Tables may be fewer than were asked for, even none, although more follow: a
	// filter that few tables match is searched for a bounded time.
	Tables []Table
	// NextPageToken asks for the next page; empty after the last.
	NextPageToken string
	// Receipt identifies what is returned: its Tables, and in SchemaFingerprint a
	// SHA-256 in hex over the names, and over the columns' names and types.
	Receipt Receipt
}

// TableRequest asks for one table.
type TableRequest struct {
	// ConnectionID, RequestID and Timeout are as in Request.
	ConnectionID, RequestID string
	Timeout                 time.Duration
	// Table is the name as a query would write it: orders, sales.orders or
	// "Odd Name". Without a schema the role's search path decides.
	Table string
}

// TableDescription is one table with its columns and keys.
type TableDescription struct {
	// RequestID is the request's own id, or one made for it.
	RequestID string
	Table     Table
	// Receipt is as in TablePage.
	Receipt Receipt
}

// TableKind says what a table is.
type TableKind string

// The kinds of tables.
const (
	KindTable            TableKind = "TABLE"
	KindView             TableKind = "VIEW"
	KindMaterializedView TableKind = "MATERIALIZED_VIEW"
	KindForeignTable     TableKind = "FOREIGN_TABLE"
	KindPartitionedTable TableKind = "PARTITIONED_TABLE"
)

// Table is a relation that the connection's role may SELECT from and that the
// policy lets a query name. There is nothing of its rows in it.
type Table struct {
	// Schema and Name are sanitized.
	Schema, Name string
	// SQLName is how to write it in a query: schema and name, quoted where needed.
	// It is empty where sanitizing would change it.
	SQLName string
	Kind    TableKind
	// Comment is what COMMENT ON says of it, sanitized and cut like a cell.
	Comment string
	// RowEstimate is pg_class.reltuples; -1 where the database has no estimate and
	// where row-level security applies to the role. A partitioned table that was
	// never analyzed as a whole has the sum of its partitions' estimates.
	RowEstimate int64
	// PartitionOf is the partitioned table that it is a partition of, as in SQLName;
	// else empty. Partitions are described but not listed.
	PartitionOf string
	// Columns are those that the role may SELECT, in their order. ColumnsOmitted is
	// how many of them were left out because they would not fit into the answer.
	Columns        []TableColumn
	ColumnsOmitted int
	// PrimaryKey names the key's columns in its order; empty without a key, and
	// where the role may not SELECT all of them.
	PrimaryKey []string
	// ForeignKeys are those to tables that the role can have listed too, of columns
	// that it may SELECT on both sides.
	ForeignKeys []ForeignKey
	// Changes and CommentChanges say what was done to the name and to the comment;
	// nil when nothing was.
	Changes, CommentChanges *sanitize.Changes
}

// TableColumn is one column of a Table.
type TableColumn struct {
	// Name and SQLName are as in Table.
	Name, SQLName string
	// Type is the type as the server prints it, for instance "numeric(10,2)".
	Type string
	// NotNull: it can hold no NULL. Generated: its values are computed from other
	// columns. Identity: they are numbered by the database.
	NotNull, Generated, Identity bool
	// Masked reports whether a preview masks its values.
	Masked bool
	// Comment is as in Table.
	Comment string
	// Changes and CommentChanges are as in Table.
	Changes, CommentChanges *sanitize.Changes
}

// ForeignKey says that Columns hold the ForeignColumns of a row of another table.
type ForeignKey struct {
	// Columns and ForeignColumns are in the key's order.
	Columns []string
	// ForeignSchema, ForeignTable and ForeignSQLName are as in Table.
	ForeignSchema, ForeignTable, ForeignSQLName string
	ForeignColumns                              []string
}
