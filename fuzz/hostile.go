package fuzz

import (
	"context"
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
	secret := r.fixture.Password
	list := hostile.Behaviours(secret)
	b := list[r.hostiles/2%len(list)]
	if r.hostiles%2 == 1 {
		b = hostile.Mangled(r.rand.Int63())
	}
	r.hostiles++
	server, err := hostile.Start(b, r.role)
	if err != nil {
		return err
	}
	defer server.Close()
	r.world.hostile.point(server.DSN(secret))
	defer r.world.hostile.point("")

	r.memory.settle()
	own := r.gateway
	timeout := hostileTime
	if b.Honest {
		timeout = patience // it answers, and the machine may be busy
	}
	r.gateway = &gateway.Embedded{Previewer: r.previewer, ConnectionID: hostileID, Timeout: timeout}
	o := r.ask(ctx, "select 1 as c")
	r.gateway = own
	if ctx.Err() != nil {
		return ctx.Err()
	}
	o.elapsed -= timeout
	r.checkBounds(o)
	r.checkLeaks(o)
	if b.Name == "honest" && o.answer == nil {
		o.violate(honesty, "hostile harness", fmt.Sprintf("the honest server's answer is refused: %v", o.refusal))
	}
	r.count(hostileTechnique, o)
	for _, v := range o.violations {
		v.kind = b.Name + ": " + v.kind
		if r.known(v) {
			continue
		}
		f := Finding{Oracle: v.oracle, Kind: v.kind, Technique: hostileTechnique, Detail: v.detail, SQL: "select 1 as c", Case: number, Count: 1}
		r.report.Findings = append(r.report.Findings, f)
		fmt.Fprintf(r.config.Progress, "\nFINDING %s (%s) by %s, case %d: %s\n", v.oracle, v.kind, hostileTechnique, number, v.detail)
	}
	return nil
}
