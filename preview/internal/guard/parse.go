package guard

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"unicode/utf8"

	"github.com/pganalyze/pg_query_go/v6/parser"

	"github.com/op-data/sqlpreview/preview/internal/limiter"
	"github.com/op-data/sqlpreview/preview/reason"
)

// This is the only file that knows the parser: libpg_query, PostgreSQL's own
// grammar (17 in this major). Its JSON output is read because the same tree as
// protobuf costs several times as much to write, and more to decode.

// Parse returns PostgreSQL's syntax tree of sql as JSON. Only a text which
// passed Check, or was made from one, may be given: others can crash the
// process, whatever recover does.
func Parse(sql string) (tree string, err error) {
	defer parserPermit(sql).Release()
	return parser.ParseToJSON(sql)
}

// ShortText is the longest text that counts as short, in bytes: checking one takes
// a few milliseconds at most. Short texts never wait behind long ones.
const ShortText = 4 << 10

// parserPermits bounds the calls into C, for short and for long texts one for each
// processor. Such a call keeps its thread, and the runtime makes a new one for
// every goroutine that is ready: ten thousand callers at a time would need as many
// threads, which is where Go ends the process.
var parserPermits = limiter.NewBySize(runtime.GOMAXPROCS(0), ShortText)

func parserPermit(sql string) *limiter.Permit {
	permit, _ := parserPermits.Acquire(context.Background(), len(sql), -1) // waits for as long as it takes: no error
	return permit
}

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
	defer parserPermit(s.SQL()).Release()
	fp, err := parser.FingerprintToHexStr(s.SQL())
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	return fp, nil
}
