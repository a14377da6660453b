package sqlstate

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/reason"
)

func TestReason(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]reason.Reason{
		"42P01": reason.UndefinedObject, "42703": reason.UndefinedObject, "42883": reason.UndefinedObject, "3F000": reason.UndefinedObject,
		"42601": reason.SQLSyntaxError, "42804": reason.SemanticError, "42ZZZ": reason.SemanticError, "0A000": reason.SemanticError,
		"22012": reason.DataException, "42501": reason.InsufficientPrivilege, "25006": reason.ReadOnlyViolation,
		"55P03": reason.LockTimeout, "55000": reason.SemanticError, "40001": reason.Conflict, "40P01": reason.Conflict, "53300": reason.DatabaseBusy,
		"54001": reason.QueryTooComplex, "08006": reason.DatabaseUnavailable, "57P01": reason.DatabaseUnavailable,
		"57P03": reason.DatabaseUnavailable, "28P01": reason.DatabaseLoginFailed, "28000": reason.DatabaseLoginFailed,
		"3D000": reason.DatabaseLoginFailed, "P0001": reason.FunctionRaised, "57014": reason.AdminCanceled,
		"25P04": reason.StatementTimeout, "23514": reason.DataException, "21000": reason.DataException, "XX000": reason.Internal, "": reason.Internal,
		"2": reason.Internal, "224": reason.Internal, "22\x00\x00\x00": reason.DataException, "ABCDE": reason.Internal,
	} {
		if got := Reason(code); got != want {
			t.Errorf("Reason(%q) = %s, want %s", code, got, want)
		}
	}
}

func TestEveryReasonHasAText(t *testing.T) {
	t.Parallel()
	for r := range general {
		if !slices.Contains(reason.All(), r) {
			t.Errorf("%s is not a reason", r)
		}
	}
	reasons := []reason.Reason{reason.Internal}
	for _, r := range byCode {
		reasons = append(reasons, r)
	}
	for _, r := range byClass {
		reasons = append(reasons, r)
	}
	for _, r := range reasons {
		if general[r][0] == "" || general[r][1] == "" {
			t.Errorf("%s has no text", r)
		}
	}
}

func TestPublicCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"22012": "22012", "P0001": "P0001", "XX000": "XX000", "SECRT": "", "22": "", "22abc": "", "2201\n": "", "22 12": "", "": "", "220122": "",
	} {
		if got := PublicCode(code); got != want {
			t.Errorf("PublicCode(%q) = %q, want %q", code, got, want)
		}
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	const sql = `select Total, o."größe", 'ab cd' from public.orders o where o.id = $$x$$`
	for _, test := range []struct {
		name          string
		failure       Failure
		message, hint string // "" means: the general one
		position      int
	}{
		{"a name of the text", Failure{Code: "42703", Message: `column "total" does not exist`, Position: 8, AnswersParse: true}, `column "total" does not exist`, "", 8},
		{"a dotted name of the text", Failure{Code: "42P01", Message: `relation "public.orders" does not exist`, AnswersParse: true}, `relation "public.orders" does not exist`, "", 0},
		{"parts that stand apart in the text", Failure{Code: "42703", Message: `column "orders.total" does not exist`, AnswersParse: true}, `column "orders.total" does not exist`, "", 0},
		{"a literal of the text", Failure{Code: "22P02", Message: `invalid input syntax for type integer: "ab cd"`, AnswersParse: true}, `invalid input syntax for type integer: "ab cd"`, "correct the literal in the query", 0},
		{"a part of a word is not a word", Failure{Code: "42703", Message: `column "tota" does not exist`, AnswersParse: true}, "", "", 0},
		{"a name that is not there", Failure{Code: "42703", Message: `column "secret" does not exist`, Position: 8, AnswersParse: true}, general[reason.UndefinedObject][0] + ": Total", "", 8},
		{"a quoted word at the position", Failure{Code: "42703", Message: `Spalte »x« existiert nicht`, Position: 15, AnswersParse: true}, general[reason.UndefinedObject][0] + `: o."größe"`, "", 15},
		{"no quotes at all", Failure{Code: "42883", Message: `operator does not exist: integer + text`, AnswersParse: true}, `operator does not exist: integer + text`, "", 0},
		{"one quote too many", Failure{Code: "42703", Message: `column "total" and " does not exist`, AnswersParse: true}, "", "", 0},
		{"other quotes", Failure{Code: "42703", Message: `column 'secret' does not exist`, AnswersParse: true}, "", "", 0},
		{"an empty name", Failure{Code: "42703", Message: `column "" does not exist`, AnswersParse: true}, "", "", 0},
		{"not ASCII", Failure{Code: "42703", Message: "column \"total\" n\u2019existe pas", AnswersParse: true}, "", "", 0},
		{"two lines", Failure{Code: "42703", Message: "column \"total\"\nsecret", AnswersParse: true}, "", "", 0},
		{"too long", Failure{Code: "42703", Message: strings.Repeat("a", maxShown+1), AnswersParse: true}, "", "", 0},
		{"at execution", Failure{Code: "42703", Message: `column "total" does not exist`, Hint: "none", Position: 8}, "", "", 0},
		{"another class", Failure{Code: "P0001", Message: `total`, Hint: "none", Position: 8, AnswersParse: true}, "", "", 0},
		{"a character that the encoding lacks", Failure{Code: "22P05", Message: `character with byte sequence 0xe6 in encoding "UTF8" has no equivalent in encoding "LATIN1"`, AnswersParse: true}, "the query has a character that the database's encoding does not have", "leave the character out", 0},
		{"a subquery of many rows", Failure{Code: "21000", Message: "secret"}, "a subquery that stands for one value returned more than one row", "aggregate in the subquery, or end it with limit 1", 0},
		{"a value with such a character", Failure{Code: "22P05", Message: `character with byte sequence 0xe6`}, "", "", 0},
		{"a constant message at execution", Failure{Code: "22003", Message: "integer out of range"}, "integer out of range", "", 0},
		{"almost a constant message", Failure{Code: "22003", Message: "integer out of range "}, "", "", 0},
		{"a constant message of a limit", Failure{Code: "54000", Message: "null character not permitted"}, "null character not permitted", "none", 0},
		{"a regular expression", Failure{Code: "2201B", Message: "invalid regular expression: parentheses () not balanced"}, "invalid regular expression: parentheses () not balanced", "", 0},
		{"another regular expression", Failure{Code: "2201B", Message: "invalid regular expression: secret"}, "", "", 0},
		{"a constant message that a function raises", Failure{Code: "P0001", Message: "integer out of range"}, "", "", 0},
		{"a cast of a value", Failure{Code: "22P02", Message: `invalid input syntax for type integer: "secret"`}, "", "", 0},
		{"a JSON path", Failure{Code: "2203A", Message: `JSON object does not contain key "secret"`}, "", "", 0},
		{"an extension's own word on a literal", Failure{Code: "XX000", Message: "parse error - invalid geometry", Hint: `"secret" <-- parse error at position 6`, AnswersParse: true}, "parse error - invalid geometry", "check that the types and clauses fit together", 0},
		{"an extension's word at execution", Failure{Code: "XX000", Message: "parse error - invalid geometry"}, "", "", 0},
		{"columns of a UNION", Failure{Code: "42601", Message: "each UNION query must have the same number of columns", Position: 8, AnswersParse: true}, "each UNION query must have the same number of columns", "check that the types and clauses fit together", 8},
		{"a table without a right", Failure{Code: "42501", Message: "permission denied for table orders"}, "the role that previews run as may not read the table orders", "", 0},
		{"a table that the text does not name", Failure{Code: "42501", Message: "permission denied for table secret"}, "", "", 0},
		{"a table within a function", Failure{Code: "42501", Message: "permission denied for table orders", WithinFunction: true}, "", "", 0},
		{"a hint of the text", Failure{Code: "42703", Message: `column "total" does not exist`, Hint: `Perhaps "orders.total".`, AnswersParse: true}, `column "total" does not exist`, `Perhaps "orders.total".`, 0},
		{"a hint with another name", Failure{Code: "42703", Message: `column "total" does not exist`, Hint: `Perhaps "orders.secret".`, AnswersParse: true}, `column "total" does not exist`, "", 0},
		{"a position past the end", Failure{Code: "42703", Message: `column "secret" does not exist`, Position: 4711, AnswersParse: true}, "", "", 0},
		{"a negative position", Failure{Code: "42703", Message: `column "secret" does not exist`, Position: -1, AnswersParse: true}, "", "", 0},
		{"the last position", Failure{Code: "42601", Message: `syntax error at "secret"`, Position: utf8.RuneCountInString(sql), AnswersParse: true}, general[reason.SQLSyntaxError][0] + ": $", "", utf8.RuneCountInString(sql)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			public := Describe(test.failure, sql)
			message, hint := textsFor(test.failure.Code, Reason(test.failure.Code))
			if test.message != "" {
				message = test.message
			}
			if test.hint == "none" {
				hint = ""
			} else if test.hint != "" {
				hint = test.hint
			}
			if public.Message != message || public.Hint != hint || public.Position != test.position {
				t.Errorf("public %q, %q, %d; want %q, %q, %d", public.Message, public.Hint, public.Position, message, hint, test.position)
			}
		})
	}
}

// FuzzDescribe checks that nothing of a server's text comes out of an error
// that does not answer Parse, and that every quoted part of one that does
// stands in the statement.
func FuzzDescribe(f *testing.F) {
	f.Add("42703", `column "a" does not exist`, `hint "a"`, 8, true, "select a")
	f.Add("22P02", `invalid input: "x"`, "", 3, false, `select "x`)
	f.Fuzz(func(t *testing.T, code, message, hint string, position int, answersParse bool, sql string) {
		public := Describe(Failure{Code: code, Message: message, Hint: hint, Position: position, AnswersParse: answersParse}, sql)
		general, generalHint := textsFor(code, public.Reason)
		ours := public.Message == general || isConstant(public.Message) ||
			denied(Failure{Code: code, Message: message}, sql) != "" && strings.HasPrefix(public.Message, "the role that previews run as may not read ")
		if !answersParse && (!ours || public.Hint != generalHint && public.Hint != "" || public.Position != 0) {
			t.Fatalf("public %+v", public)
		}
		if public.Message == message && message != general && !isConstant(message) {
			for i, part := range strings.Split(message, `"`) {
				for _, name := range strings.Split(part, ".") {
					if i%2 == 1 && !strings.Contains(strings.ToLower(sql), strings.ToLower(part)) && !strings.Contains(strings.ToLower(sql), strings.ToLower(name)) {
						t.Fatalf("%q is shown and does not stand in %q", part, sql)
					}
				}
			}
		}
	})
}

// TestConstantsHoldNoPlaceholder: what is shown whenever a server says it can hold
// no value, and is of PostgreSQL's messages that matter to an author.
func TestConstantsHoldNoPlaceholder(t *testing.T) {
	t.Parallel()
	if n := len(constants()); n < 1500 {
		t.Errorf("only %d constant messages", n)
	}
	for message := range constants() {
		if strings.ContainsAny(message, "%\n") || message == "" {
			t.Errorf("%q is no constant message", message)
		}
	}
	for _, message := range []string{
		"division by zero", "bigint out of range", "cannot take logarithm of zero", "null character not permitted", "value out of range: overflow",
		"more than one row returned by a subquery used as an expression",
	} {
		if !isConstant(message) {
			t.Errorf("%q is not in the list", message)
		}
	}
}
