package console_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"

	"github.com/op-data/sqlpreview/preview/console/internal/browsertest"
)

// painted waits until the browser has painted what there is.
const painted = `new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(0))))`

// TestSpeed measures, and reports with -v: the processor time of the page's thread for a
// table of 100 rows and 50 columns, which does not depend on what else the machine does,
// and when the first paint came, which does. It asserts neither.
func TestSpeed(t *testing.T) {
	t.Parallel()
	p := openShop(t, browsertest.Options{})
	var paint float64
	p.Eval(`performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0`, &paint)
	t.Logf("first contentful paint: %.0f ms", paint)
	p.Run(chromedp.ActionFunc(func(ctx context.Context) error {
		return performance.Enable().WithTimeDomain(performance.EnableTimeDomainThreadTicks).Do(ctx)
	}))
	metrics := func() map[string]float64 {
		found := map[string]float64{}
		p.Run(chromedp.ActionFunc(func(ctx context.Context) error {
			list, err := performance.GetMetrics().Do(ctx)
			for _, m := range list {
				found[m.Name] = m.Value * 1000
			}
			return err
		}))
		return found
	}
	var columns []string
	for i := range 50 {
		columns = append(columns, fmt.Sprintf("'value ' || g || ' of column %d' as c%[1]d", i))
	}
	// From the parsed answer to the frame that shows the first rows, by the clock.
	p.Eval(`(() => {
		const parse = Response.prototype.json;
		Response.prototype.json = async function () {
			const answer = await parse.call(this);
			if ((answer.columns ?? []).length === 50) {
				const start = performance.now();
				new MutationObserver((_, observer) => {
					observer.disconnect();
					requestAnimationFrame(() => setTimeout(() => { globalThis.painted = performance.now() - start; }));
				}).observe(document.getElementById("result"), { childList: true });
			}
			return answer;
		};
	})()`, nil)
	for _, count := range []int{24, 100} { // 24 rows are in the first frame of any table
		for range 4 {
			p.run("select 1 as a")
			p.write("select " + strings.Join(columns, ", ") + fmt.Sprintf(" from generate_series(1, %d) g", count))
			p.WaitFor(`document.querySelector(".cm-line").textContent.length > 1000`)
			p.Eval(painted, nil) // the editor's own work is behind it
			before := metrics()
			p.Eval("probe.run()", nil)
			p.WaitFor(fmt.Sprintf(`probe.settled() && probe.all("[role=grid] td").length === %d`, 50*count))
			p.Eval(painted, nil)
			after := metrics()
			var clock float64
			p.Eval("globalThis.painted", &clock)
			t.Logf("%d x 50: script %.1f, layout %.1f, styles %.1f ms of processor time; first rows painted %.0f ms after the answer by the clock", count,
				after["ScriptDuration"]-before["ScriptDuration"], after["LayoutDuration"]-before["LayoutDuration"],
				after["RecalcStyleDuration"]-before["RecalcStyleDuration"], clock)
		}
	}
}
