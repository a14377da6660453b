package preview

import (
	"time"

	"github.com/op-data/sqlpreview/sanitize"
)

// Result is one preview: bounded, sanitized rows and what was done to them.
type Result struct {
	// RequestID is the request's own id, or one made for it.
	RequestID string
	// Columns describes the columns in order. Names may repeat or be empty.
	Columns []Column
	// Rows holds the rows; each has one Cell a column.
	Rows [][]Cell
	// Truncations says which bounds cut the result; empty when it is whole.
	Truncations []Truncation
	// Sanitization sums up what was done to the values.
	Sanitization Sanitization
	// Stats says how long each step took and how much came.
	Stats Stats
	// Receipt identifies what ran and what was returned.
	Receipt Receipt
	// Objects are the database's objects that the statement leads to.
	Objects []Object
}

// Object is an object of the database that a statement reads or runs, by what the
// database's catalog says of the statement's names.
type Object struct {
	// Kind is "function", "aggregate" or "relation".
	Kind string
	// OID is the row in pg_proc or pg_class.
	OID uint32
	// Schema and Name are where it is and what it is called, for a function with the
	// types of its arguments: "lower(text)". Sanitized.
	Schema, Name string
	// Rule is what let it pass: "built-in", "declared" (STABLE or IMMUTABLE),
	// "allow-functions", "vetted-extension", "body" (a function in SQL by its body), or
	// "relation".
	Rule string
}

// Cell is one value, as PostgreSQL's text format prints it.
type Cell struct {
	// Text is the sanitized value; empty for NULL.
	Text string
	// Null marks SQL NULL.
	Null bool
	// Changes says what was done to the value; nil when nothing was.
	Changes *sanitize.Changes
}

// Column is what PostgreSQL says of an output column.
type Column struct {
	// Name is the sanitized column name.
	Name string
	// Type is the type's name as the server prints it, for instance
	// "numeric(10,2)" or "text[]".
	Type string
	// TypeOID is the type's OID in pg_type.
	TypeOID uint32
	// Category is the type's pg_type.typcategory, for instance "N" for numbers.
	Category string
	// Precision and Scale are those of numeric(p,s); Precision is also the
	// length of varchar(n), char(n), bit(n) and the fractional digits of times.
	// -1 where there is none.
	Precision, Scale int32
	// OriginTable and OriginColumn name the table column that the output
	// column shows unchanged, where the server knows it; else empty.
	OriginTable, OriginColumn string
	// Changes says what was done to the name; nil when nothing was.
	Changes *sanitize.Changes
	// Masking says why all values of the column are masked; nil when the rules for
	// columns mask none.
	Masking *Masking
}

// TruncationReason names the bound that cut a result.
type TruncationReason string

// The bounds that cut a result.
const (
	// RowLimit: as many rows as were asked for came; there may be more.
	RowLimit TruncationReason = "ROW_LIMIT"
	// ByteLimit: the next row would have passed the byte bound.
	ByteLimit TruncationReason = "BYTE_LIMIT"
	// ColumnLimit: the columns past the limit were left out.
	ColumnLimit TruncationReason = "COLUMN_LIMIT"
	// CellLimit: at least one cell was cut.
	CellLimit TruncationReason = "CELL_LIMIT"
)

// Truncation says that a bound cut the result.
type Truncation struct {
	Reason TruncationReason
	// Limit is the bound: rows, bytes, columns or characters.
	Limit int64
	// Rows is how many rows were returned when the bound cut.
	Rows int
}

// Sanitization sums up what was done to the values of a result.
type Sanitization struct {
	// PolicyVersion identifies the rules that were in force.
	PolicyVersion string
	// CellsChanged counts the cells whose text is not the database's own.
	CellsChanged int
	// Counts has the number of cells for each kind that occurred.
	Counts map[sanitize.Kind]int
}

// Stats says how long each step took and how much came.
type Stats struct {
	// Check is the time of screen, parse, check and wrap.
	Check time.Duration
	// Queue is the wait for a permit, Connect the time to open a session: zero where a
	// kept one was used. Both are of the query and of the questions to the catalog
	// together.
	Queue, Connect time.Duration
	// Execute is from sending the query to its first row; Fetch to its last.
	Execute, Fetch time.Duration
	// Catalog is the time spent on asking the database's catalog what the query's
	// names mean, about names of types and the origins of columns; near zero where the
	// last answer still holds. A preview that shares the answer to another's question waits
	// here, whatever that one waits for.
	Catalog time.Duration
	// Sanitize is the time spent on the values.
	Sanitize time.Duration
	// Total is the whole preview, the sum of the above and what lies between.
	Total time.Duration
	// Rows and Bytes are what is returned, Bytes as Limits.MaxResponseBytes counts
	// it; BytesReceived is what the server sent.
	Rows          int
	Bytes         int64
	BytesReceived int64
}

// Receipt identifies what was asked and what was returned, without holding
// either. What did not come about is empty.
type Receipt struct {
	// SQLFingerprint is the parser's fingerprint of the statement: equal for
	// statements that differ only in constants and layout.
	SQLFingerprint string
	// Tables are the relations that the statement names, as in Verdict.Tables.
	Tables []string
	// SchemaFingerprint is a SHA-256 in hex of column names and types, equal on
	// every server for the same shape.
	SchemaFingerprint string
	// PayloadSHA256 is a SHA-256 in hex of columns and cells as returned.
	PayloadSHA256 string
}
