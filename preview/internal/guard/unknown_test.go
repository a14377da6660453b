package guard

import (
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
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

// A function of PostgreSQL's own that has not been reviewed is refused at the target
// also where Check left it to the target, in any position.
func TestUnknownBuiltInIsRefused(t *testing.T) {
	t.Parallel()
	j := &judge{checker: checker{policy: defaultPolicy}}
	for _, direct := range []bool{true, false} {
		f := &catalog.Function{OID: 9999, Schema: systemSchema, Name: "pg_of_tomorrow", Volatility: 'i'}
		if got := j.builtIn(f, use{direct: direct}); got.allowed || got.family != "unknown-system" {
			t.Errorf("direct %v: %+v", direct, got)
		}
	}
	three := &catalog.Function{OID: 3685, Schema: systemSchema, Name: "ts_rewrite", Volatility: 'i', Args: make([]catalog.OID, 3)}
	two := &catalog.Function{OID: 3684, Schema: systemSchema, Name: "ts_rewrite", Volatility: 'v', Args: make([]catalog.OID, 2)}
	if !j.builtIn(three, use{}).allowed || j.builtIn(two, use{}).allowed {
		t.Error("ts_rewrite with three arguments is pure, with two it runs a text")
	}
}
