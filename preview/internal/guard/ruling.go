package guard

import (
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/analyze"
	"github.com/op-data/sqlpreview/preview/internal/catalog"
)

// use says how a function is reached.
type use struct {
	// direct: the statement calls it by its name, so that Check has judged the name
	// and its arguments.
	direct bool
	// omitted: the arguments that the call leaves to their defaults.
	omitted analyze.ArgumentSet
	// types: those of the arguments, where the declaration does not say them.
	types analyze.ArgumentTypes
	// defines: the types of the column definition list of the call.
	defines analyze.ArgumentTypes
	// cast: a cast runs it. Of PostgreSQL's own casts the functions are not known.
	cast bool
	// reads: the server runs it to read, write or compare values of a type, so that its
	// argument is a value and no text to be run as SQL.
	reads bool
}

// useOf returns how an analysed text reaches a function. It leaves direct false: the
// caller knows whether Check has judged the call.
func useOf(r analyze.Run) use {
	return use{
		omitted: r.Omitted, types: r.Types, defines: r.Defines, cast: r.How == analyze.ByCast,
		reads: r.How == analyze.ByType || r.How == analyze.ByCompare,
	}
}

type rulingKey struct {
	function catalog.OID
	use      use
}

// ruling is the decision on one function by its object id, with all that it calls as far
// as the catalog tells. A verdict is what its name alone decides.
type ruling struct {
	allowed bool
	// passed is the rule that let it pass.
	passed string
	// function is the one that may not run, name what it is called, because and hint
	// why and what to do.
	function            catalog.OID
	name, because, hint string
	// family names the rule that refuses it.
	family string
}

const (
	familyVolatile = "volatile"
	familyPolicy   = "policy"
	familyUnknown  = "unknown"
	familyUnvetted = "unvetted"
)

// maxCalls bounds how deep functions are followed through each other.
const maxCalls = 32

// function judges a function by object id.
func (j *judge) function(oid catalog.OID, how use, depth int) ruling {
	key := rulingKey{oid, how}
	if got, ok := j.rulings[key]; ok {
		return got
	}
	j.rulings[key] = ruling{allowed: true} // while it is judged: it may call itself
	got := j.judged(oid, how, depth)
	if f := j.known.Function(oid); f != nil && got.allowed {
		kind := "function"
		if f.Kind == 'a' {
			kind = "aggregate"
		}
		j.list(Object{Kind: kind, OID: oid, Schema: f.Schema, Name: j.signature(f), Rule: got.passed})
	}
	j.rulings[key] = got
	return got
}

// judged makes the ruling on a function that has none yet.
func (j *judge) judged(oid catalog.OID, how use, depth int) ruling {
	f := j.known.Function(oid)
	if f == nil && oid.BuiltIn() && how.cast {
		return ruling{allowed: true, passed: PassedBuiltIn} // of a cast of PostgreSQL's own
	}
	if f == nil || depth > maxCalls {
		return ruling{
			name: "a function", because: "the database's catalog does not show", family: familyUnknown,
			hint: "preview the query again; if it stays, write it without this construct",
		}
	}
	if got, done := j.byName(f, how); done {
		if below := j.defined(f, how, depth); got.allowed && !below.allowed {
			return below // what the name says is not about the call's columns
		}
		return got
	}
	got := j.byDeclaration(f, how)
	if !got.allowed {
		return got
	}
	if below := j.calls(f, how, depth); !below.allowed {
		return below
	}
	if below := j.defined(f, how, depth); !below.allowed {
		return below
	}
	return got
}

// byName judges by what the operator and the data files say of the name. It reports
// false where they say nothing.
func (j *judge) byName(f *catalog.Function, how use) (ruling, bool) {
	p := j.policy
	if p.denyFunctions.may(f.Schema, f.Name) || p.denySchemas[f.Schema] {
		return refusedAs(f, familyPolicy, "this installation does not allow in a preview", "ask its operator, or write the query without it"), true
	}
	if p.allowFunctions.exactly(f.Schema, f.Name) {
		return ruling{allowed: true, passed: PassedAllowed}, true
	}
	if f.OID.BuiltIn() {
		return j.builtIn(f, how), true
	}
	if v, ok := functionLibrary.deniedAnywhere(f.Name, f.Extension != ""); ok {
		return refusedAs(f, v.family, "is not allowed in a preview", v.hint), true
	}
	if v, ok := functionLibrary.anywhere.exact[f.Schema+".schema"]; ok {
		return refusedAs(f, v.family, "is not allowed in a preview", v.hint), true
	}
	switch v := functionLibrary.ofExtension(f.Extension, f.Name); v.class {
	case classAllowed:
		return ruling{allowed: true, passed: PassedExtension}, true
	case classDenied:
		return refusedAs(f, v.family, "is not allowed in a preview", v.hint), true
	case classUnknown, classSetting:
	}
	if p.strict {
		return refusedAs(f, "strict", "strict mode does not know to be harmless",
			"an operator can add "+f.Schema+"."+f.Name+" to allow_functions"), true
	}
	return ruling{}, false
}

// builtIn judges PostgreSQL's own functions by name.
func (j *judge) builtIn(f *catalog.Function, how use) ruling {
	passed := ruling{allowed: true, passed: PassedBuiltIn}
	v := functionLibrary.find(f.Schema, f.Name)
	if how.direct && v.family != "unknown-system" {
		return passed // Check has judged the call
	}
	switch {
	case v.class == classAllowed, v.class == classSetting, v.class == classDenied && !v.denies(len(f.Args)):
		return passed
	case tellsOnly[v.family]:
		return passed // what it tells is masked by its origin
	}
	return refusedAs(f, v.family, "is not allowed in a preview", v.hint)
}

// tellsOnly are the families that are refused for what they return and have no
// effect. Where a view of the database's own calls one, its columns are masked.
var tellsOnly = map[string]bool{"secret-setting": true, "session-content": true, "statistics": true, "type-input": true}

// byDeclaration judges a function of the database's own by its volatility.
func (j *judge) byDeclaration(f *catalog.Function, how use) ruling {
	if f.Dynamic && !how.reads && f.Extension != "" && !j.policy.allowExtensions[f.Extension] &&
		(f.Language != "c" || !functionLibrary.vetted(f.Extension)) {
		return refusedAs(f, familyUnvetted, "can run a text that it is given, and belongs to the extension "+f.Extension,
			"if it does not run its text as SQL, an operator can add "+f.Schema+"."+f.Name+" to allow_functions, or the extension to allow_extensions")
	}
	switch {
	case (f.Kind == 'a' || f.Kind == 'w' || how.reads && f.Language == "c") && j.vouched(f.Extension):
		return ruling{allowed: true, passed: PassedExtension}
	case f.Volatility != 'v':
		return ruling{allowed: true, passed: PassedDeclared}
	case f.Language == "sql" && len(f.Settings) > 0: // perhaps a search path of its own
	case f.Language == "sql" && f.Atomic:
		return j.atomicBody(f)
	case f.Language == "sql" && f.Body != "":
		return j.body(f, how)
	case f.Language == "internal" && harmlessSymbol(f.Body):
		return ruling{allowed: true, passed: PassedBody}
	}
	return j.volatileFunction(f)
}

// harmlessSymbol reports whether a function in the language internal is one of
// PostgreSQL's own under another name, that may be called. Only a superuser can make
// one. Where a symbol is called like a function of pg_catalog, it is that function; a
// test holds this against servers.
func harmlessSymbol(symbol string) bool {
	return functionLibrary.builtin[symbol].class == classAllowed
}

// vouched reports whether an extension has been looked through, or the operator allows it.
func (j *judge) vouched(extension string) bool {
	return functionLibrary.vetted(extension) || j.policy.allowExtensions[extension]
}

func (j *judge) volatileFunction(f *catalog.Function) ruling {
	name := f.Schema + "." + f.Name
	return refusedAs(f, familyVolatile, "is VOLATILE in this database",
		"declare "+name+" STABLE or IMMUTABLE if it has no effect, or let an operator add it to allow_functions"+
			"; a function of PostgreSQL's own of that name can be called as pg_catalog.name")
}

// calls judges what a function calls by the catalog: an aggregate's parts, defaults
// that a call uses, a body in the standard's form.
func (j *judge) calls(f *catalog.Function, how use, depth int) ruling {
	if f.Kind == 'a' && j.vouched(f.Extension) {
		return ruling{allowed: true}
	}
	for _, part := range f.Parts {
		if got := j.function(part, use{}, depth+1); !got.allowed {
			if got.family == familyVolatile {
				got.hint = "PostgreSQL has no label for aggregates: declare " + got.name +
					" STABLE or IMMUTABLE if it has no effect, or let an operator add " + f.Schema + "." + f.Name + " to allow_functions"
			}
			return got
		}
		if p := j.known.Function(part); p != nil {
			// The state is made of a text (agginitcond), and is what this returns.
			if got := j.typeRuns(p.Returns, made, depth+1, make(map[catalog.OID]bool)); !got.allowed {
				return got
			}
		}
	}
	if got := j.results(f, depth); !got.allowed {
		return got
	}
	for i, run := range f.DefaultsRun {
		if !how.omitted.Has(len(f.Args) - len(f.DefaultsRun) + i) {
			continue
		}
		if got := j.expression(run, depth+1); !got.allowed {
			return got
		}
	}
	return j.expression(f.Runs, depth+1)
}

// expression judges a stored expression.
func (j *judge) expression(e catalog.Expression, depth int) ruling {
	if j.readsTypeNames(e) {
		if got := j.supports(j.known.Modifiers(), depth); !got.allowed {
			return got
		}
	}
	if slices.ContainsFunc(e.Functions, analyze.CastsToText) {
		for _, cast := range analyze.TextCasts(e, j.known) {
			if got := j.function(cast.Function, use{cast: true}, depth+1); !got.allowed {
				return got
			}
		}
	}
	for _, fn := range e.Functions {
		// A stored call does not show the arguments that it leaves to their defaults.
		if got := j.function(fn, use{omitted: analyze.AllArguments}, depth+1); !got.allowed {
			return got
		}
	}
	for _, oid := range e.Operators {
		if op := j.known.Operator(oid); op != nil && !oid.BuiltIn() {
			if got := j.function(op.Function, use{}, depth+1); !got.allowed {
				return got
			}
		}
		if got := j.supports(j.known.SortSupport(oid), depth); !got.allowed {
			return got
		}
	}
	if depth > maxCalls {
		return ruling{name: "an expression", because: "leads to too many others", family: familyUnknown}
	}
	if got := j.definedIn(e, depth); !got.allowed {
		return got
	}
	// Which of the values are compared or turned into text, a stored tree does not show
	// where the function is PostgreSQL's own: all of them count.
	seen := make(map[catalog.OID]bool)
	for _, oid := range e.Types {
		if got := j.typeRuns(oid, made, depth+1, seen); !got.allowed {
			return got
		}
	}
	become := kept
	if j.makesValues(e) {
		become = made
	}
	for _, oid := range e.Values {
		if got := j.typeRuns(oid, become, depth+1, seen); !got.allowed {
			return got
		}
	}
	return ruling{allowed: true}
}

// readsTypeNames reports whether a stored expression calls a function that reads names of
// types, and with them the types' modifiers.
func (j *judge) readsTypeNames(e catalog.Expression) bool {
	return slices.ContainsFunc(e.Functions, func(oid catalog.OID) bool {
		f := j.known.Function(oid)
		return f != nil && oid.BuiltIn() && analyze.ReadsTypeNames(f.Name)
	})
}

func refusedAs(f *catalog.Function, family, because, hint string) ruling {
	name := f.Name
	if f.Schema != systemSchema {
		name = f.Schema + "." + f.Name
	}
	return ruling{function: f.OID, name: name, because: because, hint: hint, family: family}
}

// signature is a function's name with the types of its arguments.
func (j *judge) signature(f *catalog.Function) string {
	var b strings.Builder
	b.WriteString(f.Name + "(")
	for i, arg := range f.Args {
		if i > 0 {
			b.WriteString(", ")
		}
		if t := j.known.Type(arg); t != nil {
			b.WriteString(t.Name)
		} else {
			b.WriteString("?")
		}
	}
	b.WriteString(")")
	return b.String()
}
