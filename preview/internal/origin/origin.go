package origin

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/guard"
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

// Target is the database, asked with the session and the role of the preview.
type Target interface {
	// Catalog returns what the question's functions make of its answer, and when the
	// database was asked. Those who ask the same at the same time share it.
	Catalog(ctx context.Context, q Question) (answer any, asked time.Time, err error)
	// Describe returns a query's columns without running it.
	Describe(ctx context.Context, sql string) ([]Column, error)
}

// Question is a query of our own that many may want the answer to at a time.
type Question struct {
	SQL string
	// Since is how old an answer that somebody else asked for may be.
	Since time.Time
	// Known returns the answer if it has become known meanwhile, else nil.
	Known func() any
	// Read takes the rows, in which NULL is an empty text, and keeps what Known
	// then returns, before anybody can ask again.
	Read func(rows [][]string, asked time.Time) (any, error)
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

// maxViews bounds how many views one judgement looks into; past it a view's
// columns all count as masked.
const maxViews = 64

// MaskedBy returns for every output column the rule that masks it, or "". When
// it returns an error nothing may be shown.
func (m *Masks) MaskedBy(
	ctx context.Context, target Target, known *Snapshot, st *guard.Statement, columns []Column,
) ([]string, error) {
	if len(st.Tables) == 0 && !m.rules.MasksColumns() {
		return make([]string, len(columns)), nil
	}
	relations, err := known.closure(ctx, target, namesOf(st), columns)
	if err != nil {
		return nil, err
	}
	j := &judgement{
		masks: m, target: target, known: known,
		relations: relations.all, unknown: relations.unknown, views: make(map[uint32]map[uint16]string),
	}
	return j.outputs(ctx, st.Tree(), relations.named, columns)
}

func namesOf(st *guard.Statement) []name {
	names := make([]name, 0, len(st.Tables))
	for _, t := range st.Tables {
		names = append(names, name{t.Schema, t.Name})
	}
	return names
}

// judgement is one call of MaskedBy.
type judgement struct {
	masks     *Masks
	target    Target
	known     *Snapshot
	relations map[uint32]*relation
	// unknown says that the statement reads something that relations lacks.
	unknown bool
	// views has the rules of the views' columns, as far as they were needed; an
	// entry that is nil is being made.
	views map[uint32]map[uint16]string
}

// outputs judges the columns of a statement that reads the relations used.
func (j *judgement) outputs(ctx context.Context, tree string, used []uint32, columns []Column) ([]string, error) {
	sources := sanitize.Sources{Complete: !j.unknown}
	own := j.ownRules(tree, used)
	masked, err := j.maskedColumns(ctx, used, own, &sources)
	if err != nil {
		return nil, err
	}
	carried := false
	if len(masked) > 0 {
		if carried, err = j.carried(ctx, tree, masked); err != nil {
			return nil, err
		}
		sources.Complete = sources.Complete && !carried
	}
	outputs := make([]sanitize.OutputColumn, len(columns))
	for i, c := range columns {
		outputs[i] = sanitize.OutputColumn{Name: c.Name, Origin: j.origin(c, own)}
	}
	rules := j.masks.rules.MaskedBy(outputs, sources)
	for i, c := range columns {
		switch {
		case rules[i] != "":
		case carried && outputs[i].Origin == sanitize.ColumnID{}:
			rules[i] = cmp.Or(own[c.Table][c.Attribute], sanitize.RuleColumnOrigin)
		default:
			rules[i] = j.unproven(c, outputs[i].Origin, masked, own)
		}
	}
	return rules, nil
}

// ownRules are the rules of the columns of PostgreSQL's own relations, by object
// id. A statement that names the settings which it reads shows no secret one.
func (j *judgement) ownRules(tree string, used []uint32) map[uint32]map[uint16]string {
	own := make(map[uint32]map[uint16]string)
	for _, oid := range used {
		r := j.relations[oid]
		if r == nil {
			continue
		}
		if rules := r.secretColumns(j.masks.policy); len(rules) > 0 && (!r.isSettings() || !settingsNamed(tree)) {
			own[oid] = rules
		}
	}
	return own
}

// unproven masks what Sources cannot say: a masked column of a view, an origin
// that the catalog does not have (any more), and a column without origin that
// is called like a masked one, as NATURAL FULL JOIN makes them.
func (j *judgement) unproven(c Column, origin sanitize.ColumnID, masked []string, own map[uint32]map[uint16]string) string {
	known := origin != sanitize.ColumnID{}
	switch {
	case known:
		return ""
	case c.isUserColumn():
		return cmp.Or(own[c.Table][c.Attribute], j.views[c.Table][c.Attribute], sanitize.RuleColumnOrigin)
	case slices.Contains(masked, c.Name):
		return sanitize.RuleColumnOrigin
	default:
		return ""
	}
}

// isUserColumn tells a table's own columns from expressions, which have no
// table, and from system columns such as ctid, whose numbers are negative.
func (c Column) isUserColumn() bool {
	return c.Table != 0 && c.Attribute > 0 && c.Attribute < 1<<15
}

// maskedColumns returns the names of the masked columns of the relations used,
// and lists in sources the relations whose columns have an origin that counts.
func (j *judgement) maskedColumns(
	ctx context.Context, used []uint32, own map[uint32]map[uint16]string, sources *sanitize.Sources,
) ([]string, error) {
	var masked []string
	for _, oid := range used {
		r := j.relations[oid]
		if r == nil {
			continue // not a relation that has rows, or one the role cannot see
		}
		sources.Relations = append(sources.Relations, sanitize.Relation{Schema: r.schema, Name: r.name, Parents: r.kin})
		var rules map[uint16]string
		if r.isView() {
			var err error
			if rules, err = j.view(ctx, r); err != nil {
				return nil, err
			}
		}
		for number, column := range r.columns {
			if rules[number] != "" || own[oid][number] != "" || r.masks(j.masks.rules, number) {
				masked = append(masked, column)
			}
		}
	}
	return masked, nil
}

// carried tells whether the values of a masked column can get into the
// statement's result other than as a column with an origin.
func (j *judgement) carried(ctx context.Context, tree string, masked []string) (bool, error) {
	f, err := factsOf(tree)
	if err != nil {
		return false, err
	}
	wholeRow, err := j.known.wholeRowFunctions(ctx, j.target)
	if err != nil {
		return false, err
	}
	for _, column := range masked {
		if f.carries(column, wholeRow) {
			return true, nil
		}
	}
	return false, nil
}

// origin returns where a column comes from, or zero where that is not known,
// where a view's own query shows that it is masked, or where its values are rows
// with a masked column.
func (j *judgement) origin(c Column, own map[uint32]map[uint16]string) sanitize.ColumnID {
	r := j.relations[c.Table]
	if r == nil || !c.isUserColumn() {
		return sanitize.ColumnID{}
	}
	column, ok := r.columns[c.Attribute]
	if !ok || own[r.oid][c.Attribute] != "" || j.views[r.oid][c.Attribute] != "" || r.holdsMasked(j.masks.rules, c.Attribute) {
		return sanitize.ColumnID{}
	}
	return sanitize.ColumnID{Schema: r.schema, Table: r.name, Column: column}
}

// view judges the columns of a view by its own query.
func (j *judgement) view(ctx context.Context, r *relation) (map[uint16]string, error) {
	if rules, ok := j.views[r.oid]; ok && rules != nil {
		return rules, nil
	}
	_, circular := j.views[r.oid]
	if r.isSystem() {
		return nil, nil
	}
	if !j.reachesMasked(r, map[uint32]bool{}) {
		j.views[r.oid] = map[uint16]string{}
		return j.views[r.oid], nil
	}
	if circular || len(j.views) >= maxViews {
		return r.allMasked(), nil
	}
	if r.callsSecrets(j.masks.policy) {
		j.views[r.oid] = r.allMasked()
		return j.views[r.oid], nil
	}
	j.views[r.oid] = nil
	rules, err := j.viewQuery(ctx, r)
	if err != nil {
		return nil, err
	}
	j.views[r.oid] = rules
	return rules, nil
}

func (j *judgement) viewQuery(ctx context.Context, r *relation) (map[uint16]string, error) {
	st, _ := guard.Check(r.query, nil)
	if st == nil {
		return r.allMasked(), nil // a query that cannot be looked into
	}
	columns, err := j.target.Describe(ctx, st.SQL())
	if err != nil {
		// The role may read the view and not what is below it; what cannot be
		// looked into is masked. A caller that went away still fails.
		if ctx.Err() != nil {
			return nil, err
		}
		return r.allMasked(), nil
	}
	judged, err := j.outputs(ctx, st.Tree(), r.uses, columns)
	if err != nil {
		return nil, err
	}
	// The columns of a view are those of its query, in order; a column of it
	// that is dropped or renamed keeps its place.
	rules := make(map[uint16]string)
	for i, rule := range judged {
		if rule != "" {
			rules[uint16(i+1)] = rule
		}
	}
	if len(judged) < len(r.columns) {
		return r.allMasked(), nil
	}
	return rules, nil
}

// reachesMasked tells whether a view reads, through others too, a relation with
// a masked column, or calls a function that returns secrets.
func (j *judgement) reachesMasked(r *relation, seen map[uint32]bool) bool {
	if r == nil || seen[r.oid] {
		return false
	}
	seen[r.oid] = true
	if len(r.secretColumns(j.masks.policy)) > 0 || r.callsSecrets(j.masks.policy) {
		return true
	}
	for number := range r.columns {
		if r.masks(j.masks.rules, number) {
			return true
		}
	}
	for _, oid := range r.uses {
		if j.reachesMasked(j.relations[oid], seen) {
			return true
		}
	}
	return false
}

// allMasked masks every column of a view.
func (r *relation) allMasked() map[uint16]string {
	rules := make(map[uint16]string, len(r.columns))
	for number := range r.columns {
		rules[number] = sanitize.RuleColumnOrigin
	}
	return rules
}
