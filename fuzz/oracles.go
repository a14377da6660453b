package fuzz

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/fuzz/internal/effect"
	"github.com/op-data/sqlpreview/fuzz/internal/sqlgen"
)

const (
	// lateTolerance is by how much a gateway may be late: the machine may be busy.
	lateTolerance = 5 * time.Second
	// checkTimeLimit is the longest that a text may be looked at before it is refused.
	checkTimeLimit = 2 * time.Second
	// growth is the most memory that one query may cost the gateway's process.
	growth = 64 << 20
	// reference is how many rows are compared.
	reference = 3000
)

// examine runs a case and applies every oracle to it. full also looks at every
// row and catalog.
func (e *env) examine(ctx context.Context, c *sqlgen.Case, full bool) (*outcome, error) {
	if c.Technique == "memory" || c.Technique == "deep-nesting" {
		e.memory.settle()
	}
	o := e.ask(ctx, c.SQL)
	if ctx.Err() != nil {
		return o, ctx.Err()
	}
	e.checkBounds(o)
	e.checkLeaks(o)
	e.checkTexts(o, c.SQL)
	if err := e.checkEffects(ctx, o, full); err != nil {
		return o, err
	}
	if o.accepted() {
		if err := e.checkAgreement(ctx, o, c.SQL); err != nil {
			return o, err
		}
	}
	if err := e.checkResolution(ctx, o, c.SQL); err != nil {
		return o, err
	}
	if c.Honest {
		if err := e.checkHonesty(ctx, o, c); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (e *env) checkBounds(o *outcome) {
	if late := o.elapsed - e.config.TimeLimit; late > lateTolerance {
		o.late("time", fmt.Sprintf("it took %s, the limit is %s", o.elapsed.Round(time.Millisecond), e.config.TimeLimit))
	}
	if e.tap != nil && o.stage() == "guard" && len(o.heard.Statements) == 0 && o.elapsed > checkTimeLimit {
		o.late("judgement time", fmt.Sprintf("refusing the text took %s", o.elapsed.Round(time.Millisecond)))
	}
	if o.growth > growth {
		o.violate(bounds, "memory", fmt.Sprintf("the process grew by %d MiB", o.growth>>20))
	}
	if o.answer == nil {
		return
	}
	if n := len(o.answer.Rows); n > maxRows {
		o.violate(bounds, "rows", fmt.Sprintf("%d rows came back", n))
	}
	for i, name := range o.answer.Columns {
		if f := fault(name); f != "" {
			o.violate(bounds, "name", fmt.Sprintf("the name of column %d %s", i+1, f))
		}
	}
	for i, row := range o.answer.Rows {
		for j, cell := range row {
			if f := fault(cell.Text); f != "" {
				o.violate(bounds, "text", fmt.Sprintf("row %d, column %d %s", i+1, j+1, f))
				return
			}
			if cell.Changed && e.sanitizer != nil {
				if again, _ := e.sanitizer.Text(cell.Text); again != cell.Text {
					o.violate(bounds, "not settled", fmt.Sprintf("row %d, column %d changes when it is sanitized once more: %.60q to %.60q", i+1, j+1, cell.Text, again))
					return
				}
			}
		}
	}
}

func (e *env) checkLeaks(o *outcome) {
	words := ""
	switch {
	case o.answer != nil:
		words = o.answer.Words + strings.Join(o.answer.Columns, "\n")
	case o.refusal != nil:
		words = o.refusal.Words
	case o.err != nil:
		words = o.err.Error()
	}
	for _, secret := range e.fixture.Secrets {
		if strings.Contains(words, secret.Text) {
			o.violate(noLeak, "words "+secret.Name, "the planted secret "+secret.Name+" stands outside the cells")
		}
		if secret.InCells || o.answer == nil {
			continue
		}
		for i, row := range o.answer.Rows {
			for j, cell := range row {
				if strings.Contains(cell.Text, secret.Text) {
					o.violate(noLeak, "cell "+secret.Name, fmt.Sprintf("the planted secret %s stands in row %d, column %d", secret.Name, i+1, j+1))
					return
				}
			}
		}
	}
}

// wrapperName is in every author's text that runs, and in no other statement.
const wrapperName = "preview_query"

// wrapper is the one shape of a text that runs.
var wrapper = regexp.MustCompile(`(?s)\Aselect \* from \(\s(.*)\s\) as preview_query limit (\d+)\z`)

// checkTexts compares what was sent to the database with what was asked.
func (e *env) checkTexts(o *outcome, sql string) {
	if e.tap == nil {
		return
	}
	if o.heard.Notifications > 0 {
		o.violate(noEffect, "listening", "a session listens to a channel")
	}
	wrapped := 0
	for _, text := range o.heard.Statements {
		if !strings.Contains(text, wrapperName) {
			continue
		}
		wrapped++
		m := wrapper.FindStringSubmatch(text)
		switch {
		case m == nil:
			o.violate(agreement, "wrapper", fmt.Sprintf("what ran has another shape: %.200q", text))
		case !strings.Contains(sql, strings.TrimLeft(m[1], " ")):
			o.violate(agreement, "text", fmt.Sprintf("what ran is not what was asked: %.200q", m[1]))
		case m[2] != "100" && m[2] != "101":
			o.violate(agreement, "limit", "what ran has the limit "+m[2])
		}
	}
	switch {
	case wrapped > 1:
		o.violate(agreement, "runs", fmt.Sprintf("the text ran %d times", wrapped))
	case wrapped > 0 && o.stage() == "guard":
		o.violate(agreement, "refused and run", "the text was refused and ran")
	case wrapped == 0 && o.answer != nil:
		o.violate(agreement, "answer from nowhere", "there is an answer and nothing ran")
	}
}

// settleTimeout is how long a cancelled query may take to end in the server, and
// between is how often one looks.
const (
	settleTimeout = 30 * time.Second
	between       = 20 * time.Millisecond
)

// checkEffects compares how things are with how they were. What a query holds
// while it runs may take a moment to go.
func (e *env) checkEffects(ctx context.Context, o *outcome, full bool) error {
	look := e.watcher.Quick
	if full {
		look = e.watcher.Full
	}
	var now effect.Snapshot
	var last []effect.Change
	for start := time.Now(); ; {
		var err error
		if now, err = look(ctx); err != nil {
			return err
		}
		o.changes = now.Diff(e.base)
		// What is seen twice is there; a session that begins or ends is not.
		same := slices.Equal(o.changes, last)
		last = o.changes
		if len(o.changes) == 0 || same && !passing(o.changes) || time.Since(start) > settleTimeout {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(between):
		}
	}
	for _, change := range o.changes {
		if strings.HasPrefix(change.What, "busy session") {
			o.late("server", fmt.Sprintf("a session is still %s, %s after the answer", change.After, settleTimeout))
			break // its locks go with it
		}
		o.violate(noEffect, kindOf(change.What), change.String())
	}
	records, err := e.watcher.LogRecords(ctx, e.log)
	if err != nil {
		return err
	}
	o.records = records
	for kind := range records {
		o.violate(noEffect, "log "+kind, fmt.Sprintf("the log has new records: %v", records))
		break
	}
	if n := e.fixture.Dialled(); n > 0 {
		o.dialled = true
		e.fixture.Forget()
		o.violate(noEffect, "dialled", fmt.Sprintf("the server dialled the canary port %d times", n))
	}
	if len(o.changes) > 0 || o.dialled {
		return e.rebase(ctx)
	}
	if len(records) > 0 {
		e.log, err = e.watcher.LogPosition(ctx)
	}
	return err
}

// passing reports whether a session is still at work, which may explain what
// changed.
func passing(changes []effect.Change) bool {
	for _, c := range changes {
		if strings.HasPrefix(c.What, "busy session") && c.After != "" {
			return true
		}
	}
	return false
}

var numbers = regexp.MustCompile(`\d+`)

// kindOf names a change without what differs from run to run.
func kindOf(what string) string { return numbers.ReplaceAllString(what, "N") }

func (e *env) checkAgreement(ctx context.Context, o *outcome, sql string) error {
	// A view may do what its owner wanted; the read-only transaction contains it.
	objection, err := e.judge.Classify(ctx, sql, strings.Contains(strings.ToLower(sql), "trap_view"))
	if err != nil {
		return err
	}
	if objection != "" {
		o.violate(agreement, kindOf(objection), objection)
	}
	return nil
}

// checkResolution compares what the gateway decided with what the server itself
// would run.
func (e *env) checkResolution(ctx context.Context, o *outcome, sql string) error {
	decision := decisionOf(o.accepted(), o.refusal)
	if o.answer != nil {
		decision.Functions = o.answer.Functions
	}
	if e.resolver == nil || !decision.Accepted && !decision.Functional {
		return nil
	}
	judged, err := e.resolver.Judge(ctx, sql, decision)
	if err != nil {
		return err
	}
	found := judged.Findings
	if e.sanitizer != nil {
		m := masks{rules: e.sanitizer, catalog: e.resolver.Catalog(), viewsUnread: true} // the tested role has such a path
		found = append(found, m.findings(o.answer, judged)...)
	}
	for _, f := range found {
		o.violate(resolved, f.Kind, f.Detail)
	}
	// What ran at Parse may have written to the log.
	e.log, err = e.watcher.LogPosition(ctx)
	return err
}

func (e *env) checkHonesty(ctx context.Context, o *outcome, c *sqlgen.Case) error {
	rows, refused, err := e.judge.Rows(ctx, c.SQL, reference+1)
	if err != nil || refused {
		return err
	}
	if o.answer == nil {
		if o.refusal == nil {
			o.violate(liveness, "no answer", fmt.Sprintf("the gateway could not be asked: %v", o.err))
			return nil
		}
		if e.resolver != nil && e.resolver.Strict {
			return nil // the resolution says whether the refusal has a ground
		}
		// A collected text may use what the fixture's functions make unusable.
		spoiled := c.Technique == collectedHonest && strings.Contains(o.refusal.Words, "public.trap_")
		if o.refusal.Reason != "STATEMENT_TIMEOUT" && !spoiled { // the judge has more time
			o.violate(honesty, "refused "+o.refusal.Error(), fmt.Sprintf("PostgreSQL runs it and the gateway says %s after %s: %.300s", o.refusal.Error(), o.elapsed.Round(time.Millisecond), o.refusal.Words))
		}
		return nil
	}
	if detail := compare(o.answer, rows, len(rows) <= reference, c.Stable); detail != "" {
		o.violate(honesty, "differs", detail)
	}
	return nil
}
