package values_test

import (
	"context"
	"math/rand"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/fuzz/internal/values"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

func connect(t *testing.T) *pgconn.PgConn {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), pgtest.Shared(t).DSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return conn
}

func TestEveryClassGivesTextThatADatabaseTakes(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	names := map[string]bool{}
	for _, class := range values.Classes() {
		if names[class.Name] {
			t.Errorf("%s occurs twice", class.Name)
		}
		names[class.Name] = true
		empty := 0
		for range 20 {
			text := class.Text(r)
			if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
				t.Errorf("%s: %q", class.Name, text)
			}
			if text == "" {
				empty++
			}
		}
		if empty == 20 && class.Name != "empty" {
			t.Errorf("%s gives nothing", class.Name)
		}
	}
}

// TestEverySpellingMeansTheText asks PostgreSQL, with strings in the standard's
// way and with backslashes as escapes.
func TestEverySpellingMeansTheText(t *testing.T) {
	conn := connect(t)
	r := rand.New(rand.NewSource(2))
	for _, setting := range []string{"on", "off"} {
		if _, err := conn.Exec(t.Context(), "set standard_conforming_strings = "+setting).ReadAll(); err != nil {
			t.Fatal(err)
		}
		for range 400 {
			text := values.Text(r)
			sql := values.Spell(r, text)
			if setting == "off" && strings.HasPrefix(sql, "U&") {
				continue // refused by the server, on purpose
			}
			result := conn.ExecParams(t.Context(), "select "+sql, nil, nil, nil, nil).Read()
			if result.Err != nil {
				t.Fatalf("%s: %v", sql, result.Err)
			}
			if got := string(result.Rows[0][0]); got != text {
				t.Fatalf("%s gives %q, want %q", sql, got, text)
			}
		}
	}
}

func TestEveryLiteralIsOfItsType(t *testing.T) {
	conn := connect(t)
	r := rand.New(rand.NewSource(3))
	for _, typ := range values.Types() {
		for range 20 {
			sql := "select " + typ.Literal(r)
			if err := conn.ExecParams(t.Context(), sql, nil, nil, nil, nil).Read().Err; err != nil {
				t.Errorf("%s: %v", sql, err)
				break
			}
		}
	}
}
