package fuzz

import (
	"context"
	"fmt"
	"time"

	"github.com/op-data/sqlpreview/fuzz/internal/sqlgen"
)

const (
	// shrinkTries bounds the attempts at making one finding small.
	shrinkTries = 300
	// shrinkTime bounds their time.
	shrinkTime = 20 * time.Second
)

// findings reports what a case broke, made small.
func (r *runner) findings(ctx context.Context, c *sqlgen.Case, o *outcome, number int) {
	for _, v := range o.violations {
		if r.known(v) {
			continue
		}
		if !r.confirmed(ctx, c, v) {
			r.report.note(v.oracle + " (" + v.kind + ") was seen once and not again: a busy machine")
			continue
		}
		small := r.minimize(ctx, c, v)
		f := Finding{Oracle: v.oracle, Technique: c.Technique, Kind: v.kind, Detail: v.detail, SQL: small.SQL, Case: number, Count: 1}
		if small.SQL != c.SQL {
			f.Original = c.SQL
		}
		r.report.Findings = append(r.report.Findings, f)
		fmt.Fprintf(r.config.Progress, "\nFINDING %s (%s) by %s, case %d: %s\n  %.500q\n", v.oracle, v.kind, c.Technique, number, v.detail, small.SQL)
	}
}

// confirmed runs a case again whose fault may be the machine's: what hangs on a
// clock is a finding only when it is seen three times.
func (r *runner) confirmed(ctx context.Context, c *sqlgen.Case, v violation) bool {
	if !v.clocked {
		return true
	}
	for range 2 {
		if o, err := r.examine(ctx, c, false); err != nil || !o.broke(v) {
			return false
		}
	}
	return true
}

// known counts a violation that was found before.
func (r *runner) known(v violation) bool {
	for i := range r.report.Findings {
		if f := &r.report.Findings[i]; f.Oracle == v.oracle && f.Kind == v.kind {
			f.Count++
			return true
		}
	}
	return false
}

// minimize looks for a smaller case that breaks the same promise.
func (r *runner) minimize(ctx context.Context, c *sqlgen.Case, v violation) *sqlgen.Case {
	if r.config.NoShrink {
		return c
	}
	deadline := time.Now().Add(shrinkTime)
	return sqlgen.Minimize(c, shrinkTries, func(smaller *sqlgen.Case) bool {
		if time.Now().After(deadline) || ctx.Err() != nil {
			return false
		}
		o, err := r.examine(ctx, smaller, false)
		return err == nil && o.broke(v)
	})
}

// blame finds out which case of a batch broke a promise.
func (r *runner) blame(ctx context.Context, v violation, cases []numbered) {
	f := Finding{Oracle: v.oracle, Kind: v.kind, Detail: v.detail, Technique: "unknown", Case: r.report.Cases, Count: 1,
		SQL: "-- one of the cases before this one; run again with the same seed"}
	for _, c := range cases {
		o, err := r.examine(ctx, c.Case, true)
		if err != nil {
			break
		}
		if o.broke(v) {
			f.SQL, f.Technique, f.Case = c.SQL, c.Technique, c.number
			break
		}
	}
	if v.clocked && f.Technique == "unknown" {
		return // the machine's doing, as far as one can see
	}
	r.report.Findings = append(r.report.Findings, f)
	fmt.Fprintf(r.config.Progress, "\nFINDING %s (%s): %s\n  %.500q\n", f.Oracle, f.Kind, f.Detail, f.SQL)
}
