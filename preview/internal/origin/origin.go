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

// MaskOutput returns for every output column the rule that masks it, or "". When
// it returns an error nothing may be shown.
func (m *Masks) MaskOutput(ctx context.Context, st Statement, columns []Column) ([]string, error) {
	if len(st.Found.Relations) == 0 && !m.rules.MasksColumns() {
		return make([]string, len(columns)), nil
	}
	p := &pass{masks: m, ctx: ctx, lookup: st.Lookup, known: st.Known, views: make(map[catalog.OID]map[int16]string)}
	q := p.query(st.Tree, st.Found, st.Known)
	rules := make([]string, len(columns))
	matched := len(columns) == len(st.Found.Outputs)
	for i, c := range columns {
		output := analyze.Output{Name: c.Name}
		if matched {
			output.Flow = st.Found.Outputs[i].Flow
		}
		rules[i] = q.output(output, matched, c)
	}
	return rules, p.err
}

// Uses returns the places at which a statement uses a masked column other than by
// passing it on, as locations of the parser.
func (m *Masks) Uses(ctx context.Context, st Statement) ([]int, error) {
	p := &pass{masks: m, ctx: ctx, lookup: st.Lookup, known: st.Known, views: make(map[catalog.OID]map[int16]string)}
	q := p.query(st.Tree, st.Found, st.Known)
	var places []int
	for _, mention := range st.Found.Mentions {
		used := q.flowRule(mention.Flow) != "" || mention.Other != nil && q.flowRule(mention.Other) != ""
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
	// views has the rules of views' columns, as far as they were needed; an entry
	// that is nil is being made.
	views map[catalog.OID]map[int16]string
	err   error
}

// query is a statement, or a view's, with what is masked in it.
type query struct {
	pass  *pass
	known analyze.Source
	found *analyze.Result
	// settingsNamed says that the query reads pg_settings only for harmless ones.
	settingsNamed bool
	// flowRules has what flowRule found.
	flowRules map[*analyze.Flow]string
	// tainted says that an expression may show a masked column; followed, that all
	// relations and columns could be followed.
	tainted, followed bool
}

func (p *pass) query(tree pgtree.Node, found *analyze.Result, known analyze.Source) *query {
	q := &query{
		pass: p, known: known, found: found, settingsNamed: settingsNamed(tree), flowRules: make(map[*analyze.Flow]string),
	}
	q.followed = len(found.Opaque) == 0 && !found.TooComplex
	for _, m := range found.Mentions {
		q.tainted = q.tainted || q.taints(m)
	}
	return q
}

// taints tells whether a use of values lets an expression show a masked column.
func (q *query) taints(m analyze.Mention) bool {
	switch m.How {
	case analyze.NullTest, analyze.Counts:
		return false
	case analyze.Equality:
		one, other := q.flowRule(m.Flow) != "", q.flowRule(m.Other) != ""
		return one != other
	default:
		return q.flowRule(m.Flow) != ""
	}
}

// flowRule returns the rule of a masked column whose values pass on in a flow.
func (q *query) flowRule(f *analyze.Flow) string {
	if rule, ok := q.flowRules[f]; ok {
		return rule
	}
	rule := ""
	columns, _ := f.Columns()
	for _, c := range columns {
		if rule = q.rule(c.Relation, c.Number); rule != "" {
			break
		}
	}
	q.flowRules[f] = rule
	return rule
}

// output judges one column of the result. Matched says that its flow is known.
func (q *query) output(o analyze.Output, matched bool, c Column) string {
	if c.isUserColumn() {
		oid, number := catalog.OID(c.Table), int16(c.Attribute)
		if r := q.known.RelationByID(oid); r != nil && r.HasColumn(number) {
			return q.rule(oid, number)
		}
		return sanitize.RuleColumnOrigin // a table that the catalog does not show
	}
	if !matched || !q.followed {
		return q.unfollowed(o)
	}
	if rule := q.flowRule(o.Flow); rule != "" {
		return sanitize.RuleColumnOrigin
	}
	columns, computed := o.Flow.Columns()
	if !computed && len(columns) > 0 {
		return "" // it shows other columns, whatever the query calls them
	}
	if q.tainted {
		return sanitize.RuleColumnOrigin
	}
	return q.byName(o.Name, o.Type)
}

// unfollowed judges a column of which nothing is known.
func (q *query) unfollowed(o analyze.Output) string {
	if rule := q.byName(o.Name, 0); rule != "" {
		return rule
	}
	if q.pass.masks.rules.MasksColumns() || q.readsMasked() {
		return sanitize.RuleColumnOrigin
	}
	return ""
}

// readsMasked tells whether the query reads a relation with a masked column.
func (q *query) readsMasked() bool {
	for _, read := range q.found.Relations {
		for _, c := range read.Relation.Columns {
			if q.rule(read.Relation.OID, c.Number) != "" {
				return true
			}
		}
	}
	return false
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
