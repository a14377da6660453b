package guard

import (
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// knownColumns tells the columns of a relation that hold secrets or values from
// those that do not, in PostgreSQL 14 to 18.
type knownColumns struct{ public, secret []string }

// publicColumns are relations of secretRelations that a statement may read where its
// text shows that it reads their public columns only.
var publicColumns = map[string]knownColumns{
	"pg_stats": {
		public: []string{"schemaname", "tablename", "attname", "inherited", "null_frac", "avg_width", "n_distinct", "correlation"},
		secret: []string{
			"most_common_vals", "most_common_freqs", "histogram_bounds", "most_common_elems", "most_common_elem_freqs",
			"elem_count_histogram", "range_length_histogram", "range_empty_frac", "range_bounds_histogram",
		},
	},
	"pg_foreign_server": {
		public: []string{"oid", "srvname", "srvowner", "srvfdw", "srvtype", "srvversion", "srvacl"},
		secret: []string{"srvoptions"},
	},
	"pg_user_mapping":  {public: []string{"oid", "umuser", "umserver"}, secret: []string{"umoptions"}},
	"pg_user_mappings": {public: []string{"umid", "srvid", "srvname", "umuser", "usename"}, secret: []string{"umoptions"}},
	"pg_subscription": {
		public: []string{
			"oid", "subdbid", "subname", "subowner", "subenabled", "subbinary", "substream", "subtwophasestate", "subdisableonerr",
			"subpasswordrequired", "subrunasowner", "subfailover", "subslotname", "subsynccommit", "subpublications", "suborigin", "subskiplsn",
		},
		secret: []string{"subconninfo"},
	},
	"pg_stat_wal_receiver": {
		public: []string{
			"pid", "status", "receive_start_lsn", "receive_start_tli", "written_lsn", "flushed_lsn", "received_tli", "last_msg_send_time",
			"last_msg_receipt_time", "latest_end_lsn", "latest_end_time", "slot_name",
		},
		secret: []string{"conninfo", "sender_host", "sender_port"},
	},
}

// ColumnHoldsSecrets reports whether a column of a relation is refused for what it
// holds, unless the operator allows the relation.
func (p *Policy) ColumnHoldsSecrets(schema, name, column string) bool {
	if known, ok := publicColumns[name]; ok && schema == systemSchema && slices.Contains(known.public, column) {
		return false
	}
	return p.HoldsSecrets(schema, name)
}

// readsPublicColumns reports whether a relation that the server found is one whose
// columns Check has judged: it has none that is not known.
func readsPublicColumns(r *catalog.Relation) bool {
	known, ok := publicColumns[r.Name]
	if !ok || r.Schema != systemSchema {
		return false
	}
	return !slices.ContainsFunc(r.Columns, func(c catalog.Column) bool {
		return !slices.Contains(known.public, c.Name) && !slices.Contains(known.secret, c.Name)
	})
}

// showsPublicColumns reports whether the text shows that a statement reads public
// columns only of a relation that it names.
func (c *checker) showsPublicColumns(t *table) bool {
	known, ok := publicColumns[t.name]
	if !ok || t.schema != "" && t.schema != systemSchema {
		return false
	}
	if c.columns == nil {
		c.columns = &columnReader{current: -1}
		if _, err := pgtree.Walk(c.tree, c.sql, c.columns); err != nil {
			return false
		}
	}
	return c.columns.only(known, t.name)
}

// columnReader collects every name in a statement that can be a column's. It is a
// pgtree.Visitor of its own, since few statements need it.
type columnReader struct {
	references []reference
	relations  []readRelation
	parents    []int // of each SELECT the one around it, -1 for none
	current    int   // the SELECT that is being read
	// hidden: a NATURAL join compares columns that the text does not show, or the
	// alias of a join gives its rows another name.
	hidden bool
}

// A reference is what a column reference writes: the name, and the name before its
// dot. In USING and behind a value there is none.
type reference struct {
	qualifier, name string
	in              int // the SELECT in which it stands
}

type readRelation struct {
	name, alias string
	renamed     bool
	in          int
}

// Enter implements pgtree.Visitor.
func (r *columnReader) Enter(f *pgtree.Frame) {
	if f.Kind == pgtree.KindSelect {
		r.parents = append(r.parents, r.current)
		r.current = len(r.parents) - 1
	}
}

// Field implements pgtree.Visitor.
func (r *columnReader) Field(*pgtree.Frame, string, int) {}

// Refuse implements pgtree.Visitor.
func (r *columnReader) Refuse(pgtree.Refusal) { r.hidden = true }

// Leave implements pgtree.Visitor.
func (r *columnReader) Leave(f *pgtree.Frame) {
	switch f.Kind {
	case pgtree.KindSelect:
		r.current = r.parents[r.current]
	case pgtree.KindColumnRef:
		qualifier, name := qualified(f.Names)
		r.references = append(r.references, reference{qualifier, name, r.current})
	case pgtree.KindString:
		if f.Inside(pgtree.KindIndirection) {
			r.references = append(r.references, reference{"", f.Name, r.current})
		}
	case pgtree.KindRangeVar:
		alias := f.Alias
		if alias == "" {
			alias = f.Name
		}
		r.relations = append(r.relations, readRelation{f.Name, alias, f.Renamed, r.current})
	case pgtree.KindJoin:
		r.hidden = r.hidden || f.Natural || f.Alias != ""
		for _, name := range f.Names {
			r.references = append(r.references, reference{"", name, r.current})
		}
	}
}

// only reports whether the statement reads columns of a relation, and no others than
// public ones.
func (r *columnReader) only(known knownColumns, relation string) bool {
	if r.hidden {
		return false
	}
	for _, t := range r.relations {
		if t.name != relation {
			continue
		}
		if t.renamed {
			return false
		}
		shown := false
		for _, ref := range r.references {
			if !ref.isPublic(known, t) {
				return false
			}
			shown = shown || ref.in == t.in && slices.Contains(known.public, ref.name)
		}
		if !shown {
			return false
		}
	}
	return true
}

// isPublic reports whether a reference cannot be to anything but a public column of a
// relation. Names of secret columns are refused wherever they stand.
func (ref reference) isPublic(known knownColumns, t readRelation) bool {
	switch {
	case ref.name == pgtree.Star:
		return ref.qualifier != t.alias && (ref.qualifier != "" || ref.in != t.in)
	case ref.qualifier == t.alias:
		return slices.Contains(known.public, ref.name)
	case ref.qualifier == "" && ref.name == t.alias:
		return false // the whole row
	}
	return !slices.Contains(known.secret, ref.name)
}
