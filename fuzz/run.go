package fuzz

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/fuzz/internal/sqlgen"
)

const (
	// batch is how many cases pass between two looks at every row and catalog.
	batch = 100
	// hostileEvery is how many cases pass between two hostile servers.
	hostileEvery = 15
)

// runner is one run.
type runner struct {
	*env
	rand     *rand.Rand
	report   *Report
	write    []func(*rand.Rand) *sqlgen.Case // the attacks, one a technique
	benign   []func(*rand.Rand) *sqlgen.Case // honest queries
	batch    []numbered
	start    time.Time
	lastLine time.Time
	hostiles int
	order    []int // of the hostile servers
	attacks  int
	honest   int
}

// numbered is a case and its number.
type numbered struct {
	*sqlgen.Case
	number int
}

// Run attacks until the time or the cases are over, there are enough findings,
// or ctx ends, which is not an error. An error means that the harness itself
// could not go on.
func Run(ctx context.Context, config Config) (*Report, error) {
	config = config.withDefaults()
	random := rand.New(rand.NewSource(config.Seed))
	e, err := newEnv(ctx, config, random)
	if err != nil {
		return nil, err
	}
	r := &runner{env: e, rand: random, start: time.Now(), report: &Report{
		Seed: config.Seed, Server: e.version, Techniques: map[string]*Tally{}, Findings: []Finding{},
	}}
	err = errors.Join(r.prepare(), r.collected(ctx), r.loop(ctx))
	if err == nil && ctx.Err() == nil {
		err = r.shutdownCheck(ctx)
	}
	if err == nil && ctx.Err() == nil {
		err = r.probePeer(ctx)
	}
	err = errors.Join(err, e.close(context.WithoutCancel(ctx)))
	r.report.finish(r.start)
	return r.report, err
}

// prepare lists what to write.
func (r *runner) prepare() error {
	wanted := func(name string) bool { return len(r.config.Only) == 0 || slices.Contains(r.config.Only, name) }
	if wanted(sqlgen.Honest) {
		r.benign = append(r.benign, func(random *rand.Rand) *sqlgen.Case { return r.generator.Honest(random) })
	}
	if wanted(sqlgen.Value) {
		r.benign = append(r.benign, func(random *rand.Rand) *sqlgen.Case { return r.generator.Value(random) })
	}
	if r.fixture.Schema.Traps && wanted(sqlgen.LookAlike) {
		r.benign = append(r.benign, func(random *rand.Rand) *sqlgen.Case { return r.generator.LookAlike(random) })
	}
	for i, name := range r.generator.Techniques() {
		if (r.config.Unguarded || r.config.MCP != nil) && name == sqlgen.Growth && len(r.config.Only) == 0 {
			r.report.note("growth was left out: without a guard it takes all the memory of the machine; name it to try it")
			continue
		}
		if wanted(name) {
			r.write = append(r.write, func(random *rand.Rand) *sqlgen.Case { return r.generator.Attack(random, i) })
		}
	}
	if len(r.write)+len(r.benign) == 0 && !slices.Contains(r.config.Only, hostileTechnique) {
		return fmt.Errorf("no technique is called %s; there are %s", strings.Join(r.config.Only, ", "), strings.Join(append(r.generator.Techniques(), sqlgen.Honest, sqlgen.Value, hostileTechnique), ", "))
	}
	if !r.watcher.ReadsLog() {
		r.report.note("the write-ahead log was not read: this server has no pg_walinspect")
	}
	if r.tap == nil {
		r.report.note("the wire was not listened to: the gateway opens its own connections")
	}
	if r.config.SkipHostile {
		r.report.note("no hostile server was met: " + r.config.whyNoHostile())
	}
	return nil
}

// over reports whether the run has done enough.
func (r *runner) over(ctx context.Context) bool {
	return ctx.Err() != nil || len(r.report.Findings) >= r.config.StopAfter ||
		r.config.Time > 0 && time.Since(r.start) > r.config.Time ||
		r.config.Cases > 0 && r.report.Cases >= r.config.Cases
}

// unlessOver forgets an error that comes of the end of ctx, which ends a run in
// good order.
func unlessOver(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

func (r *runner) loop(ctx context.Context) error {
	for !r.over(ctx) {
		if err := r.step(ctx); err != nil {
			return unlessOver(ctx, err)
		}
		r.progress(false)
	}
	r.progress(true)
	return unlessOver(ctx, r.endBatch(ctx))
}

// next picks what to write: the techniques take turns, and every third case
// means well.
func (r *runner) next(n int) func(*rand.Rand) *sqlgen.Case {
	if len(r.benign) > 0 && (n%3 == 0 || len(r.write) == 0) {
		r.honest++
		return r.benign[r.honest%len(r.benign)]
	}
	r.attacks++
	return r.write[r.attacks%len(r.write)]
}

// step runs one case.
func (r *runner) step(ctx context.Context) error {
	r.report.Cases++
	n := r.report.Cases
	none := len(r.write)+len(r.benign) == 0
	if !r.config.SkipHostile && (none || n%hostileEvery == 0 && len(r.config.Only) == 0) {
		return r.hostileStep(ctx, n)
	}
	write := r.next(n)
	return r.one(ctx, write(r.rand), n)
}

// one runs a case and keeps account of it.
func (r *runner) one(ctx context.Context, c *sqlgen.Case, n int) error {
	o, err := r.examine(ctx, c, false)
	if err != nil {
		return fmt.Errorf("case %d (%s): %w", n, c.Technique, err)
	}
	r.count(c.Technique, o)
	if r.config.Trace != nil {
		r.config.Trace(n, c.Technique, c.SQL, o.name())
	}
	r.findings(ctx, c, o, n)
	if o.accepted() {
		r.batch = append(r.batch, numbered{c, n})
	}
	if n%batch == 0 {
		return r.endBatch(ctx)
	}
	return nil
}

func (r *runner) count(technique string, o *outcome) {
	t := r.report.tally(technique)
	t.Tried++
	switch {
	case o.answer != nil:
		t.Ran++
	case o.stage() == "guard":
		t.Refused++
	case o.stage() == "database":
		t.Stopped++
	default:
		t.Failed++
	}
	effects, leaks, refusals := false, false, false
	for _, v := range o.violations {
		effects = effects || v.oracle == noEffect
		leaks = leaks || v.oracle == noLeak
		refusals = refusals || v.oracle == honesty && strings.HasPrefix(v.kind, "refused")
	}
	if o.refusal != nil {
		if t.Reasons == nil {
			t.Reasons = map[string]int{}
		}
		t.Reasons[o.refusal.Reason]++
	}
	t.Effects += one(effects)
	t.Leaks += one(leaks)
	t.FalselyRefused += one(refusals)
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// endBatch looks at everything, and asks whether the gateway still answers. If
// something changed that no single case showed, the accepted cases of the batch
// are run again one by one.
func (r *runner) endBatch(ctx context.Context) error {
	cases := r.batch
	r.batch = nil
	o := &outcome{}
	if err := r.checkEffects(ctx, o, true); err != nil {
		return err
	}
	// A session that listens receives it with the next query. The session that says it
	// may just have been ended, which was looked at above.
	if err := errors.Join(r.fixture.Revive(ctx), r.fixture.Notify(ctx), r.rebase(ctx)); err != nil {
		return err
	}
	r.checkAlive(ctx, o)
	r.checkLog(o)
	for _, v := range o.violations {
		if r.known(v) {
			continue
		}
		r.blame(ctx, v, cases)
	}
	return nil
}

func (r *runner) checkAlive(ctx context.Context, o *outcome) {
	alive := r.ask(ctx, "select 1")
	if ctx.Err() == nil && (alive.answer == nil || len(alive.answer.Rows) != 1 || alive.answer.Rows[0][0].Text != "1") {
		o.violate(liveness, "select 1", fmt.Sprintf("select 1 is not answered: %v %v", alive.refusal, alive.err))
	}
}

// shutdownCheck closes the gateway, if it is ours, and looks whether it leaves
// sessions behind.
func (r *runner) shutdownCheck(ctx context.Context) error {
	if r.previewer == nil {
		return nil
	}
	r.previewer.Close()
	for start := time.Now(); ; time.Sleep(between) {
		n, err := r.watcher.Sessions(ctx, Role)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		if time.Since(start) > settleTimeout {
			r.report.Findings = append(r.report.Findings, Finding{Oracle: liveness, Kind: "sessions", Detail: fmt.Sprintf("%d sessions are left after Close", n), Case: r.report.Cases, Count: 1})
			return nil
		}
	}
}

// progress prints a line every few seconds.
func (r *runner) progress(last bool) {
	if !last && time.Since(r.lastLine) < 5*time.Second {
		return
	}
	r.lastLine = time.Now()
	r.report.finish(r.start)
	fmt.Fprintf(r.config.Progress, "%7.0fs  %d cases  %.0f/s  %d of %d techniques  %d findings\n",
		r.report.Seconds, r.report.Cases, r.report.PerSecond, len(r.report.Techniques), len(r.write)+len(r.benign)+one(!r.config.SkipHostile)+2*one(r.config.Corpus != ""), len(r.report.Findings))
}
