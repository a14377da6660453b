package guard

import (
	"github.com/op-data/sqlpreview/preview/internal/analyze"
	"github.com/op-data/sqlpreview/preview/internal/catalog"
)

// body judges a function in SQL without a label by what its body runs.
func (j *judge) body(f *catalog.Function, how use) ruling {
	found := j.analysis(Unread{f, how.types, how.defines})
	if found == nil || found.TooComplex || len(found.Opaque) > 0 || len(found.HiddenTypes) > 0 {
		return j.volatileFunction(f)
	}
	for _, run := range found.Runs {
		if got := j.function(run.Function, useOf(run), 1); !got.allowed {
			return j.volatileFunction(f)
		}
	}
	for _, read := range found.Relations {
		if !j.bodyReads(read.Relation) {
			return j.volatileFunction(f)
		}
	}
	return ruling{allowed: true, passed: PassedBody}
}

// analysis is that of a body; nil where there is none yet, so that it is asked for, and
// where there cannot be one.
func (j *judge) analysis(unread Unread) *analyze.Result {
	found, ok := j.bodies[unread.Body()]
	if !ok && !j.asked[unread.Body()] {
		j.asked[unread.Body()] = true
		j.judgement.Unread = append(j.judgement.Unread, unread)
	}
	return found
}

// atomicBody judges a function in SQL without a label whose body the server has stored
// as a tree: it names what it runs by itself.
func (j *judge) atomicBody(f *catalog.Function) ruling {
	if !f.Queries {
		return j.volatileFunction(f)
	}
	for _, oid := range f.Reads {
		if r := j.known.RelationByID(oid); r == nil || !j.bodyReads(r) {
			return j.volatileFunction(f)
		}
	}
	return ruling{allowed: true, passed: PassedBody} // what it runs, calls judges
}

// bodyReads reports whether a function's body may read a relation.
func (j *judge) bodyReads(r *catalog.Relation) bool {
	rule, _ := j.policy.relation(r.Schema, r.Name)
	// The reader is not the text but the body, as a view is.
	return rule == "" && j.below(r, nil, map[readBy]bool{{}: true}).allowed
}

// results judges what a function's language runs when it hands the value over: the checks of
// the domains in it, and of a stored body the casts to it.
func (j *judge) results(f *catalog.Function, depth int) ruling {
	if f.OID.BuiltIn() || f.Language == "c" || f.Language == "internal" {
		return ruling{allowed: true}
	}
	seen := make(map[catalog.OID]bool)
	got := j.checksOf(f.Returns, depth, seen)
	for i := 0; got.allowed && i < len(f.Outputs); i++ {
		got = j.checksOf(f.Outputs[i].Type, depth, seen)
	}
	if got.allowed && f.Atomic && f.Volatility == 'v' {
		return j.assigned(f, depth)
	}
	return got
}

// checksOf judges the checks of a type and of all that its values are made of.
func (j *judge) checksOf(oid catalog.OID, depth int, seen map[catalog.OID]bool) ruling {
	t := j.known.Type(oid)
	if t == nil || oid.BuiltIn() || seen[oid] {
		return ruling{allowed: true}
	}
	seen[oid] = true
	if depth > maxCalls {
		return ruling{name: "a type", because: "is made of too many others", family: familyUnknown}
	}
	if got := j.expression(t.Check, depth+1); !got.allowed {
		return got
	}
	for _, part := range partsOf(t) {
		if got := j.checksOf(part, depth+1, seen); !got.allowed {
			return got
		}
	}
	return ruling{allowed: true}
}
