package sqlstate

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed constants.txt
var constantsText string

// constants are messages of PostgreSQL's that hold no placeholder. One of them can
// be shown whenever the server sends it, byte for byte: it holds no value.
var constants = sync.OnceValue(func() map[string]struct{} {
	all := make(map[string]struct{}, 2100)
	for line := range strings.Lines(constantsText) {
		if !strings.HasPrefix(line, "#") {
			all[strings.TrimSuffix(line, "\n")] = struct{}{}
		}
	}
	for _, fault := range regexpFaults {
		all[regexpPrefix+fault] = struct{}{}
	}
	for _, operation := range setOperations {
		all["each "+operation+" query must have the same number of columns"] = struct{}{}
	}
	return all
})

// setOperations are what PostgreSQL's analyze.c fills into one placeholder.
var setOperations = []string{"UNION", "INTERSECT", "EXCEPT"}

// regexpPrefix begins the message of a regular expression that cannot be compiled;
// what follows is one of regexpFaults, PostgreSQL's src/include/regex/regerrs.h.
const regexpPrefix = "invalid regular expression: "

var regexpFaults = []string{
	"invalid regexp (reg version 0.8)", "invalid collating element", "invalid character class", `invalid escape \ sequence`,
	"invalid backreference number", "brackets [] not balanced", "parentheses () not balanced", "braces {} not balanced",
	"invalid repetition count(s)", "invalid character range", "out of memory", "quantifier operand invalid",
	"invalid argument to regex function", "character widths of regex and string differ", "invalid embedded option",
	"regular expression is too complex", "too many colors",
}

// isConstant reports whether a server's message is one of its constant messages.
func isConstant(message string) bool {
	_, ok := constants()[message]
	return ok
}
