package guard

import (
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/analyze"
	"github.com/op-data/sqlpreview/preview/internal/catalog"
)

// This file judges what values run by their types alone: being read and written, compared,
// turned into JSON and, where they are made, checked.

// makesValues reports whether a stored expression calls a function that makes values of
// its arguments' types by itself, for instance of a text.
func (j *judge) makesValues(e catalog.Expression) bool {
	return slices.ContainsFunc(e.Functions, func(oid catalog.OID) bool {
		f := j.known.Function(oid)
		return f != nil && analyze.MakesValues(f)
	})
}

// valueUse says whether values of a type are made, and its checks run, or only passed on.
type valueUse int

const (
	made valueUse = iota
	kept
)

// typeRuns judges what reading, writing and comparing values of a type runs, and
// turning them into JSON.
func (j *judge) typeRuns(oid catalog.OID, become valueUse, depth int, seen map[catalog.OID]bool) ruling {
	t := j.known.Type(oid)
	if t == nil || oid == 0 || seen[oid] {
		return ruling{allowed: true}
	}
	seen[oid] = true
	if depth > maxCalls {
		return ruling{name: "a type", because: "is made of too many others", family: familyUnknown}
	}
	if oid.ReadsTypeNames() {
		return j.supports(j.known.Modifiers(), depth)
	}
	functions := append([]catalog.OID{t.Input, t.Output}, j.compares(t)...)
	for _, target := range []catalog.OID{typeJSON, typeJSONB} {
		if cast, ok := j.known.Cast(oid, target); ok && !oid.BuiltIn() {
			functions = append(functions, cast.Function)
		}
	}
	for _, fn := range functions {
		if fn != 0 && !fn.BuiltIn() {
			if got := j.function(fn, use{reads: true}, depth+1); !got.allowed {
				return got
			}
		}
	}
	if become == made {
		if got := j.expression(t.Check, depth+1); !got.allowed {
			return got
		}
	}
	for _, part := range partsOf(t) {
		if got := j.typeRuns(part, become, depth+1, seen); !got.allowed {
			return got
		}
	}
	return ruling{allowed: true}
}

// compares are the functions behind the default operator classes of a type, or of a type
// that its values can stand for unchanged.
func (j *judge) compares(t *catalog.Type) []catalog.OID {
	functions := slices.Clone(t.Compare)
	for _, cast := range j.known.CastsFrom(t.OID) {
		if target := j.known.Type(cast.Target); cast.Method == 'b' && cast.Context == 'i' && target != nil {
			functions = append(functions, target.Compare...)
		}
	}
	return functions
}

// supports judges functions of operator classes.
func (j *judge) supports(functions []catalog.OID, depth int) ruling {
	for _, fn := range functions {
		if got := j.function(fn, use{reads: true}, depth+1); !got.allowed {
			return got
		}
	}
	return ruling{allowed: true}
}

// partsOf are the types that values of a type are made of.
func partsOf(t *catalog.Type) []catalog.OID {
	parts := []catalog.OID{t.Base, t.Subtype, t.Range}
	if t.IsArray {
		parts = append(parts, t.Element)
	}
	for _, c := range t.Columns {
		parts = append(parts, c.Type)
	}
	return parts
}

// The object ids of json and jsonb (pg_type.dat).
const (
	typeJSON  catalog.OID = 114
	typeJSONB catalog.OID = 3802
)
