package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/doctor"
	"github.com/op-data/sqlpreview/preview/reason"
)

// gradeAge is how long a grade is used: rights are granted rarely, and an examination
// costs some dozens of queries.
const gradeAge = 15 * time.Minute

// examinationTime bounds one examination, so that a database which answers slowly
// cannot gather them.
const examinationTime = time.Minute

// graded lets connections through whose grade is good enough. One is examined
// when it is first used, and again when it is old or its DSN changes.
type graded struct {
	preview.Resolver
	least doctor.Grade

	examinations singleflight.Group
	mu           sync.Mutex
	known        map[[sha256.Size]byte]verdict
}

type verdict struct {
	grade doctor.Grade
	until time.Time
}

// gradeError says that a connection's grade is too low.
type gradeError struct{ grade, least doctor.Grade }

func (e gradeError) Error() string {
	return fmt.Sprintf("the connection has grade %s and min_grade is %s; run sqlpreview doctor on it", e.grade, e.least)
}

// atStart looks at the one connection. A database that is not there yet is no
// fault; its grade is found out when it is first used.
func (g *graded) atStart(ctx context.Context) error {
	_, err := g.Resolve(ctx, preview.DefaultConnectionID)
	var tooLow gradeError
	if errors.As(err, &tooLow) {
		return tooLow
	}
	return nil
}

// Unwrap returns the error that the caller gets.
func (e gradeError) Unwrap() error {
	return &preview.Error{
		Reason: reason.DatabaseLoginFailed, Message: "the connection's role has more rights than this sidecar allows",
		Hint: "ask the operator of the sidecar for a role that may read and do nothing else",
	}
}

func (g *graded) Resolve(ctx context.Context, id string) (preview.Connection, error) {
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
		return preview.Connection{}, gradeError{grade, g.least}
	}
	return connection, nil
}

func (g *graded) grade(ctx context.Context, connection preview.Connection) (doctor.Grade, error) {
	key := sha256.Sum256([]byte(connection.DSN.Reveal()))
	g.mu.Lock()
	found := g.known[key]
	g.mu.Unlock()
	if time.Now().Before(found.until) {
		return found.grade, nil
	}
	result := g.examinations.DoChan(string(key[:]), func() (any, error) {
		// The first caller may go away; all who wait share the answer.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), examinationTime)
		defer cancel()
		report, err := doctor.Examine(ctx, connection, doctor.Options{})
		if err != nil {
			return doctor.Grade(""), err
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.forget()
		g.known[key] = verdict{report.Grade, time.Now().Add(gradeAge)}
		return report.Grade, nil
	})
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-result:
		grade, _ := r.Val.(doctor.Grade)
		return grade, r.Err
	}
}

// forget drops what is no longer believed; mu is held.
func (g *graded) forget() {
	now := time.Now()
	for key, v := range g.known {
		if now.After(v.until) {
			delete(g.known, key)
		}
	}
}
