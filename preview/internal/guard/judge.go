package guard

import (
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/analyze"
	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/reason"
)

// Objects answers for the objects of a database by object id. *catalog.Snapshot is
// one. Each method returns nil for what is not known.
type Objects interface {
	Function(catalog.OID) *catalog.Function
	Operator(catalog.OID) *catalog.Operator
	SortSupport(operator catalog.OID) []catalog.OID
	Type(catalog.OID) *catalog.Type
	Cast(source, target catalog.OID) (*catalog.Cast, bool)
	CastsFrom(source catalog.OID) []*catalog.Cast
	CastsTo(target catalog.OID) []*catalog.Cast
	Modifiers() []catalog.OID
	RelationByID(catalog.OID) *catalog.Relation
	// Ambiguous returns those of the names of which it is not sure what object the
	// server takes them for.
	Ambiguous(catalog.Names) catalog.Names
}

// Judgement is what a database's catalog adds to the verdict of Check.
type Judgement struct {
	// Violations are in the order of the text; none where the statement may run.
	Violations []Violation
	// Objects are the database's objects that were judged, each with the rule that let
	// it pass.
	Objects []Object
	// Unread are functions in SQL whose bodies decide. Analyse each as analyze.Body says,
	// and judge again with the results.
	Unread []Unread
}

// Object is a database object that a statement leads to.
type Object struct {
	// Kind is function, aggregate or relation.
	Kind string
	OID  catalog.OID
	// Name is that of the object in its schema, for a function with the types of its
	// arguments.
	Schema, Name string
	// Rule is what let it pass: one of the Passed constants.
	Rule string
}

// What lets a function pass.
const (
	PassedBuiltIn   = "built-in"         // PostgreSQL's own, known to have no effect
	PassedDeclared  = "declared"         // declared STABLE or IMMUTABLE
	PassedAllowed   = "allow-functions"  // named by the operator
	PassedExtension = "vetted-extension" // of an extension that has been looked through
	PassedBody      = "body"             // in SQL, and its body passes
	PassedRelation  = "relation"         // a relation that the policy lets be read
)

// Unread is a function in SQL whose body decides.
type Unread struct {
	Function *catalog.Function
	// Types are those of the arguments in the call.
	Types analyze.ArgumentTypes
	// Defines are those of the call's column definition list.
	Defines analyze.ArgumentTypes
}

// Body names the body of a function, called in some way.
func (u Unread) Body() Body { return Body{u.Function.OID, u.Types, u.Defines} }

// Body is the body of a function, called with arguments of some types and for columns of
// some.
type Body struct {
	Function       catalog.OID
	Types, Defines analyze.ArgumentTypes
}

// Bodies are the analyses of functions' bodies.
type Bodies map[Body]*analyze.Result

// Judge decides whether what a statement leads to in its database may run, by the
// same policy as Check.
func (s *Statement) Judge(found *analyze.Result, known Objects, bodies Bodies, p *Policy) Judgement {
	j := &judge{
		checker: checker{sql: s.Source, policy: p.orDefault()},
		known:   known, bodies: bodies,
		rulings: make(map[rulingKey]ruling), listed: make(map[Object]bool), asked: make(map[Body]bool),
	}
	if found.TooComplex {
		j.refuse(pgtree.Extent{Start: s.Start, End: s.End}, refusal{
			reason: reason.SQLTooComplex, rule: "analysis",
			message: "the query takes too much to find out what its names mean", hint: "join fewer tables, or select columns by name",
		})
		j.judgement.Violations = j.sorted()
		return j.judgement
	}
	j.ambiguous(known.Ambiguous(found.Names))
	for _, read := range found.Relations {
		j.relation(read)
	}
	for _, t := range found.Types {
		j.typeSchema(t)
	}
	for _, run := range found.Runs {
		j.run(run)
	}
	for _, hidden := range found.HiddenTypes {
		at := j.offset(hidden.At)
		j.refuse(pgtree.Extent{Start: at, End: j.nameEnd(at)}, refusal{
			reason: reason.FunctionNotAllowed, rule: "type-hidden",
			message: "the function " + hidden.What + " reads a value of a type that the text does not name",
			hint:    "write the type's name as a constant: " + hidden.What + "(value, 'integer')",
		})
	}
	j.judgement.Violations = j.sorted()
	return j.judgement
}

// ambiguous refuses names that the server may read otherwise than the parser, in a
// database that is not in UTF-8.
func (j *judge) ambiguous(names catalog.Names) {
	for _, list := range [][]catalog.Name{names.Relations, names.Functions, names.Operators, names.Types} {
		for _, name := range list {
			at := max(0, strings.Index(j.sql, name.Name))
			j.refuse(pgtree.Extent{Start: at, End: j.nameEnd(at)}, refusal{
				reason: reason.SyntaxNotAllowed, rule: "name-ambiguous",
				message: "it is not sure which object the name " + shorten(name.Name) + " means in this database, whose encoding is not UTF-8",
				hint:    "write letters outside ASCII as they are stored, within double quotes, in names of fewer than 60 bytes",
			})
		}
	}
}

// RefuseMaskedUses words the refusal of places at which a statement uses masked columns.
func (s *Statement) RefuseMaskedUses(places []int) []Violation {
	c := &checker{sql: s.Source}
	for _, place := range places {
		at := min(max(0, place-pgtree.Indent), len(s.Source))
		c.refuse(pgtree.Extent{Start: at, End: c.nameEnd(at)}, refusal{
			reason: reason.SyntaxNotAllowed, rule: "masked-column",
			message: "the query uses a masked column here, which this installation allows as a plain output column only",
			hint:    "leave the column out of conditions, expressions, joins and orders, or select it as it is",
		})
	}
	return c.sorted()
}

type judge struct {
	checker
	known     Objects
	bodies    Bodies
	rulings   map[rulingKey]ruling
	listed    map[Object]bool
	asked     map[Body]bool
	judgement Judgement
}

// offset turns a location of the tree into one of the author's text.
func (j *judge) offset(at int) int { return min(max(0, at-pgtree.Indent), len(j.sql)) }

func (j *judge) list(o Object) {
	if !j.listed[o] {
		j.listed[o] = true
		j.judgement.Objects = append(j.judgement.Objects, o)
	}
}

// run judges one function that the statement leads to.
func (j *judge) run(r analyze.Run) {
	at := j.offset(r.At)
	if r.How == analyze.ByOperator && j.policy.denySchemas[r.Schema] {
		j.refuse(pgtree.Extent{Start: at, End: j.operatorEnd(at)}, refusal{
			reason: reason.FunctionNotAllowed, rule: "schema-policy",
			message: "the operator " + r.Through + " is of a schema that this installation does not allow in a preview",
		})
		return
	}
	how := useOf(r)
	how.direct = r.How == analyze.Call
	got := j.function(r.Function, how, 0)
	if got.allowed {
		return
	}
	j.refuseRun(r, at, got)
}

// refuseRun words the refusal of a function.
func (j *judge) refuseRun(r analyze.Run, at int, got ruling) {
	end, rule, subject := j.nameEnd(at), "function-"+got.family, "the function "+r.Through
	switch r.How {
	case analyze.Call:
	case analyze.Attribute:
		start := j.attributeName(at, r.Through)
		at, end = start.Start, start.End
		subject = "." + r.Through + ", which calls a function,"
	case analyze.ByOperator:
		end, subject = j.operatorEnd(at), "the operator "+r.Through
		if got.family == familyVolatile {
			rule = "operator-volatile"
		}
	default:
		subject = r.Through
		if got.family == familyVolatile {
			rule = "type-volatile"
		}
	}
	if !r.Certain {
		subject = "what " + subject + " means depends on types that cannot be told from the text; it"
	}
	message := subject + " runs " + got.name + ", which " + got.because
	if r.How == analyze.Call && r.Certain && got.function == r.Function {
		message = subject + " " + got.because
	}
	j.refuse(pgtree.Extent{Start: at, End: end}, refusal{
		reason: reason.FunctionNotAllowed, rule: rule,
		message: message,
		hint:    got.hint,
	})
}

// attributeName finds the token of a name behind a dot.
func (j *judge) attributeName(at int, name string) pgtree.Token {
	lex := pgtree.NewLexer(j.sql, at)
	dot := false
	for t := lex.Next(); t.Kind != pgtree.TokenEOF; t = lex.Next() {
		if dot && j.spells(t, name) {
			return t
		}
		dot = t.Kind == pgtree.TokenPunct && j.sql[t.Start] == '.'
	}
	return j.token(at)
}

// typeSchema refuses types of schemas that the operator denies.
func (j *judge) typeSchema(t analyze.TypeUse) {
	if !j.policy.denySchemas[t.Type.Schema] {
		return
	}
	at := j.offset(t.At)
	j.refuse(pgtree.Extent{Start: at, End: j.nameEnd(at)}, refusal{
		reason: reason.SyntaxNotAllowed, rule: "schema-policy",
		message: "the type " + t.Type.Schema + "." + t.Type.Name + " is of a schema that this installation does not allow in a preview",
	})
}

// relation judges a relation by the schema in which it was found, and what reading
// it runs.
func (j *judge) relation(read analyze.Read) {
	r, at := read.Relation, j.offset(read.At)
	if rule, hint := j.policy.relation(r.Schema, r.Name); rule != "" && (rule != ruleSecrets || !readsPublicColumns(r)) {
		j.refuse(pgtree.Extent{Start: at, End: j.nameEnd(at)}, refusal{
			reason: reason.SyntaxNotAllowed, rule: rule,
			message: "the relation " + r.Schema + "." + r.Name + " is not allowed",
			hint:    hint,
		})
		return
	}
	if got := j.below(r, nil, make(map[readBy]bool)); !got.allowed {
		rule, fault := reason.FunctionNotAllowed, "runs "+got.name+", which "+got.because
		if got.function == 0 && got.family == familyPolicy {
			rule, fault = reason.SyntaxNotAllowed, "reads "+got.name+", which "+got.because
		}
		j.refuse(pgtree.Extent{Start: at, End: j.nameEnd(at)}, refusal{
			reason: rule, rule: "relation-" + got.family,
			message: "reading the relation " + r.Schema + "." + r.Name + " " + fault,
			hint:    got.hint,
		})
		return
	}
	j.list(Object{Kind: "relation", OID: r.OID, Schema: r.Schema, Name: r.Name, Rule: PassedRelation})
}

func isSystem(schema string) bool {
	return schema == systemSchema || schema == "information_schema" || strings.HasPrefix(schema, "pg_toast")
}
