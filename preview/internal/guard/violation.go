package guard

import "github.com/op-data/sqlpreview/preview/reason"

// Violation is one reason why a text is not allowed, and where.
type Violation struct {
	// Reason is the stable name of the cause.
	Reason reason.Reason `json:"reason"`
	// Rule is the stable id of the rule that fired, finer than Reason.
	Rule string `json:"rule"`
	// Message says what is wrong. It never holds a value of the database.
	Message string `json:"message"`
	// Line and Column are 1-based; Column counts code points.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Offset and End are byte offsets into the text; End is exclusive.
	Offset int `json:"offset"`
	End    int `json:"end"`
	// Hint says what to write instead; it may be empty.
	Hint string `json:"hint,omitempty"`
}

// A refusal is a violation without its place.
type refusal struct {
	reason              reason.Reason
	rule, message, hint string
}
