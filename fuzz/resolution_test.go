package fuzz

import (
	"context"
	"errors"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/fuzz/internal/resolution"
	"github.com/op-data/sqlpreview/fuzz/internal/sqlgen"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// TestWhatRunsIsInTheTree runs each committed case in a read-only transaction. The
// functions of the traps say when they run, and each that does must be among those
// that the tree was followed to.
func TestWhatRunsIsInTheTree(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	runner := newCaseRunner(pgtest.Start(t, pgtest.Options{Settings: Settings()}).DSN())
	t.Cleanup(func() {
		if err := runner.dropDatabase(context.Background()); err != nil {
			t.Error(err)
		}
	})
	seen := 0
	for c, err := range ReadCases("testdata/resolution") {
		if err != nil {
			t.Fatal(err)
		}
		if c.Setup != trapsSetup || len(c.Policy) > 0 {
			continue
		}
		if why, err := runner.ready(ctx, c); err != nil || why != "" {
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		ran := runNoting(t, runner, c)
		judged, err := runner.oracle.Judge(ctx, c.SQL, resolution.Decision{Accepted: true})
		if err != nil {
			t.Fatal(err)
		}
		if !judged.Compared {
			continue
		}
		found := map[string]bool{}
		for _, use := range runner.oracle.Catalog().Functions(judged.Answer.Queries, judged.Answer.Outputs) {
			found[use.Function.Name] = use.Certain || found[use.Function.Name]
		}
		for name := range ran {
			seen++
			if len(runner.oracle.Catalog().Named(name)) == 0 {
				name = "ran" // the text of a view calls it itself
			}
			if _, inTree := found[name]; !inTree {
				t.Errorf("%q runs %s, which is not among %v", c.SQL, name, slices.Sorted(maps.Keys(found)))
			}
			if c.Expect == "rows" {
				t.Errorf("%q runs %s and is expected to be accepted", c.SQL, name)
			}
		}
	}
	if seen < 200 {
		t.Errorf("only %d functions were seen to run", seen)
	}
}

// runNoting runs a text and returns what the traps said.
func runNoting(t *testing.T, runner *caseRunner, c ResolutionCase) map[string]bool {
	t.Helper()
	dsn, err := inDatabase(runner.dsn, c.Role, runner.name)
	if err != nil {
		t.Fatal(err)
	}
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	ran := map[string]bool{}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if what, ok := strings.CutPrefix(n.Message, "ran: "); ok {
			ran[what] = true
		}
	}
	conn, err := pgconn.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	_, err = conn.Exec(t.Context(), "begin read only; "+c.SQL).ReadAll()
	var refused *pgconn.PgError
	if err != nil && !errors.As(err, &refused) {
		t.Fatal(err)
	}
	return ran
}

// TestTheOracleKnowsWhatRuns asks the oracle about each committed case without
// the gateway's part. It must object to accepting a text for which the server
// would run a refused function, and to refusing one for which it would not.
func TestTheOracleKnowsWhatRuns(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	runner := newCaseRunner(pgtest.Start(t, pgtest.Options{Settings: Settings()}).DSN())
	t.Cleanup(func() {
		if err := runner.dropDatabase(context.Background()); err != nil {
			t.Error(err)
		}
	})
	tried := map[bool]int{}
	for c, err := range ReadCases("testdata/resolution") {
		if err != nil {
			t.Fatal(err)
		}
		why, err := runner.ready(ctx, c)
		if err != nil {
			t.Fatalf("%q: %v", c.SQL, err)
		}
		if c.NotInTree || strings.HasPrefix(why, "it is not for") {
			continue
		}
		if why != "" {
			t.Errorf("%s: %s", c.Class, why)
			continue
		}
		accepting, err := runner.oracle.Judge(ctx, c.SQL, resolution.Decision{Accepted: true})
		if err != nil {
			t.Fatalf("%q: %v", c.SQL, err)
		}
		refusing, err := runner.oracle.Judge(ctx, c.SQL, resolution.Decision{Functional: true, Rules: []string{"rule"}})
		if err != nil {
			t.Fatalf("%q: %v", c.SQL, err)
		}
		mustRefuse := c.Expect == "refused"
		tried[mustRefuse]++
		switch {
		case !accepting.Analysed:
			t.Errorf("%s: %q: %s", c.Class, c.SQL, accepting.Why)
		case len(accepting.Findings) > 0 != mustRefuse:
			t.Errorf("%s: %q is accepted: %v", c.Class, c.SQL, accepting.Findings)
		case len(refusing.Findings) > 0 == mustRefuse:
			t.Errorf("%s: %q is refused: %v", c.Class, c.SQL, refusing.Findings)
		}
	}
	if tried[true] < 200 || tried[false] < 80 {
		t.Errorf("only %v cases were tried", tried)
	}
}

// TestTheGeneratorsTrapsAreTraps asks the oracle about generated texts: each that
// the server analyses runs a refused function, and none of their look-alikes does.
func TestTheGeneratorsTrapsAreTraps(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	runner := newCaseRunner(pgtest.Start(t, pgtest.Options{Settings: Settings()}).DSN())
	t.Cleanup(func() {
		if err := runner.dropDatabase(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if why, err := runner.ready(ctx, ResolutionCase{Setup: trapsSetup}); err != nil || why != "" {
		t.Fatal(why, err)
	}
	random := rand.New(rand.NewSource(1))
	generator := sqlgen.New(&sqlgen.Schema{Traps: true}, sqlgen.Targets{})
	analysed := map[string]int{}
	judge := func(c *sqlgen.Case) {
		judged, err := runner.oracle.Judge(ctx, c.SQL, resolution.Decision{Accepted: true})
		if err != nil {
			t.Fatalf("%q: %v", c.SQL, err)
		}
		if !judged.Compared {
			return // a disguise that is no SQL, for instance
		}
		analysed[c.Technique]++
		if trap := c.Technique != sqlgen.LookAlike; len(judged.Findings) > 0 != trap {
			t.Errorf("%s: %q: %v", c.Technique, c.SQL, judged.Findings)
		}
	}
	for range 300 {
		judge(generator.LookAlike(random))
	}
	for i, name := range generator.Techniques() {
		for range 80 {
			if strings.HasPrefix(name, "trap-") && name != "trap-any" {
				judge(generator.Attack(random, i))
			}
		}
	}
	if len(analysed) != 9 {
		t.Errorf("techniques %v", analysed)
	}
	for name, n := range analysed {
		if n < 40 {
			t.Errorf("%s: only %d texts are analysed", name, n)
		}
	}
}
