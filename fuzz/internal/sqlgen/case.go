package sqlgen

import (
	"math/rand"
	"reflect"

	"github.com/leanovate/gopter"
)

// Honest is the technique of a query that means no harm.
const Honest = "honest"

// Case is one generated text.
type Case struct {
	// SQL is the text.
	SQL string
	// Tree is what SQL was written from; nil when it was not.
	Tree *Node
	// Technique names what the text tries: [Honest] or one of [Techniques].
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
}

// New returns a generator over the schema. The targets are what an attack aims at.
func New(schema *Schema, targets Targets) *Generator {
	return &Generator{schema: schema, techniques: techniques(targets.withDefaults())}
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
	tree := w.query(1 + r.Intn(3)).Node
	return &Case{SQL: tree.String(), Tree: tree, Technique: Honest, Honest: true, Stable: !w.unstable}
}

// Attack writes an attack by the i-th of [Generator.Techniques].
func (g *Generator) Attack(r *rand.Rand, i int) *Case {
	t := g.techniques[i]
	tree := t.write(&writer{Rand: r, schema: g.schema})
	return &Case{SQL: tree.String(), Tree: tree, Technique: t.name}
}

// Any writes a case: one in four is honest, the others are spread evenly over
// the techniques.
func (g *Generator) Any(r *rand.Rand) *Case {
	if r.Intn(4) == 0 {
		return g.Honest(r)
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
