package guard

import (
	"strings"
	"testing"
)

// A kind that grammar.txt does not list is refused wherever it stands.
func TestUnknownKindIsRefused(t *testing.T) {
	t.Parallel()
	const tree = `{"version":1,"stmts":[{"stmt":{"SelectStmt":{"targetList":[%],"op":"SETOP_NONE"}}}]}`
	for _, tc := range []struct{ name, node string }{
		{"unknown kind", `{"FutureExpr":{"args":[{"A_Star":{}}],"n":1.5,"s":"x","b":true}}`},
		{"unknown field", `{"ColumnRef":{"fields":[{"A_Star":{}}],"future":1}}`},
		{"unknown value", `{"BoolExpr":{"boolop":"FUTURE_EXPR"}}`},
		{"statement", `{"CreateStmt":{}}`},
		{"wrong type", `{"ColumnRef":{"location":"1"}}`},
		{"cut off", `{"ColumnRef":{"fields":[`},
		{"no kind", `{"ColumnRef":1}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := &checker{sql: "select *", policy: defaultPolicy}
			c.check(strings.Replace(tree, "%", tc.node, 1))
			if len(c.violations) == 0 || c.violations[0].Rule != "unknown-syntax" {
				t.Errorf("violations %+v, want unknown-syntax", c.violations)
			}
		})
	}
}
