package run

import (
	"context"
	"net"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/dsn"
	"github.com/op-data/sqlpreview/preview/internal/run/wire"
)

// Hard bounds: a Query or Limits that asks for more gets these.
const (
	HardRows      = 100
	HardTimeout   = 10 * time.Second
	HardCellBytes = 64 << 10
	HardBytes     = 16 << 20
	// HardColumns is PostgreSQL's own limit of a result's columns.
	HardColumns = 1664
)

// Target is a database.
type Target struct {
	// ID is the connection's id. Queries of one ID share its sessions.
	ID string
	// DSN is the connection string. When it changes, the sessions of the old
	// one are closed.
	DSN string
	// Dial opens every network connection, those of cancel requests too; nil
	// means a net.Dialer's. An *Error from it is returned as it is. It goes with
	// the DSN: another Dial with the same DSN is not noticed.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Certificates are those of TLS, by content. When they change, the sessions of
	// the old ones are closed.
	Certificates dsn.Certificates
	// Session is what each transaction is given. Sessions in the pool are shared
	// by targets that differ in it alone.
	Session Session
}

// key is a text that is equal for targets whose sessions are alike.
func (t Target) key() string { return t.DSN + "\x00" + t.Certificates.Fingerprint() }

// Query is one statement and its bounds. A bound that is zero, negative or
// above the hard one means the hard one, except where a default is named.
type Query struct {
	// SQL is the statement as it is to be sent: checked, wrapped and in UTF-8.
	SQL string
	// MaxRows is the number of rows to keep.
	MaxRows int
	// MaxColumns is the number of columns to keep of each row.
	MaxColumns int
	// MaxCellBytes is the number of bytes to keep of each cell; default 8 KiB.
	MaxCellBytes int
	// MaxBytes is the number of bytes that names and cells may take together;
	// default 1 MiB. The row that would pass it and all after it are left out;
	// names are not.
	MaxBytes int64
	// Large is called once, when what is kept is about to pass LargeFrom bytes; it
	// may wait. After an error nothing more is kept, and Run fails with
	// CONCURRENCY_LIMIT. Default: large results are kept without asking.
	Large func() error
	// Origin names a column of a table, by pg_class.oid and pg_attribute.attnum, as
	// Column.OriginTable and Column.OriginColumn do. Where it returns empty texts, and by
	// default, the database is asked.
	Origin func(relation uint32, attribute uint16) (table, column string)
	// Timeout is the time limit, from the call to the last byte.
	Timeout time.Duration
}

// LargeFrom is the number of bytes from which a result is large: names, cells
// and what Go takes to hold them.
const LargeFrom = 64 << 10

const (
	defaultCellBytes = 8 << 10
	defaultBytes     = 1 << 20
)

// bounded returns the query with every bound set, to the hard one at the most.
func (q Query) bounded() Query {
	q.MaxRows = bound(q.MaxRows, HardRows, HardRows)
	q.MaxColumns = bound(q.MaxColumns, HardColumns, HardColumns)
	q.MaxCellBytes = bound(q.MaxCellBytes, defaultCellBytes, HardCellBytes)
	q.MaxBytes = bound(q.MaxBytes, defaultBytes, HardBytes)
	q.Timeout = bound(q.Timeout, HardTimeout, HardTimeout)
	return q
}

// limits returns what to keep of the answer to a bounded query.
func (q Query) limits() resultLimits {
	return resultLimits{rows: q.MaxRows, columns: q.MaxColumns, cellBytes: q.MaxCellBytes, bytes: q.MaxBytes, large: q.Large, origin: q.Origin}
}

func bound[T int | int64 | time.Duration](value, fallback, hard T) T {
	if value <= 0 {
		return fallback
	}
	return min(value, hard)
}

// Cell is the beginning of one value in PostgreSQL's text format, in UTF-8
// unless the database's encoding is SQL_ASCII.
type Cell = wire.Cell

// Column is what the server says of a column.
type Column struct {
	// Name is the column's name as the server sent it.
	Name string
	// Type is the type's name as format_type prints it, with a schema unless
	// the type is PostgreSQL's own.
	Type string
	// TypeOID and Modifier are pg_type.oid and the type modifier, -1 if none.
	TypeOID  uint32
	Modifier int32
	// Category is pg_type.typcategory.
	Category string
	// Precision and Scale are those of numeric(p,s). Precision is also the
	// length of varchar(n), char(n), bit(n) and the fractional digits of times
	// and intervals. -1 means none.
	Precision, Scale int32
	// OriginTable (with its schema) and OriginColumn name the column of a table
	// that this column shows unchanged; empty when there is none.
	OriginTable, OriginColumn string
	// TableOID and Attribute are the pg_class.oid and pg_attribute.attnum of that
	// column; 0 when there is none. A negative attnum, a system column's, wraps.
	TableOID  uint32
	Attribute uint16
}

// Result is the answer to a Query.
type Result struct {
	// Columns are the columns that were kept, TotalColumns how many there were.
	Columns      []Column
	TotalColumns int
	// Rows are the rows that were kept; each has a cell a column.
	Rows [][]Cell
	// RowLimited reports that MaxRows rows came, so there may be more. ByteLimited reports
	// that MaxBytes cut the rows.
	RowLimited, ByteLimited bool
	// SchemaFingerprint: see SchemaFingerprint.
	SchemaFingerprint string
	// Bytes is the size of names and cells kept, BytesReceived what the server
	// sent for this query.
	Bytes, BytesReceived int64
	// Queue is the wait for a permit, Connect the time to get a session. Execute
	// is from sending to the first row (or the end, without rows), Fetch from
	// there to the end. Describe is the time spent on looking up names of types
	// and origins that were not known yet.
	Queue, Connect, Execute, Fetch, Describe time.Duration

	memory *rowMemory // see Release
}
