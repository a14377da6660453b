package sqlgen_test

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/prop"

	"github.com/op-data/sqlpreview/fuzz/internal/sqlgen"
)

func generator(seed int64) *sqlgen.Generator {
	schema, _ := sqlgen.NewSchema(rand.New(rand.NewSource(seed)))
	return sqlgen.New(schema, sqlgen.Targets{})
}

func TestASeedMakesTheSameCasesAgain(t *testing.T) {
	one, two := generator(3), generator(3)
	r1, r2 := rand.New(rand.NewSource(4)), rand.New(rand.NewSource(4))
	for i := range 500 {
		if a, b := one.Any(r1), two.Any(r2); a.SQL != b.SQL || a.Technique != b.Technique {
			t.Fatalf("case %d differs: %q and %q", i, a.SQL, b.SQL)
		}
	}
}

func TestEveryTechniqueWritesManyTexts(t *testing.T) {
	g, r := generator(5), rand.New(rand.NewSource(6))
	seen := map[string]bool{}
	for i, name := range g.Techniques() {
		if seen[name] {
			t.Errorf("%s: the name occurs twice", name)
		}
		seen[name] = true
		texts := map[string]bool{}
		for range 60 {
			c := g.Attack(r, i)
			if c.Technique != name {
				t.Fatalf("technique %d wrote a case of %s, want %s", i, c.Technique, name)
			}
			texts[c.SQL] = true
			if strings.Contains(c.SQL, "{table}") || strings.Contains(c.SQL, "{dir}") {
				t.Errorf("%s: a template was left unfilled: %q", name, c.SQL)
			}
		}
		if len(texts) < 5 {
			t.Errorf("%s wrote only %d different texts", name, len(texts))
		}
	}
	if g.Honest(r).Technique != sqlgen.Honest {
		t.Error("an honest case is not called so")
	}
}

// TestSmallerIsStrictlyShorter is a property of every case: reductions are
// shorter, so repeating them ends.
func TestSmallerIsStrictlyShorter(t *testing.T) {
	g := generator(7)
	params := gopter.DefaultTestParametersWithSeed(8)
	params.MinSuccessfulTests = 200
	properties := gopter.NewProperties(params)
	properties.Property("reductions are shorter and keep the technique", prop.ForAllNoShrink(func(c *sqlgen.Case) bool {
		for smaller := range c.Smaller() {
			if len(smaller.SQL) >= len(c.SQL) || smaller.Technique != c.Technique || smaller.SQL != smaller.Tree.String() {
				return false
			}
		}
		return true
	}, sqlgen.Gen(g.Any)))
	properties.TestingRun(t)
}

// TestMinimizeFindsTheCore hides one word in a large case and expects little
// else to be left.
func TestMinimizeFindsTheCore(t *testing.T) {
	g, r := generator(9), rand.New(rand.NewSource(10))
	for _, core := range []string{"for update", "pg_advisory_lock", "into", "regclass"} {
		found := 0
		for range 30000 {
			c := g.Any(r)
			fails := func(c *sqlgen.Case) bool {
				return strings.Contains(strings.ToLower(c.SQL), core) && strings.Contains(strings.ToLower(c.SQL), "select")
			}
			if len(c.SQL) < 300 || !fails(c) {
				continue
			}
			small := sqlgen.Minimize(c, 3000, fails)
			if !fails(small) || len(small.SQL) > len("select")+len(core)+25 {
				t.Errorf("%q became only %q", c.SQL, small.SQL)
			}
			if found++; found == 2 {
				break
			}
		}
		if found == 0 {
			t.Errorf("no large case holds %q", core)
		}
	}
}

// TestGopterShrinks runs a property that fails and expects gopter to report a
// small case.
func TestGopterShrinks(t *testing.T) {
	g := generator(11)
	params := gopter.DefaultTestParametersWithSeed(12)
	params.MinSuccessfulTests = 5000
	var last string
	result := prop.ForAll(func(c *sqlgen.Case) bool {
		if strings.Contains(c.SQL, " join ") {
			last = c.SQL
			return false
		}
		return true
	}, sqlgen.Gen(g.Honest)).Check(params)
	if result.Passed() || len(last) > 150 {
		t.Errorf("passed %t; the last failing case is %q", result.Passed(), last)
	}
}
