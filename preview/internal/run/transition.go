package run

import (
	"time"

	"github.com/op-data/sqlpreview/preview/internal/run/wire"
)

// The server's messages that move a step forward, by the type byte that PostgreSQL's
// documentation ("Message Formats") gives them.
const (
	parseComplete        = '1'
	bindComplete         = '2'
	parameterDescription = 't'
	rowDescription       = 'T'
	dataRow              = 'D'
	commandComplete      = 'C'
)

// stage is how far the server got with a step.
type stage int

const (
	stageNone stage = iota
	stageParsed
	stageBound
	stageDescribed // the statement alone, whose columns are asked for
	stageDone
)

// stepKind is what a step is by the messages that answer it.
type stepKind int

const (
	stepOwn       stepKind = iota // a statement of our own, whose rows have no description
	stepStatement                 // the author's statement, executed
	stepDescribed                 // the author's statement, described only
)

func (s step) kind() stepKind {
	switch {
	case s.part != partStatement:
		return stepOwn
	case s.execute:
		return stepStatement
	default:
		return stepDescribed
	}
}

// before is the stage at which the step is sent.
func (s step) before() stage {
	if s.prepared {
		return stageParsed
	}
	return stageNone
}

// arrival is a message that came for a step at a stage.
type arrival struct {
	kind    stepKind
	stage   stage
	message byte
}

// transition is the stage that a message leads to and what is done with its body.
type transition struct {
	to     stage
	handle func(*answers, *wire.Reader, step) error
}

// transitions has every message that may answer a step. Any other breaks the
// protocol.
var transitions = map[arrival]transition{
	{stepOwn, stageNone, parseComplete}:    {stageParsed, ignoreBody},
	{stepOwn, stageParsed, bindComplete}:   {stageBound, ignoreBody},
	{stepOwn, stageBound, dataRow}:         {stageBound, (*answers).ownRow},
	{stepOwn, stageBound, commandComplete}: {stageDone, (*answers).ownDone},

	{stepStatement, stageNone, parseComplete}:        {stageParsed, ignoreBody},
	{stepStatement, stageParsed, bindComplete}:       {stageBound, ignoreBody},
	{stepStatement, stageBound, rowDescription}:      {stageDescribed, (*answers).describe},
	{stepStatement, stageDescribed, dataRow}:         {stageDescribed, (*answers).dataRow},
	{stepStatement, stageDescribed, commandComplete}: {stageDone, (*answers).statementDone},

	{stepDescribed, stageNone, parseComplete}:          {stageParsed, ignoreBody},
	{stepDescribed, stageParsed, parameterDescription}: {stageParsed, ignoreBody},
	{stepDescribed, stageParsed, rowDescription}:       {stageDone, (*answers).describe},
}

// advance takes a message that moves a step forward.
func (a *answers) advance(r *wire.Reader, message byte) error {
	s, ok := a.step()
	if !ok || a.skipping {
		return wire.ErrProtocol
	}
	next, ok := transitions[arrival{s.kind(), max(a.stage, s.before()), message}]
	if !ok {
		return wire.ErrProtocol
	}
	if err := next.handle(a, r, s); err != nil {
		return err
	}
	if a.stage = next.to; a.stage == stageDone {
		a.nextStep()
	}
	return nil
}

// ignoreBody leaves the body of a message unread; the reader skips it.
func ignoreBody(*answers, *wire.Reader, step) error { return nil }

// ownRow takes a row of a statement of our own.
func (a *answers) ownRow(r *wire.Reader, s step) error {
	switch s.part {
	case partCheck:
		return a.checkRow(r, s)
	case partCleanUp:
		return a.cleanUpRow(r)
	default: // what set_config returns
		return nil
	}
}

func (a *answers) ownDone(_ *wire.Reader, s step) error {
	a.configured = a.configured || s.part == partConfigure
	return nil
}

func (a *answers) statementDone(*wire.Reader, step) error {
	a.noteFirstRow()
	return nil
}

// noteFirstRow notes when the first row came, or the end of a result without rows.
func (a *answers) noteFirstRow() {
	if a.firstRow.IsZero() {
		a.firstRow = time.Now()
	}
}
