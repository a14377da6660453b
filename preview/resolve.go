package preview

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/analyze"
	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/origin"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/internal/wrap"
)

// resolved is a statement with the objects of its database that its names mean.
type resolved struct {
	tree    pgtree.Node
	names   catalog.Names
	known   *catalog.Snapshot
	found   *analyze.Result
	objects []Object
	// bodies are the trees of the functions in SQL whose bodies decide.
	bodies map[guard.Unread][]pgtree.Node
	// judged has the masks of the last result's columns.
	judged atomic.Pointer[judgedColumns]
}

// judgedColumns are the masks of a result's columns. They hold for as long as the
// resolution, unless they needed an answer of the catalog's that is not of its Snapshot.
type judgedColumns struct {
	by      *origin.Masks
	columns []origin.Column
	masks   []origin.Mask
}

// bodyRounds bounds how often functions' bodies lead to further bodies.
const bodyRounds = 3

// refusalAge is the age from which answers of the catalog do not suffice to refuse a
// statement: it is judged again by new ones. An author who has changed what was refused
// tries again at once, and must not meet the old answers.
const refusalAge = time.Second

// resolve finds out what a statement's names mean in its database, and judges it by
// that. It ignores answers of the catalog that are older than since.
func (p *Previewer) resolve(ctx context.Context, t *target, st *guard.Statement, since time.Time) (*resolved, error) {
	key := resolutionKey{t.ID, st.Source, p.policy}
	before := p.resolutions.find(key)
	r := &resolved{}
	if before != nil {
		r.tree, r.names = before.tree, before.names
	} else {
		tree, err := pgtree.ReadNode(st.Tree())
		if err != nil {
			return nil, internal("the parser's tree cannot be read")
		}
		r.tree, r.names = tree, analyze.NamesOf(tree)
	}
	var err error
	if r.known, err = t.lookSince(ctx, r.names, since); err != nil {
		return nil, publicError(err, st.Source, wrap.Text{})
	}
	if before.made(r.known) {
		return before, nil
	}
	r.found = analyze.Statement(r.tree, r.known)
	verdict := st.Judge(r.found, r.known, nil, p.policy)
	bodies := make(guard.Bodies)
	for round := 0; len(verdict.Unread) > 0 && round < bodyRounds; round++ {
		if err := p.readBodies(ctx, t, r, verdict.Unread, bodies); err != nil {
			return nil, publicError(err, st.Source, wrap.Text{})
		}
		verdict = st.Judge(r.found, r.known, bodies, p.policy)
	}
	if len(verdict.Violations) > 0 {
		if started := time.Now(); since.IsZero() && r.known.Oldest().Before(started.Add(-refusalAge)) {
			return p.resolve(ctx, t, st, started)
		}
		return nil, refusal(verdict.Violations)
	}
	if p.strictMasking {
		uses, err := p.masks.Uses(ctx, r.statement(t))
		if err != nil {
			return nil, publicError(err, st.Source, wrap.Text{})
		}
		if refused := st.RefuseMaskedUses(uses); len(refused) > 0 {
			return nil, refusal(refused)
		}
	}
	r.objects = objectsOf(verdict.Objects)
	p.resolutions.keep(key, st.Source, r, r.size())
	return r, nil
}

func objectsOf(judged []guard.Object) []Object {
	objects := make([]Object, 0, len(judged))
	for _, o := range judged {
		names := sanitizeNames([]string{o.Schema, o.Name})
		objects = append(objects, Object{Kind: o.Kind, OID: uint32(o.OID), Schema: names[0], Name: names[1], Rule: o.Rule})
	}
	return objects
}

// readBodies analyses the bodies of functions in SQL, with what the catalog says of
// the names in them.
func (p *Previewer) readBodies(ctx context.Context, t *target, r *resolved, functions []guard.Unread, bodies guard.Bodies) error {
	if r.bodies == nil {
		r.bodies = make(map[guard.Unread][]pgtree.Node)
	}
	for _, f := range functions {
		bodies[f.Body()] = nil
		var queries []pgtree.Node
		for _, st := range guard.CheckBody(f.Function.Body) {
			tree, err := pgtree.ReadNode(st.Tree())
			if err != nil {
				queries = nil
				break
			}
			queries = append(queries, tree)
			r.names = joinNames(r.names, analyze.NamesOf(tree))
		}
		if len(queries) > 0 {
			r.bodies[f] = queries
		}
	}
	var err error
	if r.known, err = t.look(ctx, r.names); err != nil {
		return err
	}
	// What is judged together must come of one Snapshot.
	r.found = analyze.Statement(r.tree, r.known)
	for f, queries := range r.bodies {
		bodies[f.Body()] = analyze.Body(queries, f.Function, f.Types, f.Defines, r.known)
	}
	return nil
}

func joinNames(a, b catalog.Names) catalog.Names {
	return catalog.Names{
		Relations: append(a.Relations[:len(a.Relations):len(a.Relations)], b.Relations...),
		Functions: append(a.Functions[:len(a.Functions):len(a.Functions)], b.Functions...),
		Operators: append(a.Operators[:len(a.Operators):len(a.Operators)], b.Operators...),
		Types:     append(a.Types[:len(a.Types):len(a.Types)], b.Types...),
	}
}

// knowsTables reports whether the catalog knows every table that the result's columns
// come from. One that it does not know was made after the catalog was asked.
func (r *resolved) knowsTables(columns []run.Column) bool {
	for _, c := range columns {
		if c.TableOID == 0 || c.Attribute == 0 || c.Attribute >= 1<<15 {
			continue
		}
		relation := r.known.RelationByID(catalog.OID(c.TableOID))
		if relation == nil || !relation.HasColumn(int16(c.Attribute)) {
			return false
		}
	}
	return true
}

// masked judges each column of a result.
func (p *Previewer) masked(ctx context.Context, q *query, columns []run.Column) ([]origin.Mask, error) {
	if !q.resolved.knowsTables(columns) {
		again, err := p.resolve(ctx, q.target, q.statement, time.Now())
		if err != nil {
			return nil, err
		}
		q.resolved = again
	}
	of := originColumns(columns)
	if known := q.resolved.judged.Load(); known != nil && known.by == p.masks && slices.Equal(known.columns, of) {
		return known.masks, nil
	}
	st, asked := q.resolved.statement(q.target), false
	st.Lookup = func(ctx context.Context, names catalog.Names) (analyze.Source, error) {
		asked = true
		return q.target.lookup(ctx, names)
	}
	masks, err := p.masks.MaskOutput(ctx, st, of)
	if err == nil && !asked {
		q.resolved.judged.Store(&judgedColumns{p.masks, of, masks})
	}
	return masks, err
}

// statement returns the statement as package origin takes it.
func (r *resolved) statement(t *target) origin.Statement {
	return origin.Statement{Tree: r.tree, Found: r.found, Known: r.known, Lookup: t.lookup}
}

// lookup implements origin.Lookup.
func (t *target) lookup(ctx context.Context, names catalog.Names) (analyze.Source, error) {
	return t.look(ctx, names)
}
