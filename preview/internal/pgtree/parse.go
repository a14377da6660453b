package pgtree

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"unicode/utf8"

	"github.com/pganalyze/pg_query_go/v6/parser"

	"github.com/op-data/sqlpreview/preview/internal/limiter"
)

// This is the only file that imports the parser. pg_query_go's major version 6 is
// PostgreSQL 17's grammar; version 5, PostgreSQL 16's, refuses JSON_TABLE, JSON_VALUE,
// JSON_QUERY and JSON_EXISTS. The parser's JSON output is read because the same tree as
// protobuf costs several times as much to write, and more to decode.

// Parse returns PostgreSQL's syntax tree of sql as JSON, or a *SyntaxError. Give
// it only a text that Screen passed, or one made from such a text: others can
// crash the process, and recover does not help.
func Parse(sql string) (tree string, err error) {
	defer parserPermit(sql).Release()
	tree, err = parser.ParseToJSON(sql)
	if err == nil {
		return tree, nil
	}
	var pe *parser.Error
	if errors.As(err, &pe) {
		return "", &SyntaxError{Message: pe.Message, Position: pe.Cursorpos}
	}
	return "", &SyntaxError{Message: "the text is not valid SQL"}
}

// A SyntaxError says where the grammar stopped.
type SyntaxError struct {
	// Message is the parser's own. It quotes nothing but the text.
	Message string
	// Position counts code points of the parsed text from 1; 0 where it is not known.
	Position int
}

func (e *SyntaxError) Error() string { return e.Message }

// Offset returns the byte offset of the place in a text that ParseIndented refused.
func (e *SyntaxError) Offset(sql string) int {
	i := 0
	n := e.Position - 1 - Indent
	if mark := markLength(sql); mark > 0 {
		i, n = mark, n-mark // one blank for each of its bytes was parsed
	}
	for ; n > 0 && i < len(sql); n-- {
		_, size := utf8.DecodeRuneInString(sql[i:])
		i += size
	}
	return i
}

// Fingerprint returns libpg_query's fingerprint of a statement that Parse accepts:
// 16 hex digits, the same for texts that differ in constants, spacing and comments
// only.
func Fingerprint(sql string) (string, error) {
	defer parserPermit(sql).Release()
	fp, err := parser.FingerprintToHexStr(sql)
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	return fp, nil
}

// ShortText is the longest text that counts as short, in bytes: checking one takes
// a few milliseconds at most. Short texts never wait behind long ones.
const ShortText = 4 << 10

// parserPermits bounds the calls into C, for short and for long texts one for each
// processor. Such a call keeps its thread, and the runtime starts a new one for
// every goroutine that is ready: ten thousand callers at a time would need as many
// threads, and at that number Go ends the process.
var parserPermits = limiter.NewBySize(runtime.GOMAXPROCS(0), ShortText)

func parserPermit(sql string) *limiter.Permit {
	permit, _ := parserPermits.Acquire(context.Background(), len(sql), -1) // waits for as long as it takes: no error
	return permit
}
