package origin

import (
	"context"
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/analyze"
	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/sanitize"
)

// Column is what the server says of an output column.
type Column struct {
	// Name is the name in the result.
	Name string
	// Table and Attribute are pg_class.oid and pg_attribute.attnum of the column
	// that it shows unchanged; 0 where there is none.
	Table     uint32
	Attribute uint16
}

// Lookup returns what the catalog says of further names: those in a view's query.
type Lookup func(ctx context.Context, names catalog.Names) (analyze.Source, error)

// Statement is what is known of a statement before it runs.
type Statement struct {
	// Tree is its node, Found the analysis of it, Known what that was made with.
	Tree  pgtree.Node
	Found *analyze.Result
	Known analyze.Source
	// Lookup asks for what Known lacks.
	Lookup Lookup
}

// Masks judges output columns by the rules of a Sanitizer, and by what is known
// of PostgreSQL's own relations.
type Masks struct {
	rules  *sanitize.Sanitizer
	policy *guard.Policy
}

// New returns the judge for a Sanitizer's rules. The policy says which of
// PostgreSQL's own relations an operator lets be read in full.
func New(rules *sanitize.Sanitizer, policy *guard.Policy) *Masks { return &Masks{rules, policy} }

// Mask says whether a column is masked, and why. The zero Mask masks nothing.
type Mask struct {
	// Rule is the rule that masks the column, one of sanitize's; empty where none does.
	Rule string
	// Source is the column of the database that the rule is about: the column itself,
	// or one that the values are made from or that the query uses. It is zero where
	// that is not known, and where the query's own name for the column decides.
	Source sanitize.ColumnID
}

// passedOn is the mask of a column that is made from a masked one.
func (m Mask) passedOn() Mask {
	m.Rule = sanitize.RuleColumnOrigin
	return m
}

// MaskOutput judges every output column. When it returns an error nothing may be
// shown.
func (m *Masks) MaskOutput(ctx context.Context, st Statement, columns []Column) ([]Mask, error) {
	if len(st.Found.Relations) == 0 && !m.rules.MasksColumns() {
		return make([]Mask, len(columns)), nil
	}
	p := &pass{masks: m, ctx: ctx, lookup: st.Lookup, known: st.Known, views: make(map[catalog.OID]map[int16]Mask)}
	q := p.query(st.Tree, st.Found, st.Known)
	masks := make([]Mask, len(columns))
	matched := len(columns) == len(st.Found.Outputs)
	for i, c := range columns {
		output := analyze.Output{Name: c.Name}
		if matched {
			output.Flow = st.Found.Outputs[i].Flow
		}
		masks[i] = q.output(output, matched, c)
	}
	return masks, p.err
}

// Uses returns the places at which a statement uses a masked column other than by
// passing it on, as locations of the parser.
func (m *Masks) Uses(ctx context.Context, st Statement) ([]int, error) {
	p := &pass{masks: m, ctx: ctx, lookup: st.Lookup, known: st.Known, views: make(map[catalog.OID]map[int16]Mask)}
	q := p.query(st.Tree, st.Found, st.Known)
	var places []int
	for _, mention := range st.Found.Mentions {
		used := q.flowMask(mention.Flow).Rule != "" || mention.Other != nil && q.flowMask(mention.Other).Rule != ""
		if used && !slices.Contains(places, mention.At) {
			places = append(places, mention.At)
		}
	}
	return places, p.err
}

// pass is one call of MaskOutput or Uses.
type pass struct {
	masks  *Masks
	ctx    context.Context //nolint:containedctx // a pass is one call, and ends with it
	lookup Lookup
	known  analyze.Source
	// views has the masks of views' columns, as far as they were needed; an entry
	// that is nil is being made.
	views map[catalog.OID]map[int16]Mask
	err   error
}

// query is a statement, or a view's, with what is masked in it.
type query struct {
	pass  *pass
	known analyze.Source
	found *analyze.Result
	// settingsNamed says that the query reads pg_settings only for harmless ones.
	settingsNamed bool
	// flows has what flowMask found.
	flows map[*analyze.Flow]Mask
	// taint is of the masked column that every expression may show, since the query
	// uses its values; zero where there is none.
	taint Mask
	// followed says that all relations and columns could be followed.
	followed bool
}

func (p *pass) query(tree pgtree.Node, found *analyze.Result, known analyze.Source) *query {
	q := &query{
		pass: p, known: known, found: found, settingsNamed: settingsNamed(tree), flows: make(map[*analyze.Flow]Mask),
	}
	q.followed = len(found.Opaque) == 0 && !found.TooComplex
	for _, m := range found.Mentions {
		if q.taint.Rule == "" {
			q.taint = q.tainting(m)
		}
	}
	return q
}

// tainting returns the mask of the column that a use of values lets an expression
// show.
func (q *query) tainting(m analyze.Mention) Mask {
	switch m.How {
	case analyze.NullTest, analyze.Counts:
		return Mask{}
	case analyze.Equality:
		one, other := q.flowMask(m.Flow), q.flowMask(m.Other)
		switch {
		case one.Rule != "" && other.Rule != "":
			return Mask{}
		case one.Rule != "":
			return one.passedOn()
		case other.Rule != "":
			return other.passedOn()
		}
		return Mask{}
	default:
		if mask := q.flowMask(m.Flow); mask.Rule != "" {
			return mask.passedOn()
		}
		return Mask{}
	}
}

// flowMask returns the mask of a masked column whose values pass on in a flow.
func (q *query) flowMask(f *analyze.Flow) Mask {
	if mask, ok := q.flows[f]; ok {
		return mask
	}
	var mask Mask
	columns, _ := f.Columns()
	for _, c := range columns {
		if mask = q.mask(c.Relation, c.Number); mask.Rule != "" {
			break
		}
	}
	q.flows[f] = mask
	return mask
}

// output judges one column of the result. Matched says that its flow is known.
func (q *query) output(o analyze.Output, matched bool, c Column) Mask {
	if c.isUserColumn() {
		oid, number := catalog.OID(c.Table), int16(c.Attribute)
		if r := q.known.RelationByID(oid); r != nil && r.HasColumn(number) {
			return q.mask(oid, number)
		}
		return Mask{Rule: sanitize.RuleColumnOrigin} // a table that the catalog does not show
	}
	if !matched || !q.followed {
		return q.unfollowed(o)
	}
	if mask := q.flowMask(o.Flow); mask.Rule != "" {
		return mask.passedOn()
	}
	columns, computed := o.Flow.Columns()
	if !computed && len(columns) > 0 {
		return Mask{} // it shows other columns, whatever the query calls them
	}
	if q.taint.Rule != "" {
		return q.taint
	}
	return Mask{Rule: q.byName(o.Name, o.Type)}
}

// unfollowed judges a column of which nothing is known.
func (q *query) unfollowed(o analyze.Output) Mask {
	if rule := q.byName(o.Name, 0); rule != "" {
		return Mask{Rule: rule}
	}
	mask := q.readMasked()
	if mask.Rule == "" && q.pass.masks.rules.MasksColumns() {
		mask.Rule = sanitize.RuleColumnOrigin
	}
	return mask
}

// readMasked returns the mask of a column of a relation that the query reads.
func (q *query) readMasked() Mask {
	for _, read := range q.found.Relations {
		for _, c := range read.Relation.Columns {
			if mask := q.mask(read.Relation.OID, c.Number); mask.Rule != "" {
				return mask.passedOn()
			}
		}
	}
	return Mask{}
}

// byName judges a column that an expression makes by what the query calls it.
func (q *query) byName(name string, typ catalog.OID) string {
	sources := sanitize.Sources{Complete: true}
	return q.pass.masks.rules.MaskingRules([]sanitize.OutputColumn{{Name: name, Type: uint32(typ)}}, sources)[0]
}

// isUserColumn tells a table's own columns from expressions, which have no
// table, and from system columns such as ctid, whose numbers are negative.
func (c Column) isUserColumn() bool {
	return c.Table != 0 && c.Attribute > 0 && c.Attribute < 1<<15
}
