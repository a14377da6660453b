package run

import (
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/op-data/sqlpreview/preview/internal/run/wire"
)

// maxDescription bounds a RowDescription: 1,664 columns with names of 63 bytes
// take 136 KB.
const maxDescription = 512 << 10

// keep says how much of an answer to keep; the fields are those of Query.
type keep struct {
	rows, columns, cellBytes int
	bytes                    int64
	describeOnly             bool
	// own marks a query of our own, which is not worth compiling.
	own bool
	// catalogPath makes the search path PostgreSQL's own catalog alone.
	catalogPath bool
}

// stage is how far the server got with a part.
type stage int

const (
	stageNone stage = iota
	stageParsed
	stageBound
)

// failure is an error that the server reported for a part of the flight.
type failure struct {
	part   part
	stage  stage
	fields wire.Fields
	fatal  bool
}

// answers is what came back from a flight.
type answers struct {
	columns      []Column
	totalColumns int
	rows         [][]Cell
	moreRows     bool // a row beyond keep.rows came
	byteLimited  bool
	bytes        int64
	failure      *failure
	firstRow     time.Time
	wrote        bool // the read-only question was not answered as it must be
	asked        bool // the question was answered
	clean        bool // nothing was left in the session

	keep      keep
	part      part
	stage     stage
	described bool
	skipping  bool
}

// read reads the answers to a whole flight. A failure that the server reported
// is in a.failure; an error means that the session cannot be used any more.
func (a *answers) read(r *wire.Reader) error {
	for syncs := 0; ; {
		kind, err := r.Next()
		if err != nil {
			return err
		}
		switch kind {
		case 'N', 'A', 'S': // notices, notifications, changed parameters
		case 'E':
			if err := a.failed(r); err != nil || a.failure.fatal {
				return err
			}
		case 'Z':
			if err := a.synced(r, syncs); err != nil {
				return err
			}
			if syncs++; syncs == 2 {
				return nil
			}
		default:
			if a.skipping {
				return wire.ErrProtocol
			}
			if err := a.step(r, kind); err != nil {
				return err
			}
		}
	}
}

// step takes a message that moves a part forward.
func (a *answers) step(r *wire.Reader, kind byte) error {
	switch {
	case kind == '1' && a.stage == stageNone:
		a.stage = stageParsed
	case kind == '2' && a.stage == stageParsed:
		a.stage = stageBound
	case kind == 't' && a.part == partStatement && a.keep.describeOnly && a.stage == stageParsed:
	case kind == 'T' && a.part == partStatement && !a.described:
		a.described = true
		if err := a.describe(r); err != nil {
			return err
		}
		if a.keep.describeOnly {
			a.next()
		}
	case kind == 'D' && a.stage == stageBound:
		return a.row(r)
	case kind == 'C' && a.stage == stageBound:
		if a.part == partStatement {
			if !a.described {
				return wire.ErrProtocol
			}
			if a.firstRow.IsZero() {
				a.firstRow = time.Now()
			}
		}
		a.next()
	default:
		return wire.ErrProtocol
	}
	return nil
}

func (a *answers) next() { a.part, a.stage = a.part+1, stageNone }

// synced takes a ReadyForQuery. The transaction must be open (or failed) at the
// first and over at the second.
func (a *answers) synced(r *wire.Reader, before int) error {
	body, err := r.Body(1)
	if err != nil {
		return err
	}
	if len(body) != 1 {
		return wire.ErrProtocol
	}
	want, end := byte('T'), partRollback
	if before == 1 {
		want, end = 'I', partCleanUp+1
	}
	switch {
	case a.failure == nil:
		if body[0] != want || a.part != end || !a.asked {
			return wire.ErrProtocol
		}
	case before == 0:
		if body[0] == 'T' {
			return wire.ErrProtocol
		}
	case body[0] != 'I':
		return wire.ErrProtocol
	}
	a.part, a.stage, a.skipping = end, stageNone, false
	return nil
}

func (a *answers) failed(r *wire.Reader) error {
	fields, err := r.Fields()
	if err != nil {
		return err
	}
	severity := fields['V']
	if severity == "" {
		severity = fields['S']
	}
	if a.failure == nil {
		a.failure = &failure{part: a.part, stage: a.stage, fields: fields}
	}
	a.failure.fatal = severity == "FATAL" || severity == "PANIC"
	a.skipping = true
	return nil
}

func (a *answers) describe(r *wire.Reader) error {
	body, err := r.Body(maxDescription)
	if err != nil {
		return err
	}
	var description pgproto3.RowDescription
	if err := description.Decode(body); err != nil {
		return wire.ErrProtocol
	}
	a.totalColumns = len(description.Fields)
	a.columns = make([]Column, a.totalColumns)
	for i, field := range description.Fields {
		if field.Format != 0 {
			return wire.ErrProtocol
		}
		a.columns[i] = Column{
			Name: string(field.Name), TypeOID: field.DataTypeOID, Modifier: field.TypeModifier,
			Precision: -1, Scale: -1,
			TableOID: field.TableOID, Attribute: field.TableAttributeNumber,
		}
		if i < a.keep.columns {
			a.bytes += int64(len(field.Name))
		}
	}
	return nil
}

func (a *answers) row(r *wire.Reader) error {
	switch a.part {
	case partStatement:
		return a.dataRow(r)
	case partQuestion:
		return a.answer(r)
	case partCleanUp:
		return a.cleanedUp(r)
	default: // what set_config returns
		return nil
	}
}

func (a *answers) dataRow(r *wire.Reader) error {
	if !a.described {
		return wire.ErrProtocol
	}
	if a.firstRow.IsZero() {
		a.firstRow = time.Now()
	}
	if len(a.rows) >= a.keep.rows {
		a.moreRows = true
		return nil
	}
	if a.byteLimited {
		return nil
	}
	cells, bytes, fits, err := r.Row(wire.RowLimits{
		Columns: a.totalColumns, MaxColumns: a.keep.columns, MaxCellBytes: a.keep.cellBytes,
		MaxBytes: a.keep.bytes - a.bytes,
	})
	if err != nil {
		return err
	}
	if !fits {
		a.byteLimited = true
		return nil
	}
	row := make([]Cell, len(cells))
	for i, c := range cells {
		row[i] = Cell(c)
	}
	a.rows = append(a.rows, row)
	a.bytes += bytes
	return nil
}

// answer takes the row that says whether a transaction id was assigned and
// whether the transaction was read-only to its end.
func (a *answers) answer(r *wire.Reader) error {
	cells, _, fits, err := r.Row(wire.RowLimits{Columns: 2, MaxColumns: 2, MaxCellBytes: 32, MaxBytes: 64})
	if err != nil {
		return err
	}
	if a.asked {
		return wire.ErrProtocol
	}
	a.asked = true
	a.wrote = !fits || !cells[0].Null || string(cells[1].Bytes) != "on"
	return nil
}

// cleanedUp takes the row that says how many prepared statements were left.
func (a *answers) cleanedUp(r *wire.Reader) error {
	cells, _, fits, err := r.Row(wire.RowLimits{Columns: 2, MaxColumns: 2, MaxCellBytes: 32, MaxBytes: 64})
	if err != nil {
		return err
	}
	a.clean = fits && string(cells[1].Bytes) == "0"
	return nil
}
