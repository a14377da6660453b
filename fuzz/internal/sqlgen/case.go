package sqlgen

import (
	"math/rand"
	"reflect"

	"github.com/leanovate/gopter"

	"github.com/op-data/sqlpreview/fuzz/internal/values"
)

// The techniques of queries that mean no harm.
const (
	// Honest is a query over the generated schema.
	Honest = "honest"
	// Value is a query that gives values of all sorts.
	Value = "value"
)

// Growth is the technique of queries for which PostgreSQL takes memory until the
// system kills it. Nothing but a gateway's refusal stops them.
const Growth = "growth"

// Case is one generated text.
type Case struct {
	// SQL is the text.
	SQL string
	// Tree is what SQL was written from; nil when it was not.
	Tree *Node
	// Technique names what the text tries: [Honest], [Value] or one of
	// [Generator.Techniques].
	Technique string
	// Honest tells that a gateway should accept the text if the database
	// itself runs it.
	Honest bool
	// Stable tells that the text gives the same rows whenever it is run over
	// the same data, but for their order.
	Stable bool
}

// Generator writes cases over one schema. It is read-only once made, so it may
// be used by several at once; the randomness is the caller's.
type Generator struct {
	schema     *Schema
	techniques []technique
	seeds      []string
}

// Seed gives texts for the technique "mutation" to change, beside its own. It
// must not be called while cases are written.
func (g *Generator) Seed(texts []string) { g.seeds = texts }

// New returns a generator over the schema. The targets are what an attack aims at.
func New(schema *Schema, targets Targets) *Generator {
	g := &Generator{schema: schema, techniques: techniques(targets.withDefaults())}
	if schema.Traps {
		g.techniques = append(g.techniques, trapTechniques()...)
	}
	return g
}

// Techniques returns the names of the attacks' techniques in a fixed order.
func (g *Generator) Techniques() []string {
	names := make([]string, len(g.techniques))
	for i, t := range g.techniques {
		names[i] = t.name
	}
	return names
}

// Honest writes an honest query.
func (g *Generator) Honest(r *rand.Rand) *Case {
	w := &writer{Rand: r, schema: g.schema}
	tree := form(Statement, "¤¤¤", leaf(Noise, w.pick("", "", "", "\n", "-- what it shows\n", ";", "/* a */ ")), w.query(1+r.Intn(3)).Node,
		leaf(Noise, w.pick("", "", "", ";", " -- the end", "\n;\n", "--", " /* ; */ ;", ";;", " -- ) as x\n")))
	return &Case{SQL: tree.String(), Tree: tree, Technique: Honest, Honest: true, Stable: !w.unstable}
}

// Value writes an honest query that gives values of all sorts and does nothing
// else.
func (g *Generator) Value(r *rand.Rand) *Case {
	w := &writer{Rand: r, schema: g.schema}
	var list []*Node
	for range 1 + r.Intn(8) {
		if r.Intn(3) == 0 {
			types := values.Types()
			list = append(list, leaf(Expr, types[r.Intn(len(types))].Literal(r)))
		} else {
			list = append(list, leaf(Expr, values.Spell(r, values.Text(r))))
		}
	}
	tree := form(Query, "select ¤"+w.pick("", "", " from generate_series(1, 3)"), join(Fixed, ", ", list))
	return &Case{SQL: tree.String(), Tree: tree, Technique: Value, Honest: true, Stable: true}
}

// Attack writes an attack by the i-th of [Generator.Techniques].
func (g *Generator) Attack(r *rand.Rand, i int) *Case {
	t := g.techniques[i]
	tree := t.write(&writer{Rand: r, schema: g.schema, seeds: g.seeds})
	return &Case{SQL: tree.String(), Tree: tree, Technique: t.name}
}

// Any writes a case: one in four is honest, one in twelve gives values, the
// others are spread evenly over the techniques.
func (g *Generator) Any(r *rand.Rand) *Case {
	switch n := r.Intn(12); {
	case n < 3:
		return g.Honest(r)
	case n == 3:
		return g.Value(r)
	}
	return g.Attack(r, r.Intn(len(g.techniques)))
}

// Gen makes a gopter generator, with shrinking, of one of the methods above.
func Gen(write func(*rand.Rand) *Case) gopter.Gen {
	return func(p *gopter.GenParameters) *gopter.GenResult {
		result := gopter.NewGenResult(write(p.Rng), shrinker)
		result.ResultType = reflect.TypeFor[*Case]()
		return result
	}
}
