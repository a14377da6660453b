// Package judge asks PostgreSQL itself what a text is: whether it is one
// statement, whether that is a query, what its plan would do, and what rows it
// gives. It runs as the tested connection's own role, with the session settings
// that a preview pins, so that both read the same text in the same way.
package judge

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Judge is a session. It is not for use by more than one goroutine at a time.
type Judge struct {
	dsn  string
	conn *pgconn.PgConn
	// forbidden are functions of the server's that must not stand in a plan, and
	// refusedSigns signs that a plan calls one of the fixture's.
	forbidden    map[string]bool
	refusedSigns []string
}

// New returns a judge; it connects when it is first asked.
func New(dsn string, forbidden map[string]bool, refusedSigns []string) *Judge {
	return &Judge{dsn: dsn, forbidden: forbidden, refusedSigns: refusedSigns}
}

// pins are the settings that a preview's text output is defined by.
var pins = []string{
	"set application_name = 'fuzz-judge'", "set standard_conforming_strings = on", "set client_encoding = 'UTF8'", "set client_min_messages = error",
	"set datestyle = 'ISO'", "set intervalstyle = postgres", "set extra_float_digits = 1", "set bytea_output = hex", "set statement_timeout = '3s'", "set jit = off",
}

func (j *Judge) connect(ctx context.Context) error {
	if j.conn != nil && !j.conn.IsClosed() {
		return nil
	}
	conn, err := pgconn.Connect(ctx, j.dsn)
	if err != nil {
		return fmt.Errorf("judge: connecting: %w", err)
	}
	for _, pin := range pins {
		if _, err := conn.Exec(ctx, pin).ReadAll(); err != nil {
			return errors.Join(fmt.Errorf("judge: %w", err), conn.Close(ctx))
		}
	}
	j.conn = conn
	return nil
}

// Close ends the session.
func (j *Judge) Close(ctx context.Context) error {
	if j.conn == nil {
		return nil
	}
	return j.conn.Close(ctx)
}

// within runs a step in a read-only transaction that is rolled back.
func (j *Judge) within(ctx context.Context, step func(context.Context) error) error {
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := j.connect(ctx); err != nil {
		return err
	}
	if _, err := j.conn.Exec(ctx, "begin read only").ReadAll(); err != nil {
		return fmt.Errorf("judge: %w", err)
	}
	err := step(ctx)
	if ctx.Err() != nil {
		// A text that the server reads for so long gives no judgement.
		_ = j.conn.Close(outer)
		return outer.Err()
	}
	// Planning may run functions that are declared to be immutable and are not.
	_, endErr := j.conn.Exec(ctx, "rollback; select pg_catalog.pg_advisory_unlock_all(); deallocate all").ReadAll()
	if endErr != nil {
		return errors.Join(fmt.Errorf("judge: %w", endErr), j.conn.Close(ctx))
	}
	return err
}

// Classify returns what speaks against a text being one harmless query, or an
// empty text. A text that the server does not parse or analyse has nothing
// against it: it cannot run. With viewed the fixture's functions may be called.
func (j *Judge) Classify(ctx context.Context, sql string, viewed bool) (objection string, err error) {
	sql = strings.TrimLeft(sql, "; \t\r\n\f") // what may stand before a statement cannot stand before EXPLAIN's
	err = j.within(ctx, func(ctx context.Context) error {
		prepared, err := j.conn.Prepare(ctx, "", sql, nil)
		var refused *pgconn.PgError
		switch {
		case err == nil && len(prepared.ParamOIDs) > 0:
			objection = "the server wants arguments for it"
			return nil
		case errors.As(err, &refused):
			if strings.Contains(refused.Message, "multiple commands") {
				objection = "the server reads more than one statement"
			}
			return nil
		case err != nil:
			return fmt.Errorf("judge: preparing: %w", err)
		}
		objection, err = j.plan(ctx, sql, viewed)
		return err
	})
	return objection, err
}

// plan looks at how the server would run the text.
func (j *Judge) plan(ctx context.Context, sql string, viewed bool) (string, error) {
	result := j.conn.ExecParams(ctx, "explain (verbose, costs off) "+sql, nil, nil, nil, nil).Read()
	var refused *pgconn.PgError
	if errors.As(result.Err, &refused) {
		// Everything that is a query can be explained; what fails for another
		// reason than its grammar fails in the preview as well.
		if refused.Code == "42601" && strings.HasPrefix(refused.Message, "syntax error") {
			return "the server cannot explain it: it is not a query", nil
		}
		return "", nil
	}
	if result.Err != nil {
		return "", fmt.Errorf("judge: explaining: %w", result.Err)
	}
	var plan strings.Builder
	for _, row := range result.Rows {
		plan.Write(row[0])
		plan.WriteByte('\n')
	}
	if objection := j.inPlan(plan.String(), viewed); objection != "" {
		return objection, nil
	}
	result = j.conn.ExecParams(ctx, "declare fuzz_cursor cursor for "+sql, nil, nil, nil, nil).Read()
	// 42601, 42P11 and 0A000 are what a statement gets that is not a query.
	if errors.As(result.Err, &refused) && (refused.Code == "42601" || refused.Code == "42P11" || refused.Code == "0A000") {
		return "the server makes no cursor of it: " + refused.Message, nil
	}
	return "", nil
}

var (
	effects = regexp.MustCompile(`(?m)^ *(?:-> *)?(LockRows|Insert on|Update on|Delete on|Merge on|ModifyTable)`)
	quoted  = regexp.MustCompile(`'(?:[^']|'')*'`)
	called  = regexp.MustCompile(`([A-Za-z_0-9]+)"?\(`)
)

// inPlan looks for what a harmless query's plan does not hold.
func (j *Judge) inPlan(plan string, viewed bool) string {
	plan = quoted.ReplaceAllString(plan, "''")
	if m := effects.FindStringSubmatch(plan); m != nil {
		return "the server's plan has " + m[1]
	}
	for _, sign := range j.refusedSigns {
		if !viewed && strings.Contains(plan, sign) {
			return "the server's plan calls " + sign
		}
	}
	for _, m := range called.FindAllStringSubmatch(plan, -1) {
		if j.forbidden[m[1]] {
			return "the server's plan calls " + m[1]
		}
	}
	return ""
}

// Rows returns what the text gives when it is run as it is, at most limit rows;
// nil cells are NULL. refused tells that the server does not run it, or not in
// time.
func (j *Judge) Rows(ctx context.Context, sql string, limit int) (rows [][][]byte, refused bool, err error) {
	err = j.within(ctx, func(ctx context.Context) error {
		if _, err := j.conn.Prepare(ctx, "", sql, nil); err != nil {
			var e *pgconn.PgError
			if errors.As(err, &e) {
				refused = true
				return nil
			}
			return fmt.Errorf("judge: %w", err)
		}
		reader := j.conn.ExecPrepared(ctx, "", nil, nil, nil)
		for reader.NextRow() {
			if len(rows) >= limit {
				continue
			}
			row := make([][]byte, len(reader.Values()))
			for i, v := range reader.Values() {
				if v != nil {
					row[i] = append([]byte{}, v...)
				}
			}
			rows = append(rows, row)
		}
		_, err := reader.Close()
		var e *pgconn.PgError
		if errors.As(err, &e) {
			refused = true
			return nil
		}
		return err
	})
	return rows, refused, err
}

// PID is the process id of the session, or 0 before it is connected.
func (j *Judge) PID() uint32 {
	if j.conn == nil {
		return 0
	}
	return j.conn.PID()
}
