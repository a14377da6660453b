package analyze

import (
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
)

// This file follows parse_func.c and parse_oper.c of PostgreSQL: which overload a
// call means, given the types of its arguments.

// candidate is one way to call a function or an operator with the arguments that
// were written: its types as if each argument were declared.
type candidate struct {
	args     []OID
	fn       *catalog.Function // nil for an operator
	op       *catalog.Operator
	omitted  ArgumentSet // left to their defaults
	variadic bool
}

// find returns the candidate that PostgreSQL's rules choose; without others that are
// possible, it fits exactly. It returns nil where the rules choose none, or where types
// are not determined: then every one of possible counts.
func (a *analyzer) find(candidates []candidate, args []OID) (chosen *candidate, possible []candidate) {
	if !slices.Contains(args, undetermined) {
		for i := range candidates {
			if slices.Equal(candidates[i].args, args) {
				return &candidates[i], nil
			}
		}
	}
	for _, c := range candidates {
		if a.allCoerce(args, c.args) {
			possible = append(possible, c)
		}
	}
	switch {
	case slices.Contains(args, undetermined):
		return nil, possible
	case len(possible) == 1:
		return &possible[0], possible
	case len(possible) == 0:
		return nil, nil
	}
	return a.selectCandidate(possible, args), possible
}

func (a *analyzer) allCoerce(args, declared []OID) bool {
	for i, t := range args {
		if !a.canCoerce(t, declared[i], implicit) {
			return false
		}
	}
	return a.genericsAgree(args, declared)
}

// selectCandidate is func_select_candidate.
func (a *analyzer) selectCandidate(candidates []candidate, args []OID) *candidate {
	bases := make([]OID, len(args))
	unknowns := 0
	for i, t := range args {
		if bases[i] = a.base(t); t == typeUnknown {
			bases[i] = typeUnknown
			unknowns++
		}
	}
	// Most exact matches win.
	candidates = best(candidates, func(c candidate) (n int) {
		for i, t := range c.args {
			if bases[i] != typeUnknown && t == bases[i] {
				n++
			}
		}
		return n
	})
	if len(candidates) == 1 {
		return &candidates[0]
	}
	// Then most matches that are exact or with the preferred type of the category.
	candidates = best(candidates, func(c candidate) (n int) {
		for i, t := range c.args {
			if bases[i] == typeUnknown {
				continue
			}
			category, _ := a.category(bases[i])
			own, preferred := a.category(t)
			if t == bases[i] || preferred && own == category {
				n++
			}
		}
		return n
	})
	if len(candidates) == 1 {
		return &candidates[0]
	}
	if unknowns == 0 {
		return nil
	}
	if kept, ok := a.byUnknowns(candidates, bases); ok {
		if candidates = kept; len(candidates) == 1 {
			return &candidates[0]
		}
	}
	return a.byKnownType(candidates, bases, unknowns)
}

// best keeps the candidates with the highest score.
func best(candidates []candidate, score func(candidate) int) []candidate {
	var kept []candidate
	top := -1
	for _, c := range candidates {
		switch s := score(c); {
		case s > top:
			top, kept = s, []candidate{c}
		case s == top:
			kept = append(kept, c)
		}
	}
	return kept
}

// byUnknowns keeps the candidates that take the category which all agree on, or
// strings, where a literal stands. It reports false where that decides nothing.
func (a *analyzer) byUnknowns(candidates []candidate, bases []OID) (kept []candidate, ok bool) {
	categories := make([]byte, len(bases))
	hasPreferred := make([]bool, len(bases))
	for i, b := range bases {
		if b != typeUnknown {
			continue
		}
		conflict := false
		for _, c := range candidates {
			category, preferred := a.category(c.args[i])
			switch {
			case categories[i] == categoryInvalid, category != categories[i] && category == categoryString:
				categories[i], hasPreferred[i] = category, preferred
			case category == categories[i]:
				hasPreferred[i] = hasPreferred[i] || preferred
			default:
				conflict = true
			}
		}
		if conflict && categories[i] != categoryString {
			return nil, false
		}
	}
	for _, c := range candidates {
		keep := true
		for i, b := range bases {
			if b != typeUnknown {
				continue
			}
			category, preferred := a.category(c.args[i])
			if category != categories[i] || hasPreferred[i] && !preferred {
				keep = false
			}
		}
		if keep {
			kept = append(kept, c)
		}
	}
	return kept, len(kept) > 0
}

// byKnownType is the last resort: literals are taken for the one type that all
// other arguments have.
func (a *analyzer) byKnownType(candidates []candidate, bases []OID, unknowns int) *candidate {
	if unknowns == len(bases) {
		return nil
	}
	known := typeUnknown
	for _, b := range bases {
		if b == typeUnknown {
			continue
		}
		if known != typeUnknown && known != b {
			return nil
		}
		known = b
	}
	all := make([]OID, len(bases))
	for i := range all {
		all[i] = known
	}
	var found *candidate
	for i := range candidates {
		if a.allCoerce(all, candidates[i].args) {
			if found != nil {
				return nil
			}
			found = &candidates[i]
		}
	}
	return found
}

// calls lists the ways to call functions of a name with so many arguments
// (FuncnameGetCandidates). Of equal ones the first in the search path counts.
func (a *analyzer) calls(functions []*catalog.Function, args []value, names []string, expandVariadic bool) []candidate {
	var all []candidate
	for _, fn := range functions {
		c, ok := waysToCall(fn, len(args), names, expandVariadic)
		if !ok {
			continue
		}
		all = a.addCandidate(all, c)
	}
	return all
}

// addCandidate leaves out what an equal candidate hides: one of a schema earlier in
// the path, or of the same schema one that needs fewer liberties.
func (a *analyzer) addCandidate(all []candidate, c candidate) []candidate {
	for i := range all {
		known := &all[i]
		if !slices.Equal(known.args, c.args) {
			continue
		}
		if known.fn.Schema == c.fn.Schema {
			switch {
			case known.variadic != c.variadic:
				if known.variadic {
					all[i] = c
				}
				return all
			case (known.omitted == ArgumentSet{}) != (c.omitted == ArgumentSet{}):
				if (c.omitted == ArgumentSet{}) {
					all[i] = c
				}
				return all
			default:
				return append(all, c) // ambiguous: both count
			}
		}
		return all
	}
	return append(all, c)
}

// waysToCall is how a function takes so many arguments, the last of them named.
func waysToCall(fn *catalog.Function, n int, names []string, expandVariadic bool) (candidate, bool) {
	c := candidate{fn: fn}
	declared := fn.Args
	if expandVariadic && fn.Variadic != 0 && n >= len(declared) && len(names) == 0 {
		c.variadic = true
		c.args = append(c.args, declared[:len(declared)-1]...)
		for len(c.args) < n {
			c.args = append(c.args, fn.Variadic)
		}
		return c, true
	}
	switch {
	case n > len(declared), n+fn.Defaults < len(declared):
		return c, false
	case len(names) == 0:
		c.args = declared[:n]
		for i := n; i < len(declared); i++ {
			c.omitted.add(i)
		}
		return c, true
	}
	positional := n - len(names)
	filled := make([]bool, len(declared))
	for i := range positional {
		filled[i] = true
		c.args = append(c.args, declared[i])
	}
	for _, name := range names {
		at := slices.Index(fn.ArgNames, name)
		if name == "" || at < positional || filled[at] {
			return c, false
		}
		filled[at] = true
		c.args = append(c.args, declared[at])
	}
	for i := range filled {
		if !filled[i] {
			c.omitted.add(i)
			if i < len(declared)-fn.Defaults {
				return c, false
			}
		}
	}
	return c, true
}

// spelling is an operator as it is written.
type spelling struct {
	name   catalog.Name
	binary bool
}

// operatorCandidates lists the operators of a name that take a left operand or none.
// A statement often uses one many times.
func (a *analyzer) operatorCandidates(name catalog.Name, binary bool) []candidate {
	key := spelling{name, binary}
	if known, ok := a.operators[key]; ok {
		return known
	}
	var all []candidate
	for _, op := range a.source.Operators(name) {
		var args []OID
		switch {
		case binary && op.Left != 0:
			args = []OID{op.Left, op.Right}
		case !binary && op.Left == 0:
			args = []OID{op.Right}
		default:
			continue
		}
		if !slices.ContainsFunc(all, func(c candidate) bool { return slices.Equal(c.args, args) }) {
			all = append(all, candidate{args: args, op: op})
		}
	}
	a.operators[key] = all
	return all
}
