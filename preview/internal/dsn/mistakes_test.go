package dsn_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/dsn"
)

// TestOtherFormsAreExplained: what other libraries write is told apart and told what
// to write, and nothing but the scheme is shown.
func TestOtherFormsAreExplained(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"mysql://u:hunter2@h/d":               "the scheme mysql is not PostgreSQL's",
		"https://u:hunter2@h/d":               "the scheme https",
		"postgresql+psycopg2://u:hunter2@h/d": "leave +psycopg2 out",
		"postgres+asyncpg://u:hunter2@h/d":    "leave +asyncpg out",
		"jdbc:postgresql://h/d?user=hunter2":  "without jdbc:",
		"postgres:/u:hunter2@h/d":             "two slashes are missing",
		"postgresql:u:hunter2@h":              "two slashes are missing",
		"Postgres://u:hunter2@h/d":            "lower-case",
		"postgre://u:hunter2@h/d":             "the scheme postgre is misspelled; write postgres://...",
		"hunter2://u@h":                       "neither a URL nor keywords and values",
	} {
		_, err := dsn.Read(text)
		var fault *dsn.Error
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestUnknownKeysAreNamedIfTheyAreNoSecret(t *testing.T) {
	t.Parallel()
	allowed := []string{"host", "port", "user", "password", "dbname", "sslmode", "search_path"}
	for key, want := range map[string]string{
		"prot": "there is no key prot; did you mean port?", "sslmod": "there is no key sslmod; did you mean sslmode?",
		"pasword": "did you mean password?", "schema": "the key schema may not stand in it; write search_path instead",
		"pgbouncer": "leave it out", "hunter2": "withheld", "ss": "withheld", "x": "withheld",
	} {
		got := dsn.UnknownKey(key, allowed).Error()
		if !strings.Contains(got, want) || want == "withheld" && strings.Contains(got, key+" ") {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
}
