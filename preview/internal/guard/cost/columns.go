package cost

// This file holds what evaluate.go knows of the columns of a subselect.

// A weight is what an expression comes to.
type weight struct {
	size   float64 // nodes, after everything has been put in its place
	growth int     // how often its value is quoted
}

var single = weight{size: 1}

func (w weight) or(other weight) weight {
	return weight{max(w.size, other.size), max(w.growth, other.growth)}
}

// columns are those of a subselect or a CTE; nil stands for a table's.
type columns struct {
	named   map[string]weight
	list    []namedWeight // in order; nil where a star hides it
	unnamed *weight       // of those whose name the text does not show
	through []*columns
	also    weight // what any of them may be too: that of a UNION's other arm
	largest weight
	sum     float64
	apart   bool // their expressions stay where they are
}

type namedWeight struct {
	name string
	weight
}

type evalState uint8

const (
	evalNew evalState = iota
	evalRunning
	evalDone
)

// column looks a name up among columns.
func (e *expander) column(c *columns, name string) (weight, bool) {
	if c == nil || !e.step(1) {
		return weight{}, false
	}
	w, found := c.named[name]
	for _, inner := range c.through {
		if v, ok := e.column(inner, name); ok {
			w, found = w.or(v), true
		}
	}
	if !found && c.unnamed != nil {
		w, found = *c.unnamed, true
	}
	if found {
		w = c.stays(w.or(c.also))
	}
	return w, found
}

// row is the whole row of columns as one value.
func (c *columns) row() weight {
	switch {
	case c == nil:
		return weight{1, 1}
	case c.apart:
		return weight{1, c.largest.growth + 1}
	}
	return weight{1 + c.sum, c.largest.growth + 1}
}

func (c *columns) define(name string, w weight) {
	if name == "" {
		if c.unnamed != nil {
			*c.unnamed = c.unnamed.or(w)
		} else {
			c.unnamed = &weight{w.size, w.growth}
		}
	} else {
		c.named[name] = c.named[name].or(w)
	}
	if len(c.through) == 0 {
		c.list = append(c.list, namedWeight{name, w})
	}
	c.largest = c.largest.or(w)
	c.sum = min(c.sum+w.size, tooLarge)
}

// oneRow keeps the first n of the columns that VALUES has once for each row; what
// any row holds counts for each.
func (c *columns) oneRow(n int) {
	c.list = c.list[:min(n, len(c.list))]
	c.sum = 0
	for i := range c.list {
		c.list[i].weight = c.named[c.list[i].name]
		c.sum = min(c.sum+c.list[i].size, tooLarge)
	}
}

// rename gives the columns the names of an alias, in order; those behind the last name
// keep theirs. Where a star hides the order, any name can mean any column.
func (c *columns) rename(names []string) *columns {
	if len(names) == 0 || len(c.list) < len(names) {
		return &columns{unnamed: &c.largest, largest: c.largest, sum: c.sum, apart: c.apart}
	}
	renamed := &columns{named: make(map[string]weight, len(c.list)), apart: c.apart}
	for i, column := range c.list {
		name := column.name
		if i < len(names) {
			name = names[i]
		}
		renamed.define(name, column.or(c.also))
	}
	return renamed
}

// pass adds the columns of another.
func (c *columns) pass(inner *columns) {
	if inner == nil {
		c.list, c.sum = nil, min(c.sum+unknownFields, tooLarge)
		return
	}
	largest, sum := inner.largest, inner.sum
	if inner.apart {
		largest.size, sum = 1, 1
	}
	c.through, c.list = append(c.through, inner), nil
	c.largest, c.sum = c.largest.or(largest), min(c.sum+sum, tooLarge)
}

// either are the columns of a set operation: named as on the left, by place where
// no star hides it.
func (e *expander) either(left, right *columns) *columns {
	if left == nil || right == nil || !e.step(len(left.list)) {
		return &columns{}
	}
	c := &columns{named: make(map[string]weight, len(left.list))}
	if len(left.list) == 0 || len(left.list) != len(right.list) {
		c.pass(left)
		c.also = right.largest
		c.largest, c.sum = c.largest.or(right.largest), max(left.sum, right.sum)
		return c
	}
	for i, l := range left.list {
		c.define(l.name, left.stays(l.weight).or(right.stays(right.list[i].weight)))
	}
	return c
}

// stays returns the weight of a column where it is referred to.
func (c *columns) stays(w weight) weight {
	if c.apart {
		w.size = 1
	}
	return w
}
