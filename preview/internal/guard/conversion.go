package guard

import (
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
)

// This file judges the assignment casts by which a function in SQL turns the columns of its
// last query into its result (check_sql_fn_retval). No stored tree has them.

// anySource stands for the type of a value that is not known.
const anySource catalog.OID = 0

// assigned judges what the columns of a stored body are converted to: the function's
// result.
func (j *judge) assigned(f *catalog.Function, depth int) ruling {
	t := j.known.Type(j.base(f.Returns))
	if t == nil && !f.Returns.BuiltIn() {
		return j.volatileFunction(f)
	}
	wanted := []catalog.OID{f.Returns}
	switch {
	case t != nil && t.Kind == 'c':
		wanted = columnTypes(t.Columns)
		if len(f.Columns) == 1 { // the row, or the only column of one
			if got := j.converted(f, f.Columns[0], f.Returns, depth); !got.allowed || len(wanted) > 1 {
				return got
			}
		}
	case len(f.Outputs) > 0:
		wanted = columnTypes(f.Outputs)
	}
	return j.convertedTo(f, wanted, depth)
}

// convertedTo judges what the columns of a stored body are converted to, each for itself.
func (j *judge) convertedTo(f *catalog.Function, wanted []catalog.OID, depth int) ruling {
	for i, target := range wanted {
		source := anySource
		if len(f.Columns) == len(wanted) {
			source = f.Columns[i]
		}
		if got := j.converted(f, source, target, depth); !got.allowed {
			return got
		}
	}
	return ruling{allowed: true}
}

// defined judges what the rows of a function in SQL are converted to where a column
// definition list says it. Of that the function's own label says nothing.
func (j *judge) defined(f *catalog.Function, how use, depth int) ruling {
	wanted := how.defines.List()
	if f.Atomic {
		return j.convertedTo(f, wanted, depth)
	}
	got := ruling{allowed: true}
	for i := 0; got.allowed && i < len(wanted); i++ {
		got = j.converted(f, anySource, wanted[i], depth)
	}
	if got.allowed || f.Body == "" || len(f.Settings) > 0 {
		return got
	}
	// A cast could be meant: the body tells.
	found := j.analysis(Unread{f, how.types, how.defines})
	if found == nil || found.TooComplex || len(found.Opaque) > 0 {
		return got
	}
	for _, run := range found.Returned {
		if got := j.function(run.Function, useOf(run), depth+1); !got.allowed {
			return got
		}
	}
	return ruling{allowed: true}
}

// definedIn judges what the rows of functions that a stored expression calls can be
// converted to. Which column belongs to which function is not known.
func (j *judge) definedIn(e catalog.Expression, depth int) ruling {
	for _, oid := range e.Functions {
		f := j.known.Function(oid)
		if f == nil || oid.BuiltIn() || f.Language != "sql" || !returnsAnyRow(f) {
			continue
		}
		for _, types := range [][]catalog.OID{e.Columns, e.Types} {
			for _, target := range types {
				if got := j.converted(f, anySource, target, depth); !got.allowed {
					return got
				}
			}
		}
	}
	return ruling{allowed: true}
}

// returnsAnyRow reports whether calls say what columns the rows of a function have.
func returnsAnyRow(f *catalog.Function) bool {
	return len(f.Outputs) == 0 && (f.Returns == typeRecord || f.Returns == typeAnyElement || f.Returns == typeAnyNonArray)
}

// converted judges what converting values of a function's body by assignment runs. Where
// the source is not known, it can be each type that a stored body has, or any.
func (j *judge) converted(f *catalog.Function, source, target catalog.OID, depth int) ruling {
	var sources []catalog.OID
	unknown := source == anySource || source == typeRecord || source == typeRecordArray
	if !unknown {
		sources = j.forms(source, false)
	} else if f.Atomic {
		for _, t := range slices.Concat(f.Runs.Types, f.Runs.Values) {
			sources = append(sources, j.forms(t, false)...)
		}
	}
	for _, to := range j.forms(target, unknown) {
		for _, cast := range j.known.CastsTo(to) {
			possible := slices.Contains(sources, cast.Source) || unknown && (!f.Atomic || cast.Source.BuiltIn())
			if cast.Context == 'e' || !possible {
				continue
			}
			if cast.Function != 0 {
				if got := j.function(cast.Function, use{cast: true}, depth+1); !got.allowed {
					return got
				}
			}
		}
		// Any value is turned into text, and read as a type of that category.
		if t := j.known.Type(to); t != nil && t.Category == 'S' && !t.Input.BuiltIn() && !slices.Contains(sources, to) {
			if got := j.function(t.Input, use{reads: true}, depth+1); !got.allowed {
				return got
			}
		}
	}
	return ruling{allowed: true}
}

// forms are the types whose casts convert values of a type: what is below its domains, that
// of an array's elements, and where asked for those of a row's columns.
func (j *judge) forms(t catalog.OID, columns bool) (forms []catalog.OID) {
	for next := []catalog.OID{t}; len(next) > 0; {
		oid := next[0]
		next = next[1:]
		if oid == 0 || slices.Contains(forms, oid) {
			continue
		}
		forms = append(forms, oid)
		known := j.known.Type(oid)
		if known == nil {
			continue
		}
		next = append(next, known.Base)
		if known.IsArray {
			next = append(next, known.Element)
		}
		if columns {
			next = append(next, columnTypes(known.Columns)...)
		}
	}
	return forms
}

// base looks through domains.
func (j *judge) base(t catalog.OID) catalog.OID {
	for range maxCalls {
		known := j.known.Type(t)
		if known == nil || known.Kind != 'd' {
			break
		}
		t = known.Base
	}
	return t
}

func columnTypes(columns []catalog.Column) []catalog.OID {
	types := make([]catalog.OID, len(columns))
	for i, c := range columns {
		types[i] = c.Type
	}
	return types
}

// The object ids of types that do not say what values are made of (pg_type.dat).
const (
	typeRecord      catalog.OID = 2249
	typeRecordArray catalog.OID = 2287
	typeAnyElement  catalog.OID = 2283
	typeAnyNonArray catalog.OID = 2776
)
