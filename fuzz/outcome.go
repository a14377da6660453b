package fuzz

import (
	"context"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/fuzz/gateway"
	"github.com/op-data/sqlpreview/fuzz/internal/effect"
	"github.com/op-data/sqlpreview/fuzz/internal/tap"
)

// The names of the oracles.
const (
	agreement = "agreement"
	noEffect  = "no-effect"
	bounds    = "bounds"
	noLeak    = "no-leak"
	honesty   = "honesty"
	liveness  = "liveness"
	resolved  = "resolution"
)

// violation is one promise that a case broke. Two of one oracle and kind are
// the same finding.
type violation struct {
	oracle, kind, detail string
	clocked              bool // it hangs on how fast the machine is
}

// outcome is what was seen of one case.
type outcome struct {
	answer  *gateway.Answer
	refusal *gateway.Refusal
	err     error // the gateway could not be asked
	elapsed time.Duration
	growth  int64 // of the process's memory, in bytes
	heard   tap.Heard
	changes []effect.Change
	records map[string]int
	dialled bool

	violations []violation
}

func (o *outcome) violate(oracle, kind, detail string) {
	o.violations = append(o.violations, violation{oracle: oracle, kind: kind, detail: detail})
}

// late is violate for what hangs on a clock.
func (o *outcome) late(kind, detail string) {
	o.violations = append(o.violations, violation{oracle: bounds, kind: kind, detail: detail, clocked: true})
}

// stage is how far the text came; empty for an answer.
func (o *outcome) stage() gateway.Stage {
	switch {
	case o.answer != nil:
		return ""
	case o.refusal != nil:
		return o.refusal.Stage
	}
	return gateway.Other
}

// name is what became of the case, in a word.
func (o *outcome) name() string {
	switch {
	case o.answer != nil:
		return "answer"
	case o.refusal != nil:
		return o.refusal.Error()
	}
	return "error"
}

// accepted reports whether the gateway's own judgement let the text pass.
func (o *outcome) accepted() bool {
	for _, text := range o.heard.Statements {
		if strings.Contains(text, wrapperName) {
			return true
		}
	}
	return o.answer != nil || judgedAndSent(o.refusal)
}

// ask sends a text and notes what comes back.
func (e *env) ask(ctx context.Context, sql string) *outcome {
	o := &outcome{}
	if e.tap != nil {
		e.tap.Take()
	}
	watch := e.memory.start()
	start := time.Now()
	answer, err := e.gateway.Query(ctx, sql)
	o.elapsed = time.Since(start)
	o.growth = watch.stop()
	if e.tap != nil {
		o.heard = e.tap.Take()
	}
	switch {
	case err == nil:
		o.answer = answer
	case gateway.AsRefusal(err) != nil:
		o.refusal = gateway.AsRefusal(err)
	default:
		o.err = err
	}
	return o
}

// broke reports whether the outcome has a violation of the oracle and kind.
func (o *outcome) broke(v violation) bool {
	for _, other := range o.violations {
		if other.oracle == v.oracle && other.kind == v.kind {
			return true
		}
	}
	return false
}
