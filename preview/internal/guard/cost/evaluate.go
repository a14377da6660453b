package cost

import "github.com/op-data/sqlpreview/preview/internal/pgtree"

// This file works out what a statement's expressions come to when everything is put
// in its place.

// A nameScope is what the names in a SELECT can mean.
type nameScope struct {
	parent  *nameScope
	derived []*columns
	tables  int
	aliases map[string]*columns
}

type expander struct {
	*shapes
	scopes []*nameScope // around each SELECT
	ctes   []map[string]*cteShape
	owners []int32 // for each SELECT the next one around it, or itself, that has CTEs
	steps  int
	copied float64
	// Where the bounds are passed; -1 for nowhere.
	copiedAt, growthAt int
	growth             int
}

func newExpander(s *shapes) *expander {
	n := len(s.selects)
	return &expander{
		shapes: s, copiedAt: -1, growthAt: -1,
		scopes: make([]*nameScope, n), ctes: make([]map[string]*cteShape, n), owners: make([]int32, n),
	}
}

func (e *expander) step(n int) bool {
	e.steps += n
	return e.steps <= maxSteps
}

func (e *expander) countReferences() {
	for i := range e.selects {
		sel := &e.selects[i]
		if len(sel.ctes) == 0 {
			e.owners[i] = -1
			if sel.parent >= 0 {
				e.owners[i] = e.owners[sel.parent]
			}
			continue
		}
		e.owners[i] = int32(i)
		e.ctes[i] = make(map[string]*cteShape, len(sel.ctes))
		for j := range sel.ctes {
			e.ctes[i][sel.ctes[j].name] = &sel.ctes[j]
		}
	}
	for i := range e.selects {
		for j := range e.selects[i].items {
			if _, cte := e.find(int32(i), e.selects[i].items[j].name); cte != nil {
				cte.refs++
			}
		}
	}
}

// find returns the CTE that a name means in a SELECT, and whose it is.
func (e *expander) find(at int32, name string) (owner int32, cte *cteShape) {
	if name == "" {
		return -1, nil
	}
	for at = e.owners[at]; at >= 0 && e.step(1); {
		if cte := e.ctes[at][name]; cte != nil {
			return at, cte
		}
		if at = e.selects[at].parent; at >= 0 {
			at = e.owners[at]
		}
	}
	return -1, nil
}

// selectColumns returns the columns of a SELECT, and adds to copied what it copies.
func (e *expander) selectColumns(at int32, around *nameScope) *columns {
	sel := &e.selects[at]
	for around != nil && len(around.derived) == 0 {
		around = around.parent
	}
	e.scopes[at] = around
	if !e.step(1) {
		return nil
	}
	// PostgreSQL analyses a CTE that nothing refers to as well.
	for i := range sel.ctes {
		if cte := &sel.ctes[i]; cte.refs == 0 && cte.sub > 0 {
			cte.state = evalDone
			e.selectColumns(cte.sub-1, around)
		}
	}
	if len(sel.arms) == 2 {
		left, right := e.selectColumns(sel.arms[0]-1, around), e.selectColumns(sel.arms[1]-1, around)
		c := e.either(left, right)
		c.apart = sel.barrier
		return c
	}
	scope := &nameScope{parent: around, aliases: make(map[string]*columns, len(sel.items))}
	made := make([]*columns, len(sel.items))
	for i := range sel.items {
		made[i] = e.item(at, &sel.items[i], made, scope)
		scope.add(sel.items[i].alias, made[i])
	}
	return e.outputs(sel, scope)
}

func (s *nameScope) add(alias string, c *columns) {
	if alias != "" {
		s.aliases[alias] = c
	}
	if c != nil {
		s.derived = append(s.derived, c)
	} else {
		s.tables++
	}
}

// item returns the columns of an element of FROM, nil for a table's.
func (e *expander) item(at int32, item *fromItem, made []*columns, scope *nameScope) *columns {
	var c *columns
	switch item.kind {
	case itemSelect:
		c = e.selectColumns(item.sub-1, scope)
	case itemTable:
		c = e.cte(at, item)
	case itemFunction:
		growth := item.growth
		for _, t := range e.selects[at].terms[item.from:item.to] {
			growth = max(growth, t.growth+e.resolve(&t, scope).growth)
		}
		if growth > 0 {
			w := weight{1, growth}
			c = &columns{unnamed: &w, largest: w, sum: 1}
		}
	case itemJoin:
		c = &columns{}
		for _, inner := range made[item.from:item.to] {
			c.pass(inner)
		}
	}
	if c != nil && (len(item.renamed) > 0 || item.kind == itemJoin && len(c.through) > 0) {
		c = c.rename(item.renamed)
	}
	return c
}

// cte returns the columns of a table that is a CTE.
func (e *expander) cte(at int32, item *fromItem) *columns {
	owner, cte := e.find(at, item.name)
	if cte == nil || cte.sub == 0 {
		return nil
	}
	inlined := !cte.always && (cte.never || cte.refs == 1)
	switch cte.state {
	case evalRunning: // recursive: it is never copied
		cte.always = true
		return nil
	case evalNew:
		cte.state = evalRunning
		before := e.copied
		c := e.selectColumns(cte.sub-1, e.scopes[owner])
		cte.copied = e.copied - before + cte.nodes*copiedTable
		cte.state = evalDone
		if inlined = inlined && !cte.always; c != nil && !inlined {
			c.apart = true
		}
		if c != nil && len(cte.renamed) > 0 {
			c = c.rename(cte.renamed)
		}
		cte.columns = c
	case evalDone:
		if inlined {
			e.add(cte.copied, e.selects[at].loc)
		}
	}
	return cte.columns
}

func (e *expander) add(copied float64, loc int) {
	e.copied = min(e.copied+copied, tooLarge)
	if e.copied > maxCopied && e.copiedAt < 0 {
		e.copiedAt = loc
	}
}

// outputs evaluates the expressions of a SELECT, or of VALUES.
func (e *expander) outputs(sel *selectShape, scope *nameScope) *columns {
	e.add(sel.copied, sel.loc)
	c := &columns{named: make(map[string]weight, len(sel.outputs)), apart: sel.barrier}
	if sel.rows > 1 {
		c.apart = true // only a single row is put in the place of its references
	}
	next := 0
	for i := range sel.outputs {
		o := &sel.outputs[i]
		e.rest(sel, next, o.from, scope)
		next = o.to
		if o.star && o.bare {
			e.star(c, &sel.terms[o.from], scope)
			continue
		}
		w := weight{o.nodes, o.growth}.or(single)
		for j := o.from; j < o.to; j++ {
			t := e.term(&sel.terms[j], scope, o.bare, o.loc)
			w = weight{min(w.size+t.size-1, tooLarge), max(w.growth, t.growth)}
		}
		e.quoted(w.growth, o.loc)
		c.define(o.name, w)
	}
	e.rest(sel, next, len(sel.terms), scope)
	e.quoted(sel.growth, sel.loc)
	if sel.rows > 1 {
		c.oneRow(len(sel.outputs) / sel.rows)
	}
	return c
}

// rest evaluates what stands outside of the SELECT's list.
func (e *expander) rest(sel *selectShape, from, to int, scope *nameScope) {
	for i := from; i < to; i++ {
		w := e.term(&sel.terms[i], scope, false, sel.loc)
		e.quoted(w.growth, sel.loc)
	}
}

// term returns what a reference or a subselect comes to in its expression, and adds
// the copies.
func (e *expander) term(t *term, scope *nameScope, bare bool, loc int) weight {
	if t.sub > 0 {
		before := e.copied
		w := single
		if c := e.selectColumns(t.sub-1, scope); c != nil {
			w.growth = c.largest.growth
		}
		extra := (e.copied - before) * t.copies
		e.add(extra-(e.copied-before), loc)
		return weight{extra + 1, w.growth + t.growth}
	}
	w := e.resolve(t, scope)
	extra := (w.size - 1) * t.copies
	if !bare {
		e.add(extra, loc)
	}
	return weight{min(extra+1, tooLarge), w.growth + t.growth}
}

func (e *expander) quoted(growth, loc int) {
	if growth > maxGrowth && e.growthAt < 0 {
		e.growthAt = loc
	}
	e.growth = max(e.growth, growth)
}

// star passes on the columns of * or t.*.
func (e *expander) star(c *columns, t *term, scope *nameScope) {
	if t.qualifier == "" {
		for _, d := range scope.derived {
			c.pass(d)
		}
		for range scope.tables {
			c.pass(nil)
		}
		return
	}
	for ; scope != nil && e.step(1); scope = scope.parent {
		if d, ok := scope.aliases[t.qualifier]; ok {
			c.pass(d)
			return
		}
	}
}

// resolve returns what a reference stands for.
func (e *expander) resolve(t *term, scope *nameScope) weight {
	if t.sub > 0 {
		return single
	}
	for ; scope != nil && e.step(1); scope = scope.parent {
		switch {
		case t.name == pgtree.Star && t.qualifier == "":
			row := weight{1 + float64(scope.tables)*unknownFields, 1}
			for _, d := range scope.derived {
				row = weight{row.size + d.sum, max(row.growth, d.largest.growth+1)}
			}
			return row
		case t.qualifier != "":
			d, ok := scope.aliases[t.qualifier]
			if !ok {
				continue
			}
			if w, ok := e.column(d, t.name); ok {
				return w
			}
			return d.row() // t.* or t.function
		}
		best, found := weight{}, false
		for _, d := range scope.derived {
			if w, ok := e.column(d, t.name); ok {
				best, found = best.or(w), true
			}
		}
		if d, ok := scope.aliases[t.name]; ok && !found {
			return d.row()
		}
		if found {
			return best
		}
	}
	return single
}
