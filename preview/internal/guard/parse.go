package guard

import (
	"errors"
	"fmt"
	"runtime"
	"unicode/utf8"

	"github.com/pganalyze/pg_query_go/v6/parser"

	"github.com/op-data/sqlpreview/preview/reason"
)

// This is the only file that knows the parser: libpg_query, PostgreSQL's own
// grammar (17 in this major). Its JSON output is read because the same tree as
// protobuf costs several times as much to write, and more to decode.

// Parse returns PostgreSQL's syntax tree of sql as JSON. Only a text which
// passed Check, or was made from one, may be given: others can crash the
// process, whatever recover does.
func Parse(sql string) (tree string, err error) {
	parsing <- struct{}{}
	defer func() { <-parsing }()
	return parser.ParseToJSON(sql)
}

// parsing has a place for each processor. A call into C keeps its thread, and the
// runtime makes a new one for whoever waits: ten thousand callers at once would be
// as many threads, which is where Go ends the process.
var parsing = make(chan struct{}, runtime.GOMAXPROCS(0))

// syntaxViolation tells where the grammar stopped. The parser's own message
// quotes nothing but the text and is passed on.
func syntaxViolation(sql string, err error) Violation {
	var pe *parser.Error
	if !errors.As(err, &pe) {
		return violationAt(sql, 0, 0, reason.SQLSyntaxError, "syntax", "the text is not valid SQL", "")
	}
	at := byteOffset(sql, pe.Cursorpos-1-Indent)
	lex := lexer{src: sql, pos: at}
	t := lex.next()
	end := max(at, t.end)
	if t.kind == tokBad {
		end = min(at+1, len(sql))
	}
	return violationAt(sql, at, end, reason.SQLSyntaxError, "syntax", shorten(pe.Message), syntaxHint(sql, at))
}

// shorten keeps a message readable that quotes the text to its end.
func shorten(message string) string {
	const longest = 100 // code points
	n := 0
	for i := range message {
		if n++; n > longest {
			return message[:i] + "..."
		}
	}
	return message
}

// byteOffset returns where the n-th code point (from 0) of sql begins.
func byteOffset(sql string, n int) int {
	i := 0
	for ; n > 0 && i < len(sql); n-- {
		_, size := utf8.DecodeRuneInString(sql[i:])
		i += size
	}
	return i
}

// Fingerprint returns libpg_query's fingerprint of the statement: 16 hex
// digits, the same for texts that differ in constants, spacing and comments
// only. It parses the text again.
func (s *Statement) Fingerprint() (string, error) {
	parsing <- struct{}{}
	defer func() { <-parsing }()
	fp, err := parser.FingerprintToHexStr(s.SQL())
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	return fp, nil
}
