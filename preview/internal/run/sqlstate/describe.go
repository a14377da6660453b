package sqlstate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/reason"
)

// Failure is what the server said.
type Failure struct {
	Code, Message, Hint string
	// Position is the server's "P" field: the place in the statement, as a
	// 1-based number of a character; 0 means none.
	Position int
	// AnswersParse tells that the error answers the Parse message of the
	// author's statement. Before that message is answered the server has looked
	// at the text and at the catalogs, and has neither planned (which folds
	// constants, and so runs functions) nor executed anything.
	AnswersParse bool
}

// Told is what may be told.
type Told struct {
	Reason        reason.Reason
	Message, Hint string
	// Position as in Failure, or 0 when it might describe a value.
	Position int
}

// untranslatable is the code of a text that cannot be brought into the
// database's encoding. While a statement is read it is the author's own.
const untranslatable = "22P05"

// cardinality is the code of a subquery that stands for one value and has more.
const cardinality = "21000"

// maxTold is the longest text of the server's that is told, in bytes.
const maxTold = 300

// general says, for each reason a server can cause, what happened. These texts
// stand in when the server's own is withheld.
var general = map[reason.Reason][2]string{
	reason.SQLSyntaxError:        {"the database found a syntax error", "check the syntax against the version of the database"},
	reason.UndefinedObject:       {"the query names something that the database does not know, or that this role cannot see", "check the spelling, the schema and the search path"},
	reason.SemanticError:         {"the database does not accept the query", "check that the types and clauses fit together"},
	reason.DataException:         {"a value does not fit what the query does with it; the value is withheld", "check casts, divisions and the arguments of functions"},
	reason.InsufficientPrivilege: {"the role that previews run as may not do this", "ask for the SELECT privilege, or leave the object out"},
	reason.ReadOnlyViolation:     {"the query tried to write, and previews are read-only", "leave out the part that writes"},
	reason.FunctionRaised:        {"a function in the database raised an error; its text is withheld", "look the error up in the database's own log"},
	reason.AdminCanceled:         {"the query was cancelled in the database", "ask the administrator of the database, or try again"},
	reason.StatementTimeout:      {"the query did not end within its time limit", "filter or aggregate earlier, or look at the plan"},
	reason.LockTimeout:           {"the query waited too long for a lock that somebody else holds", "try again later"},
	reason.Conflict:              {"the query was in conflict with another transaction or with the standby's recovery", "try again"},
	reason.DatabaseBusy:          {"the database has no resources left for the query", "try again later"},
	reason.QueryTooComplex:       {"the query passes a limit of the database", "make the query smaller"},
	reason.DatabaseUnavailable:   {"the database is not available", "try again later"},
	reason.DatabaseLoginFailed:   {"the database refused the login", "check the user, the password and the database of this connection"},
	reason.Internal:              {"the database failed in a way that previews do not know; its text is withheld", "look the error up in the database's own log"},
}

// General is the message and the hint that are told for a reason when the
// server's are withheld.
func General(r reason.Reason) (message, hint string) {
	texts, ok := general[r]
	if !ok {
		texts = general[reason.Internal]
	}
	return texts[0], texts[1]
}

// Describe decides what is told about a failure of sql, the statement as sent.
//
// The server's message or hint is told only when the error answers Parse, is
// of a class that speaks about the text, is short and plain ASCII outside
// of quotes, and when every name that it quotes stands in sql as a whole word. In every other case
// a general text is told, with the word of sql at the error's position.
func Describe(f Failure, sql string) Told {
	told := Told{Reason: Reason(f.Code)}
	told.Message, told.Hint = General(told.Reason)
	if f.Code == cardinality {
		told.Message = "a subquery that stands for one value returned more than one row"
		told.Hint = "aggregate in the subquery, or end it with limit 1"
	}
	if !f.AnswersParse || !aboutText(f.Code) {
		return told
	}
	if f.Code == untranslatable {
		told.Message = "the query has a character that the database's encoding does not have"
		told.Hint = "leave the character out"
		return told
	}
	if f.Position > 0 && f.Position <= utf8.RuneCountInString(sql) {
		told.Position = f.Position
	}
	switch {
	case tellable(f.Message, sql):
		told.Message = f.Message
	case told.Position > 0:
		if word := wordAt(sql, told.Position); word != "" {
			told.Message += ": " + word
		}
	}
	if f.Hint != "" && tellable(f.Hint, sql) {
		told.Hint = f.Hint
	}
	return told
}

// aboutText tells whether errors of this code, raised while parsing, speak of
// the statement's text: its syntax and names (42), what is not supported (0A),
// and the literals in it (22).
func aboutText(code string) bool {
	return strings.HasPrefix(code, "42") || strings.HasPrefix(code, "0A") ||
		strings.HasPrefix(code, "22") || code == "3F000"
}

// tellable tells whether text can hold nothing that sql does not.
func tellable(text, sql string) bool {
	if text == "" || len(text) > maxTold {
		return false
	}
	// PostgreSQL's English messages put names and values in double quotes; a
	// translated one may use others, and is not plain ASCII.
	parts := strings.Split(text, `"`)
	if len(parts)%2 == 0 || len(parts) == 1 && strings.ContainsAny(text, "`'") {
		return false
	}
	for i, part := range parts {
		if i%2 == 0 && !isPlain(part) || i%2 == 1 && !quotes(sql, part) {
			return false
		}
	}
	return true
}

// isPlain tells whether text is printable ASCII.
func isPlain(text string) bool {
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// quotes tells whether name, or each part of a dotted name, stands in sql.
func quotes(sql, name string) bool {
	if standsIn(sql, name) {
		return true
	}
	parts := strings.Split(name, ".")
	for _, part := range parts {
		if !standsIn(sql, part) {
			return false
		}
	}
	return len(parts) > 1
}

// standsIn tells whether word stands in sql with no letter or digit beside it,
// in any case of letters.
func standsIn(sql, word string) bool {
	if word == "" || strings.ContainsFunc(word, unicode.IsControl) || !utf8.ValidString(word) {
		return false
	}
	sql, word = strings.ToLower(sql), strings.ToLower(word)
	for from := 0; ; {
		at := strings.Index(sql[from:], word)
		if at < 0 {
			return false
		}
		start, end := from+at, from+at+len(word)
		before, _ := utf8.DecodeLastRuneInString(sql[:start])
		after, _ := utf8.DecodeRuneInString(sql[end:])
		first, _ := utf8.DecodeRuneInString(word)
		last, _ := utf8.DecodeLastRuneInString(word)
		if (!isWord(before) || !isWord(first)) && (!isWord(after) || !isWord(last)) {
			return true
		}
		from = start + 1
	}
}

func isWord(r rune) bool {
	return r != utf8.RuneError && (r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r))
}

// wordAt returns the name, dotted or quoted, that begins at a position in sql.
func wordAt(sql string, position int) string {
	offset := 0
	for range position - 1 {
		_, size := utf8.DecodeRuneInString(sql[offset:])
		offset += size
	}
	rest, quoted := sql[offset:], false
	end := len(rest)
	for i, r := range rest {
		if r == '"' {
			quoted = !quoted
			continue
		}
		if !quoted && r != '.' && !isWord(r) {
			end = i
			break
		}
	}
	if quoted || end > maxTold {
		return ""
	}
	return rest[:end]
}
