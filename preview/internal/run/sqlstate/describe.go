package sqlstate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/reason"
)

// Failure is an error as the server reported it.
type Failure struct {
	Code, Message, Hint string
	// Position is the server's "P" field: the place in the statement, as a
	// 1-based number of a character; 0 means none.
	Position int
	// AnswersParse reports that the error answers the Parse message of the
	// author's statement. Before that message is answered the server has looked
	// at the text and at the catalogs, and has neither planned (which folds
	// constants, and so runs functions) nor executed anything.
	AnswersParse bool
	// WithinFunction reports that the error came from within a function of the
	// database's, as its context says: a name in it may then be a value.
	WithinFunction bool
}

// Public is what of a failure the author of the query is shown.
type Public struct {
	Reason        reason.Reason
	Message, Hint string
	// Position as in Failure, or 0 when it might describe a value.
	Position int
}

// untranslatable is the code of a text that cannot be brought into the
// database's encoding. While a statement is read it is the author's own.
const untranslatable = "22P05"

// maxShown is the longest text of the server's that is shown, in bytes.
const maxShown = 300

// general has, for each reason that a server can cause, the message and the hint that
// are shown when the server's own text is withheld.
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

// General returns the message and the hint that are shown for a reason when the
// server's are withheld.
func General(r reason.Reason) (message, hint string) {
	texts, ok := general[r]
	if !ok {
		texts = general[reason.Internal]
	}
	return texts[0], texts[1]
}

// Describe decides what is shown of a failure of sql, the statement as sent.
//
// The server's message is shown (a) when the error answers Parse, is of a class
// that speaks about the text, is short and plain ASCII outside of quotes, and every
// name that it quotes stands in sql as a whole word; or (b) at any time, when it is
// one of PostgreSQL's constant messages, which hold no placeholder. A hint of the
// server's is shown under (a) alone. In every other case a text of our own for the
// code or the reason is shown, with the word of sql at the error's position.
func Describe(f Failure, sql string) Public {
	parsed := f.AnswersParse && aboutText(f.Code)
	public := Public{Reason: Reason(f.Code)}
	if parsed {
		public.Reason = parsedReason(f, public.Reason)
	}
	public.Message, public.Hint = textsFor(f.Code, public.Reason)
	if object := denied(f, sql); object != "" {
		public.Message = "the role that previews run as may not read " + object
		return public
	}
	if ownWords(public.Reason) && isConstant(f.Message) {
		public.Message = f.Message
		if public.Reason == reason.QueryTooComplex {
			public.Hint = "" // which limit is in the message
		}
	}
	if !parsed {
		return public
	}
	if f.Code == untranslatable {
		public.Message = "the query has a character that the database's encoding does not have"
		public.Hint = "leave the character out"
		return public
	}
	if f.Position > 0 && f.Position <= utf8.RuneCountInString(sql) {
		public.Position = f.Position
	}
	switch {
	case isConstant(f.Message), quotesOnlyQuery(f.Message, sql):
		public.Message = f.Message
		if strings.HasPrefix(f.Code, "22") {
			public.Hint = "correct the literal in the query"
		}
	case public.Position > 0:
		if word := wordAt(sql, public.Position); word != "" {
			public.Message += ": " + word
		}
	}
	if f.Hint != "" && quotesOnlyQuery(f.Hint, sql) {
		public.Hint = f.Hint
	}
	return public
}

// ownWords reports whether the server's message says more than ours for a reason. It
// does not for what stops or disturbs any query, nor for what a function raises, whose
// text may hold anything.
func ownWords(r reason.Reason) bool {
	switch r {
	case reason.DataException, reason.SemanticError, reason.UndefinedObject, reason.SQLSyntaxError, reason.QueryTooComplex, reason.Internal:
		return true
	default:
		return false
	}
}

// parsedReason returns the reason of an error that answers Parse. The parser here has
// accepted the text before. So a syntax error with a constant message is about what the
// statement means (a UNION of different widths), and an internal error is what an
// extension reports of a literal.
func parsedReason(f Failure, r reason.Reason) reason.Reason {
	switch {
	case r == reason.SQLSyntaxError && isConstant(f.Message) && !strings.Contains(f.Message, "multiple commands"), r == reason.Internal:
		return reason.SemanticError
	default:
		return r
	}
}

// aboutText reports whether errors of this code, raised while parsing, speak of
// the statement's text: its syntax and names (42), what is not supported (0A),
// the literals in it (22), and what extensions have no code of their own for (XX).
func aboutText(code string) bool {
	return strings.HasPrefix(code, "XX") || strings.HasPrefix(code, "42") || strings.HasPrefix(code, "0A") ||
		strings.HasPrefix(code, "22") || code == "3F000"
}

// quotesOnlyQuery reports whether every name and value in a text of the server's also
// stands in sql, so that showing the text gives away nothing else.
func quotesOnlyQuery(text, sql string) bool {
	if text == "" || len(text) > maxShown {
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

// isPlain reports whether text is printable ASCII.
func isPlain(text string) bool {
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// quotes reports whether name, or each part of a dotted name, stands in sql.
func quotes(sql, name string) bool {
	if name == "" {
		return strings.Contains(sql, "''") // the empty literal
	}
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

// standsIn reports whether word stands in sql with no letter or digit beside it,
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
	if quoted || end > maxShown {
		return ""
	}
	return rest[:end]
}
