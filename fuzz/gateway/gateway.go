// Package gateway is the harness's view of a program that takes SQL from a
// model author and returns rows of a PostgreSQL database.
//
// The interface has one method, so any such program can be put under the
// harness: write a [Gateway] that sends the text and says what came back. Three
// are here: the Go package ([Embedded]), the sidecar ([Sidecar]), and, to
// compare with, a gateway that checks nothing ([Unguarded]).
package gateway

import (
	"context"
	"errors"
)

// Gateway answers SQL.
type Gateway interface {
	// Query sends one text. An error is a *[Refusal] when the gateway itself
	// said no, and anything else when it could not be asked.
	Query(ctx context.Context, sql string) (*Answer, error)
}

// Answer is what came back.
type Answer struct {
	// Rows holds the cells.
	Rows [][]Cell
	// Columns are the names of the columns.
	Columns []string
	// RowsCut tells that the gateway says there may be more rows.
	RowsCut bool
	// ColumnsCut tells that the gateway says it left out columns.
	ColumnsCut bool
	// Functions are the object ids of the functions that the gateway says the text leads
	// to; nil where it does not say.
	Functions map[uint32]bool
	// Words is everything else that the caller gets to see, in any form.
	Words string
}

// Cell is one value.
type Cell struct {
	Text string
	Null bool
	// Changed tells that the gateway says the text is not the database's own.
	Changed bool
	// Cut tells that it says the text was longer.
	Cut bool
	// Masked tells that it says the whole column is masked.
	Masked bool
}

// Stage is how far a text came.
type Stage string

// The stages.
const (
	// Guard: the gateway's own judgement of the text.
	Guard Stage = "guard"
	// Database: the database said no, or was stopped.
	Database Stage = "database"
	// Other: anything else, for instance an unreachable database.
	Other Stage = "other"
)

// Refusal is the error of a gateway that said no.
type Refusal struct {
	// Reason is the gateway's name for the cause.
	Reason string
	// Rule is finer than Reason; may be empty.
	Rule string
	// Violations are everything that the gateway's own judgement refuses the text
	// for, where it says so.
	Violations []Violation
	// Stage is how far the text came.
	Stage Stage
	// Words is everything that the caller gets to see, in any form.
	Words string
}

// Violation is one cause of a refusal.
type Violation struct {
	// Reason and Rule are the gateway's names for the cause.
	Reason, Rule string
	// Message says it in words.
	Message string
}

// Error returns the reason and the rule.
func (r *Refusal) Error() string {
	if r.Rule == "" {
		return r.Reason
	}
	return r.Reason + " (" + r.Rule + ")"
}

// AsRefusal returns the refusal that err is, or nil.
func AsRefusal(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return nil
}
