package run

import (
	"time"
	"unsafe"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/op-data/sqlpreview/preview/internal/run/wire"
)

// maxDescription bounds a RowDescription: 1,664 columns with names of 63 bytes
// take 136 KB.
const maxDescription = 512 << 10

// resultLimits says how much of an answer to keep; the fields are those of Query.
type resultLimits struct {
	rows, columns, cellBytes int
	bytes                    int64
	describeOnly             bool
	large                    func() error                                // see Query.Large
	origin                   func(uint32, uint16) (table, column string) // see Query.Origin
	// internal marks a query of our own.
	internal bool
	// memory is where the rows are kept; nil for memory of this answer's own.
	memory *rowMemory
	// question is the statement, where it is one that is asked often.
	question *Question
	// catalogPath makes the search path PostgreSQL's own catalog alone.
	catalogPath bool
}

// serverFailure is an error that the server reported for a part of the pipeline.
type serverFailure struct {
	part   part
	stage  stage
	fields wire.Fields
	fatal  bool
}

// answers is what came back from a pipeline.
type answers struct {
	columns      []Column
	totalColumns int
	rows         [][]Cell
	store        wire.Store
	moreRows     bool // a row beyond limits.rows came
	byteLimited  bool
	bytes        int64
	largeGranted bool // limits.large gave a permit for a large result
	largeDenied  bool // it gave none
	failure      *serverFailure
	firstRow     time.Time
	wrote        bool // the check did not prove that the transaction was read-only
	checked      bool // the check was answered
	clean        bool // the locks were given back and no prepared statement was left
	unsure       bool // an error came instead of the rollback or the clean-up
	configured   bool // the session keeps its settings from now on

	pid string // of the server process that answered

	limits   resultLimits
	groups   [][]step // what is still to be answered
	stage    stage    // of the first of these
	skipping bool     // after an error, up to the group's end
}

// step returns the step whose answers are awaited; ok is false between two
// groups.
func (a *answers) step() (s step, ok bool) {
	if len(a.groups) == 0 || len(a.groups[0]) == 0 {
		return step{}, false
	}
	return a.groups[0][0], true
}

// nextStep waits for the answers to the step after this one.
func (a *answers) nextStep() {
	a.groups[0] = a.groups[0][1:]
	a.stage = stageNone
}

// read reads the answers to a whole pipeline. A failure that the server reported
// is in a.failure; an error means that the session cannot be used any more.
func (a *answers) read(r *wire.Reader) error {
	for len(a.groups) > 0 {
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
			if err := a.synced(r); err != nil {
				return err
			}
		default:
			if err := a.advance(r, kind); err != nil {
				return err
			}
		}
	}
	return nil
}

// synced takes a ReadyForQuery, the end of a group. The transaction must be
// open (or failed) after the group before the last and over after the last,
// unless an error stood in for the rollback.
func (a *answers) synced(r *wire.Reader) error {
	body, err := r.Body(1)
	if err != nil {
		return err
	}
	if len(body) != 1 {
		return wire.ErrProtocol
	}
	_, unanswered := a.step()
	inside, status := len(a.groups) == 2, body[0]
	switch {
	case a.skipping && (status == 'I' || status == 'E'):
		// After an error in the last group the transaction may be open.
		a.unsure = a.unsure || !inside && status == 'E'
	case unanswered, a.skipping:
		return wire.ErrProtocol
	case inside && (status != 'T' || !a.checked), !inside && status != 'I':
		return wire.ErrProtocol
	}
	a.groups, a.stage, a.skipping = a.groups[1:], stageNone, false
	return nil
}

// failed takes an error. The server then skips what is left of the group.
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
		s, ok := a.step()
		switch {
		case ok:
		case len(a.groups) > 1:
			s = a.groups[1][0] // between two groups
		default:
			s.part = partCleanUp
		}
		a.failure = &serverFailure{part: s.part, stage: max(a.stage, s.before()), fields: fields}
	}
	a.failure.fatal = severity == "FATAL" || severity == "PANIC"
	a.skipping = true
	if s, ok := a.step(); len(a.groups) == 1 && (!ok || s.part != partConfigure) {
		a.unsure = true
	}
	return nil
}

// describe takes the description of the result's columns.
func (a *answers) describe(r *wire.Reader, _ step) error {
	body, err := r.Body(maxDescription)
	if err != nil {
		return err
	}
	var description pgproto3.RowDescription
	if err := description.Decode(body); err != nil || len(description.Fields) > HardColumns {
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
		if i < a.limits.columns {
			a.bytes += int64(len(field.Name))
		}
	}
	return nil
}

// dataRow takes a row of the statement and keeps it within the limits.
func (a *answers) dataRow(r *wire.Reader, _ step) error {
	a.noteFirstRow()
	if len(a.rows) >= a.limits.rows {
		a.moreRows = true
		return nil
	}
	if a.byteLimited || !a.fits(r) {
		return nil
	}
	store := &a.store
	if m := a.limits.memory; m != nil {
		if store = &m.store; len(a.rows) == 0 {
			a.rows = m.rows
		}
	}
	row, err := r.Row(wire.RowLimits{
		Columns: a.totalColumns, MaxColumns: a.limits.columns, MaxCellBytes: a.limits.cellBytes,
		MaxBytes: a.limits.bytes - a.bytes, Store: store,
	})
	if err != nil {
		return err
	}
	if row.TooLarge {
		a.byteLimited = true
		return nil
	}
	a.rows = append(a.rows, row.Cells)
	a.bytes += row.Bytes
	return nil
}

// fits asks for the permit of a large result when the rows, with the next one, would be
// large.
func (a *answers) fits(r *wire.Reader) bool {
	if a.limits.large == nil || a.largeGranted || a.largeDenied {
		return !a.largeDenied
	}
	columns := int64(min(a.totalColumns, a.limits.columns))
	cells := (int64(len(a.rows)) + 1) * columns * int64(unsafe.Sizeof(Cell{}))
	if a.bytes+cells+min(r.Left(), columns*int64(a.limits.cellBytes)) < LargeFrom {
		return true
	}
	a.largeGranted = a.limits.large() == nil
	if a.largeDenied = !a.largeGranted; a.largeDenied {
		a.rows = nil
	}
	return a.largeGranted
}

// checkRow takes the row that says whether a transaction id was assigned, and how
// the transaction stood at its end.
func (a *answers) checkRow(r *wire.Reader, s step) error {
	columns := 4
	if s.unlocks {
		columns++
	}
	if s.counts {
		columns++
	}
	row, err := r.Row(wire.RowLimits{Columns: columns, MaxColumns: columns, MaxCellBytes: 32, MaxBytes: 128, Store: &a.store})
	if err != nil {
		return err
	}
	if a.checked || row.TooLarge {
		return wire.ErrProtocol
	}
	a.checked = true
	cells := row.Cells
	a.wrote = !cells[0].Null || string(cells[1].Bytes) != "on" || string(cells[2].Bytes) != "on"
	a.pid = string(cells[3].Bytes)
	a.clean = s.unlocks && (!s.counts || string(cells[5].Bytes) == "0")
	return nil
}

// cleanUpRow takes the row that says how many prepared statements were left.
func (a *answers) cleanUpRow(r *wire.Reader) error {
	row, err := r.Row(wire.RowLimits{Columns: 2, MaxColumns: 2, MaxCellBytes: 32, MaxBytes: 64, Store: &a.store})
	if err != nil {
		return err
	}
	a.clean = !row.TooLarge && string(row.Cells[1].Bytes) == "0"
	return nil
}
