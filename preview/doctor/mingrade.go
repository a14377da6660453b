package doctor

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/internal/singleflight"
	"github.com/op-data/sqlpreview/preview/reason"
)

const (
	// gradeAge is how long a grade is used: rights are granted rarely, and an examination
	// costs some dozens of queries.
	gradeAge = 15 * time.Minute
	// examineTimeout bounds one examination, so that a database that answers slowly
	// does not collect them.
	examineTimeout = time.Minute
	// maxGrades bounds how many connection strings have a grade that is remembered.
	maxGrades = 4096
)

// GradeError is the error of a connection whose grade is too low. Its Error is for
// the operator; callers get the *preview.Error that it wraps.
type GradeError struct{ Grade, Least Grade }

func (e *GradeError) Error() string {
	return fmt.Sprintf("the connection has grade %s and min_grade is %s; run sqlpreview doctor on it", e.Grade, e.Least)
}

// Unwrap returns the error that the caller gets, with DATABASE_LOGIN_FAILED.
func (*GradeError) Unwrap() error {
	return &preview.Error{
		Reason: reason.DatabaseLoginFailed, Message: "the connection's role has more rights than this sidecar allows",
		Hint: "ask the operator of the sidecar for a role that may read and do nothing else",
	}
}

// minGrade is the Resolver that MinGrade returns.
type minGrade struct {
	preview.Resolver
	least Grade
	// grades are kept by a hash of the connection string.
	grades *singleflight.Cache[[sha256.Size]byte, Grade]
}

// MinGrade returns a Resolver of those connections of another one whose grade is at
// least as good as least; the error for the rest is a *GradeError. A connection is
// examined when it is first resolved, and again 15 minutes later or when its
// connection string changes.
func MinGrade(resolver preview.Resolver, least Grade) preview.Resolver {
	return &minGrade{
		Resolver: resolver, least: least,
		grades: singleflight.NewCache[[sha256.Size]byte](singleflight.Options[Grade]{Timeout: examineTimeout, MaxEntries: maxGrades}),
	}
}

// Resolve implements preview.Resolver.
func (g *minGrade) Resolve(ctx context.Context, id string) (preview.Connection, error) {
	connection, err := g.Resolver.Resolve(ctx, id)
	if err != nil {
		return preview.Connection{}, err
	}
	grade, err := g.grade(ctx, connection)
	if preview.ReasonOf(err) == reason.DatabaseLoginFailed && !preview.IsRefresh(ctx) {
		fresh, freshErr := g.Resolver.Resolve(preview.WithRefresh(ctx), id)
		if freshErr == nil && fresh.DSN.Reveal() != connection.DSN.Reveal() { // a rotated password
			connection = fresh
			grade, err = g.grade(ctx, connection)
		}
	}
	if err != nil {
		return preview.Connection{}, err
	}
	if !grade.AtLeast(g.least) {
		return preview.Connection{}, &GradeError{grade, g.least}
	}
	return connection, nil
}

func (g *minGrade) grade(ctx context.Context, connection preview.Connection) (Grade, error) {
	key := sha256.Sum256([]byte(connection.DSN.Reveal()))
	return g.grades.Get(ctx, key, gradeAge, func(ctx context.Context) (Grade, error) {
		report, err := Examine(ctx, connection, Options{})
		if err != nil {
			return "", err
		}
		return report.Grade, nil
	})
}
