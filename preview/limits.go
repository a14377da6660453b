package preview

import (
	"fmt"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/sanitize"
)

// The hard bounds of the promise. A Config or a Request may ask for less,
// never for more.
const (
	// HardMaxRows is the most rows one preview returns.
	HardMaxRows = 100
	// HardTimeout is the longest one preview may run.
	HardTimeout = 10 * time.Second
	// HardMaxCellCharacters is the most characters (code points) of one cell.
	HardMaxCellCharacters = sanitize.DefaultMaxCharacters
	// HardMaxResponseBytes is the most a response may be configured to hold.
	HardMaxResponseBytes = 16 << 20
	// HardMaxSQLBytes is the longest text that may be configured to be accepted.
	HardMaxSQLBytes = guard.LargestMaxBytes // 1 MiB
	// HardMaxColumns is the most columns a PostgreSQL result can have.
	HardMaxColumns = 1664
)

// Limits bounds every preview. A zero field takes its default.
type Limits struct {
	// MaxRows is the most rows returned. Default and most: 100.
	MaxRows int
	// Timeout bounds one preview in all: the wait for a place, connecting and
	// running. Default and most: 10 s.
	Timeout time.Duration
	// MaxCellCharacters is the most code points of one cell. Default and most: 1024.
	MaxCellCharacters int
	// MaxResponseBytes bounds what is returned, as Stats.Bytes counts it: the texts
	// of all names and cells, and for what stands around them 8 bytes a row and a
	// cell, 48 a column and at least 48 an account of changes. As Protobuf an
	// answer takes no more than that (and a few hundred bytes for its receipt and
	// statistics, and the names of the query's tables); as JSON it takes up to three
	// times as much. Default 1 MiB, most 16 MiB.
	MaxResponseBytes int64
	// MaxColumns is the most columns returned. Default and most: 1664,
	// PostgreSQL's own limit of a result.
	MaxColumns int
	// MaxSQLBytes is the longest SQL text accepted. Default 256 KiB, most 1 MiB.
	MaxSQLBytes int
}

// DefaultLimits returns the limits that a zero Limits stands for.
func DefaultLimits() Limits {
	return Limits{
		MaxRows:           HardMaxRows,
		Timeout:           HardTimeout,
		MaxCellCharacters: HardMaxCellCharacters,
		MaxResponseBytes:  1 << 20,
		MaxColumns:        HardMaxColumns,
		MaxSQLBytes:       guard.DefaultMaxBytes,
	}
}

// withDefaults fills in the zero fields and refuses what is out of range.
func (l Limits) withDefaults(faults *[]error) Limits {
	d := DefaultLimits()
	pick(faults, "Limits.MaxRows", &l.MaxRows, d.MaxRows, HardMaxRows)
	pick(faults, "Limits.Timeout", &l.Timeout, d.Timeout, HardTimeout)
	pick(faults, "Limits.MaxCellCharacters", &l.MaxCellCharacters, d.MaxCellCharacters, HardMaxCellCharacters)
	pick(faults, "Limits.MaxResponseBytes", &l.MaxResponseBytes, d.MaxResponseBytes, HardMaxResponseBytes)
	pick(faults, "Limits.MaxColumns", &l.MaxColumns, d.MaxColumns, HardMaxColumns)
	pick(faults, "Limits.MaxSQLBytes", &l.MaxSQLBytes, d.MaxSQLBytes, HardMaxSQLBytes)
	return l
}

// below fills in the zero fields from base and refuses what is above it.
func (l Limits) below(base Limits, faults *[]error) Limits {
	pick(faults, "Limits.MaxRows", &l.MaxRows, base.MaxRows, base.MaxRows)
	pick(faults, "Limits.Timeout", &l.Timeout, base.Timeout, base.Timeout)
	pick(faults, "Limits.MaxCellCharacters", &l.MaxCellCharacters, base.MaxCellCharacters, base.MaxCellCharacters)
	pick(faults, "Limits.MaxResponseBytes", &l.MaxResponseBytes, base.MaxResponseBytes, base.MaxResponseBytes)
	pick(faults, "Limits.MaxColumns", &l.MaxColumns, base.MaxColumns, base.MaxColumns)
	pick(faults, "Limits.MaxSQLBytes", &l.MaxSQLBytes, base.MaxSQLBytes, base.MaxSQLBytes)
	return l
}

// pick puts the default in the place of zero and notes what is out of range.
func pick[T int | int64 | time.Duration](faults *[]error, name string, value *T, fallback, most T) {
	switch {
	case *value == 0:
		*value = fallback
	case *value < 0 || *value > most:
		*faults = append(*faults, fmt.Errorf("preview: %s is %v; it must be above 0 and at most %v", name, *value, most))
		*value = fallback // nothing starts with it
	}
}

// lower returns asked where it is set and below limit, else limit: a caller
// may ask for less than the limit and never gets more.
func lower[T int | time.Duration](asked, limit T) T {
	if asked > 0 && asked < limit {
		return asked
	}
	return limit
}
