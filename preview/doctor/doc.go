// Package doctor grades a database connection: what could its role do if
// everything in front of the database failed?
//
// The guard and the read-only transaction stand between a model author and the
// database. The role's rights stand behind both, and only the operator can take
// them away. [Examine] looks at the role, its memberships, what it owns and may
// write, the functions it may call, the server's settings and the way to the
// server, all by reading catalogs in read-only transactions. It changes nothing.
//
// What it says to run first is a role of its own for previews. Statements that
// take rights from the role that was examined are only for a role that is used
// for nothing else, see Options.Dedicated: an application's role would take its
// application down.
package doctor

import (
	"fmt"
	"slices"
	"time"
)

// Severity is how much a finding matters.
type Severity string

// The severities, the worst first, and the grade that one finding leads to.
const (
	// Critical: the role can leave the database or take it over. Grade F.
	Critical Severity = "CRITICAL"
	// Serious: the role can change data or see secrets. Grade D.
	Serious Severity = "SERIOUS"
	// Warning: the role can see more than a preview should, or something could
	// not be examined. Grade C.
	Warning Severity = "WARNING"
	// Advice: a defence in depth is missing. Grade B.
	Advice Severity = "ADVICE"
	// Note: good to know; the grade does not change.
	Note Severity = "NOTE"
)

// Grade is the judgement of a connection, "A" to "F" without "E".
type Grade string

// The grades.
const (
	GradeA Grade = "A"
	GradeB Grade = "B"
	GradeC Grade = "C"
	GradeD Grade = "D"
	GradeF Grade = "F"
)

// scale has the severities and their grades, the best first.
var scale = []struct {
	severity Severity
	grade    Grade
}{{Note, GradeA}, {Advice, GradeB}, {Warning, GradeC}, {Serious, GradeD}, {Critical, GradeF}}

// ParseGrade reads a grade.
func ParseGrade(text string) (Grade, error) {
	for _, step := range scale {
		if Grade(text) == step.grade {
			return step.grade, nil
		}
	}
	return "", fmt.Errorf("doctor: %q is no grade; the grades are A, B, C, D and F", text)
}

// AtLeast reports whether g is as good as other or better.
func (g Grade) AtLeast(other Grade) bool { return g != "" && g <= other }

// Finding is one thing that the examination found.
type Finding struct {
	// Check is the stable id of the check.
	Check string `json:"check"`
	// Severity is how much it matters.
	Severity Severity `json:"severity"`
	// Message says what was found.
	Message string `json:"message"`
	// Names are the objects concerned, at most ten, and Count how many there are.
	// Characters that could steer a terminal are replaced.
	Names []string `json:"names,omitempty"`
	Count int      `json:"count,omitempty"`
	// Advice is a sentence that is right for every role; it may be empty.
	Advice string `json:"advice,omitempty"`
	// Remedy is SQL that takes the right from the role, one statement a line. It is
	// empty unless Options.Dedicated is set. What the role has through PUBLIC or
	// another role stays, since others may rely on it.
	Remedy string `json:"remedy,omitempty"`
}

// Server is what there is to know about the server and the way to it.
type Server struct {
	// Version is the server's, for instance "15.6".
	Version string `json:"version"`
	// Encoding is the database's.
	Encoding string `json:"encoding"`
	// Standby reports whether it is a read replica.
	Standby bool `json:"standby"`
	// Pooled reports whether a pooler such as PgBouncer stands in between.
	Pooled bool `json:"pooled"`
	// Encrypted reports whether the connection uses TLS; Local whether it stays on
	// this machine.
	Encrypted bool `json:"encrypted"`
	Local     bool `json:"local"`
	// Connect is how long connecting took, and Latency one round trip (the median
	// of five).
	Connect time.Duration `json:"connect_ns"`
	Latency time.Duration `json:"latency_ns"`
}

// Options says what an examination is for. The zero Options is safe for every role.
type Options struct {
	// Dedicated says that the role is used for nothing but previews, so that rights
	// may be taken from it: findings then have a Remedy.
	Dedicated bool
}

// Report is the result of an examination.
type Report struct {
	// Grade follows from the worst finding.
	Grade Grade `json:"grade"`
	// Role and Database are what was examined.
	Role     string `json:"role"`
	Database string `json:"database"`
	// Server is what is behind the connection.
	Server Server `json:"server"`
	// Findings are what was found, the worst first.
	Findings []Finding `json:"findings"`
	// LeastPrivilege is SQL that makes a role named sqlpreview, fit for previews of
	// this database. It holds no password and changes no other role.
	LeastPrivilege string `json:"least_privilege"`
}

// judge sorts the findings and sets the grade.
func (r *Report) judge() {
	rank := func(f Finding) int {
		for i, step := range scale {
			if step.severity == f.Severity {
				return i
			}
		}
		return len(scale) - 1
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return rank(b) - rank(a) })
	r.Grade = GradeA
	if len(r.Findings) > 0 {
		r.Grade = scale[rank(r.Findings[0])].grade
	}
}
