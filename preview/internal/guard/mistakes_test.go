package guard_test

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/pgtest/corpus"
	"github.com/op-data/sqlpreview/preview/reason"
)

func readMistakes(t *testing.T) []corpus.Case {
	t.Helper()
	cases, err := corpus.Read("testdata/mistakes", corpus.Format{Marked: true, Group: "mistake", Keys: map[string][]string{
		"mistake": nil, "message": nil, "hint": nil, "server": {"-", "42703", "42883", "42P01"}, "escape": {"none", "go"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if len(c.Marks) != 1 {
			t.Fatalf("%s: %d marks", c.Where(), len(c.Marks))
		}
	}
	return cases
}

func offline(c *corpus.Case) bool { return c.Keys["server"] == "" || c.Keys["server"] == "-" }

// Every mistake is explained where it is, in words that say what to do.
func TestMistakesAreExplained(t *testing.T) {
	t.Parallel()
	cases := readMistakes(t)
	kinds := make(map[string]bool)
	for _, c := range cases {
		kinds[c.Keys["mistake"]] = true
		st, v := guard.Check(c.SQL, nil)
		if !offline(&c) {
			got := guard.UndefinedHint(c.SQL, c.Marks[0][0], c.Keys["server"])
			if st == nil || got != c.Keys["hint"] {
				t.Errorf("%s: %q: hint %q (%+v), want %q", c.Where(), c.SQL, got, v, c.Keys["hint"])
			}
			continue
		}
		if len(v) == 0 {
			t.Errorf("%s: %q is accepted", c.Where(), c.SQL)
			continue
		}
		first := v[0]
		if first.Hint == "" {
			first.Hint = "-"
		}
		if first.Message != c.Keys["message"] || first.Hint != c.Keys["hint"] || first.Offset != c.Marks[0][0] || first.End != c.Marks[0][1] {
			t.Errorf("%s: %q:\n  at %d to %d, %q, %q\n  want %v, %q, %q", c.Where(), c.SQL, first.Offset, first.End, first.Message, first.Hint,
				c.Marks[0], c.Keys["message"], c.Keys["hint"])
		}
		if first.Reason != reason.SQLSyntaxError && first.Reason != reason.NotASelect && first.Reason != reason.SQLEmpty {
			t.Errorf("%s: %q: %s", c.Where(), c.SQL, first.Reason)
		}
	}
	t.Logf("%d mistakes of %d kinds", len(cases), len(kinds))
	if len(cases) < 500 || len(kinds) < 40 {
		t.Errorf("only %d mistakes of %d kinds", len(cases), len(kinds))
	}
}

// What the guard lets through, the server refuses with the SQLSTATE and at the place
// that the case says.
func TestMistakesThatTheServerFinds(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, `create table t (a int, b text, c int, data jsonb, name text)`)
	conn, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	for _, c := range readMistakes(t) {
		if offline(&c) {
			continue
		}
		_, err := conn.Prepare(t.Context(), "", c.SQL, nil)
		var pgErr *pgconn.PgError
		want := len([]rune(c.SQL[:c.Marks[0][0]])) + 1
		if !errors.As(err, &pgErr) || pgErr.Code != c.Keys["server"] || int(pgErr.Position) != want {
			t.Errorf("%s: %q: %v, want %s at %s", c.Where(), c.SQL, err, c.Keys["server"], strconv.Itoa(want))
		}
	}
}
