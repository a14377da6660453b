package doctor_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/doctor"
	"github.com/op-data/sqlpreview/preview/reason"
)

// counted resolves every id to one connection and counts how often it is asked for a
// fresh one. stale, if it is set, is returned unless a fresh one is asked for.
type counted struct {
	dsn, stale string
	refreshed  atomic.Int32
}

func (c *counted) Resolve(ctx context.Context, _ string) (preview.Connection, error) {
	if preview.IsRefresh(ctx) {
		c.refreshed.Add(1)
	} else if c.stale != "" {
		return preview.Connection{DSN: preview.NewSecret(c.stale)}, nil
	}
	return preview.Connection{DSN: preview.NewSecret(c.dsn)}, nil
}

func TestMinGrade(t *testing.T) {
	db := newTestDB(t)
	best := bestGrade(examine(t, db.dsn))
	for _, c := range []struct {
		name, dsn, stale string
		least            doctor.Grade
		want             error
		refreshed        int32
	}{
		{"good enough", db.dsn, "", best, nil, 0},
		{"a superuser, where anything will do", db.super, "", doctor.GradeF, nil, 0},
		{"a superuser", db.super, "", doctor.GradeD, &doctor.GradeError{Grade: doctor.GradeF, Least: doctor.GradeD}, 0},
		{"a password that has changed", db.dsn, db.dsn + " dbname=nothing", best, nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			resolver := &counted{dsn: c.dsn, stale: c.stale}
			connection, err := doctor.MinGrade(resolver, c.least).Resolve(t.Context(), "a")
			var tooLow *doctor.GradeError
			if errors.As(err, &tooLow) {
				if c.want == nil || tooLow.Error() != c.want.Error() || preview.ReasonOf(err) != reason.DatabaseLoginFailed || connection.DSN.Reveal() != "" {
					t.Errorf("got %v and %v", connection, err)
				}
			} else if err != nil || c.want != nil || connection.DSN.Reveal() != c.dsn {
				t.Errorf("got %v and %v, want %v", connection, err, c.want)
			}
			if n := resolver.refreshed.Load(); n != c.refreshed {
				t.Errorf("a fresh connection was asked for %d times, want %d", n, c.refreshed)
			}
		})
	}
}

// TestMinGradeIsRemembered: a grade is used again, although the role got more rights.
func TestMinGradeIsRemembered(t *testing.T) {
	db := newTestDB(t)
	best := bestGrade(examine(t, db.dsn))
	resolver := doctor.MinGrade(&counted{dsn: db.dsn}, best)
	for range 2 {
		if _, err := resolver.Resolve(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		execute(t, db.super, `alter role `+db.quoted()+` createdb`)
	}
	if _, err := doctor.MinGrade(&counted{dsn: db.dsn}, best).Resolve(t.Context(), "a"); err == nil {
		t.Error("the role's new right is not seen by a new Resolver: the test proves nothing")
	}
}
