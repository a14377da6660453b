package resolution

import (
	"context"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/fuzz/internal/rewritten"
	"github.com/op-data/sqlpreview/preview"
)

// grade is what the policy says of a function.
type grade uint8

const (
	// fine: the policy lets the function run.
	fine grade = iota
	// unknown: it depends on what the oracle does not know, for instance on the
	// arguments, or on what was found out about an extension.
	unknown
	// refused: no accepted text may run the function.
	refused
)

// byArgument are the rules of functions that are refused for their arguments.
var byArgument = map[string]bool{"function-secret-setting": true}

// internalRules are the rules that refuse a call by name of what the server
// itself calls in its place.
var internalRules = map[string]bool{"function-type-input": true, "function-unknown-system": true}

// grade judges one function of a tree.
func (o *Oracle) grade(ctx context.Context, use rewritten.Use) (grade, error) {
	f, view := use.Function, use.View
	if view != nil && (view.Builtin() && f.Builtin() || view.Extension != "" && view.Extension == f.Extension) {
		return fine, nil // the policy judges such a view, not its text
	}
	if use.Why == "call" && f.Builtin() && o.internal(f) {
		return unknown, nil // the text itself calls it, which the policy refuses, or the server does in its place
	}
	if g, known := o.grades[f.OID]; known {
		return g, nil
	}
	o.grades[f.OID] = unknown // where a body calls itself
	g, err := o.judge(ctx, f)
	o.grades[f.OID] = g
	return g, err
}

// internal tells whether a call by name is refused of what the server itself calls.
func (o *Oracle) internal(f *rewritten.Function) bool {
	_, rule := o.byName(f)
	return internalRules[rule]
}

func (o *Oracle) judge(ctx context.Context, f *rewritten.Function) (grade, error) {
	byName, rule := o.byName(f)
	switch {
	case slices.Contains(o.DenySchemas, f.Schema):
		return refused, nil
	case slices.Contains(o.AllowFunctions, f.Schema+"."+f.Name):
		return fine, nil
	case f.Builtin() && byArgument[rule]:
		return unknown, nil
	case f.Builtin() && internalRules[rule]:
		return whether(f.Volatile), nil
	case f.Builtin():
		return whether(!byName), nil
	case f.Extension != "":
		return worse(unknown, whether(!byName)), nil
	case o.Strict:
		return refused, nil
	case f.Volatile:
		return o.body(ctx, f)
	case !byName:
		return unknown, nil // a name that only PostgreSQL's own and extensions' functions should have
	}
	return fine, nil
}

// byName asks the policy about a call by the name, with as many arguments.
func (o *Oracle) byName(f *rewritten.Function) (allowed bool, rule string) {
	verdict := preview.Check("select " + quote(f.Schema) + "." + quote(f.Name) + "(" + strings.TrimSuffix(strings.Repeat("null, ", len(f.Args)), ", ") + ")")
	if len(verdict.Violations) > 0 {
		rule = verdict.Violations[0].Rule
	}
	return verdict.Allowed, rule
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// body judges a VOLATILE function of the database's own. One in SQL or of
// PostgreSQL's own code may be judged by what it calls; any other is refused.
func (o *Oracle) body(ctx context.Context, f *rewritten.Function) (grade, error) {
	if f.Private {
		return refused, nil
	}
	switch f.Language {
	case "internal":
		// Such a function may be judged by what it runs, and need not be.
		if own := o.catalog.Internal(f.Source); own != nil {
			g, err := o.judge(ctx, own)
			return worse(g, unknown), err
		}
	case "sql":
		uses, ok := o.catalog.Body(f)
		if !ok {
			// A name of an argument cannot be told from a column here, nor a type that
			// the call decides.
			answer, err := o.session.Ask(ctx, f.Source, f.Args...)
			if err != nil {
				return unknown, err
			}
			if !answer.Readable() {
				return unknown, nil
			}
			for _, query := range answer.Queries {
				if query.Int("commandType") != commandSelect {
					return refused, nil
				}
			}
			uses = o.catalog.Functions(answer.Queries, answer.Outputs)
		} else if !o.catalog.Reads(f) {
			return refused, nil
		}
		return o.worst(ctx, uses)
	}
	return refused, nil
}

// commandSelect is the number of SELECT (CmdType).
const commandSelect = 1

// worst returns the worst grade of several functions.
func (o *Oracle) worst(ctx context.Context, uses []rewritten.Use) (grade, error) {
	var g grade
	for _, use := range uses {
		one, err := o.grade(ctx, use)
		if err != nil {
			return g, err
		}
		if !use.Certain {
			one = min(one, unknown)
		}
		g = worse(g, one)
	}
	return g, nil
}

func worse(a, b grade) grade { return max(a, b) }

func whether(bad bool) grade {
	if bad {
		return refused
	}
	return fine
}
