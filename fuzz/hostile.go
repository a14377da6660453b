package fuzz

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/op-data/sqlpreview/fuzz/gateway"
	"github.com/op-data/sqlpreview/fuzz/internal/hostile"
)

// hostileTechnique is the technique of the cases in which the server attacks.
const hostileTechnique = "hostile-server"

// hostileTime is how long a preview of a hostile server may take: most of them
// end only by it.
const hostileTime = 300 * time.Millisecond

// hostileStep lets a hostile server answer a query: the next of the list, or
// every other time one that mangles its bytes.
func (r *runner) hostileStep(ctx context.Context, number int) error {
	list := hostile.Behaviours(r.fixture.Password)
	if r.order == nil {
		r.order = r.rand.Perm(len(list))
	}
	b := list[r.order[r.hostiles/2%len(list)]]
	if r.hostiles%2 == 1 {
		b = hostile.Mangled(r.rand.Int63())
	}
	r.hostiles++
	o, err := r.askHostile(ctx, b)
	if err != nil || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	r.count(hostileTechnique, o)
	for _, v := range o.violations {
		kind := v.kind
		v.kind = b.Name + ": " + kind
		if r.known(v) {
			continue
		}
		if v.clocked {
			again, err := r.askHostile(ctx, b)
			if err != nil || !again.broke(violation{oracle: v.oracle, kind: kind}) {
				continue
			}
		}
		f := Finding{Oracle: v.oracle, Kind: v.kind, Technique: hostileTechnique, Detail: v.detail, SQL: "select 1 as c", Case: number, Count: 1}
		r.report.Findings = append(r.report.Findings, f)
		fmt.Fprintf(r.config.Progress, "\nFINDING %s (%s) by %s, case %d: %s\n", v.oracle, v.kind, hostileTechnique, number, v.detail)
	}
	return nil
}

// askHostile asks a hostile server one thing.
func (r *runner) askHostile(ctx context.Context, b hostile.Behaviour) (*outcome, error) {
	secret := r.fixture.Password
	server, err := hostile.Start(b, r.role)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	r.hostile.point(server.DSN(secret))
	defer r.hostile.point("")

	r.memory.settle()
	timeout := hostileTime
	if b.Honest {
		timeout = lateTolerance // it answers, and the machine may be busy
	}
	own := r.gateway
	r.gateway = &gateway.Embedded{Previewer: r.previewer, ConnectionID: hostileID, Timeout: timeout}
	o := r.ask(ctx, "select 1 as c")
	r.gateway = own
	o.elapsed -= timeout
	r.checkBounds(o)
	r.checkLeaks(o)
	if b.Name == "honest" && o.answer == nil {
		o.violations = append(o.violations, violation{oracle: honesty, kind: "harness", clocked: true,
			detail: fmt.Sprintf("the honest server's answer is refused: %v", o.refusal)})
	}
	return o, nil
}
