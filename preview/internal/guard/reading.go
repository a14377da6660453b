package guard

import (
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
)

// readBy is a relation, and the view with whose rights it is read; 0 where that is done
// with the rights of the role that asks.
type readBy struct{ relation, view catalog.OID }

// below judges what reading a relation runs: rules, policies, generated columns and
// operator classes, its own and those of the relations that a view reads. View is the
// view with whose rights r is read, nil for those of the role that asks. A ruling of
// familyPolicy without a function is about a relation that the operator denies.
func (j *judge) below(r, view *catalog.Relation, seen map[readBy]bool) ruling {
	inner, at := len(seen) > 0, readBy{relation: r.OID}
	if view != nil {
		at.view = view.OID
	}
	if seen[at] || isSystem(r.Schema) {
		return ruling{allowed: true} // PostgreSQL's own views are judged by name
	}
	seen[at] = true
	if inner && (j.policy.denySchemas[r.Schema] || j.policy.denyRelations.may(r.Schema, r.Name)) {
		return ruling{name: r.Schema + "." + r.Name, because: "this installation does not allow in a preview", family: familyPolicy}
	}
	if got := j.reading(r, inner); !got.allowed {
		return got
	}
	reader := r
	if r.Kind != 'v' || r.Forced {
		reader = nil
	}
	if r.Kind == 'v' {
		if got := j.readsAll(r.Reads, reader, seen); !got.allowed {
			return got
		}
	}
	for _, p := range policiesFor(r, view) {
		if got := j.expression(p.Runs, 0); !got.allowed {
			return got
		}
		// Its queries run with the same rights as the reading itself.
		if got := j.readsAll(p.Reads, view, seen); !got.allowed {
			return got
		}
	}
	return ruling{allowed: true}
}

// readsAll judges what reading relations runs, with the rights of a view's owner or of
// the role that asks.
func (j *judge) readsAll(relations []catalog.OID, view *catalog.Relation, seen map[readBy]bool) ruling {
	for _, oid := range relations {
		if next := j.known.RelationByID(oid); next != nil {
			if got := j.below(next, view, seen); !got.allowed {
				return got
			}
		}
	}
	return ruling{allowed: true}
}

// policiesFor returns the row-level security policies that hold for a relation where it
// is read with the rights of a view's owner, or of the role that asks (get_row_security_policies
// in rewrite/rowsecurity.c). None holds for a superuser, for a role with BYPASSRLS, and
// for one with the owner's rights unless they are forced. Without one that lets rows
// through there are none to see, and nothing runs.
func policiesFor(r, view *catalog.Relation) []catalog.Policy {
	var list []catalog.Policy
	switch {
	case view == nil && !r.RowSecurity, view != nil && bypasses(view, r):
		return nil
	}
	permissive := false
	for _, p := range r.Policies {
		if view == nil && p.Applies || view != nil && slices.ContainsFunc(p.Roles, func(role catalog.OID) bool { return hasRights(view, role) }) {
			list = append(list, p)
			permissive = permissive || p.Permissive
		}
	}
	if !permissive {
		return nil
	}
	return list
}

// bypasses reports whether row-level security of a table does not hold for the owner of
// a view.
func bypasses(view, table *catalog.Relation) bool {
	return view.Exempt || !table.Forced && (view.Owner == table.Owner || slices.Contains(view.Roles, table.Owner))
}

// hasRights reports whether the owner of a view has the rights of a role that a policy is
// for. PostgreSQL's own roles have members that no catalog lists.
func hasRights(view *catalog.Relation, role catalog.OID) bool {
	return role.BuiltIn() || role == view.Owner || slices.Contains(view.Roles, role)
}

// reading judges what the server may run for a relation that is read, beside what the
// text names and its policies: its rule, its generated columns, the operator classes of
// its indexes and of its partition key. Inner reports that a view or a policy reads it,
// whose own tree does not show what its columns' types run.
func (j *judge) reading(r *catalog.Relation, inner bool) ruling {
	if got := j.expression(r.Runs, 0); !got.allowed {
		return got
	}
	if got := j.supports(r.Support, 0); !got.allowed {
		return got
	}
	if !inner {
		return ruling{allowed: true} // package analyze has followed the columns and the key
	}
	seen := make(map[catalog.OID]bool)
	for _, t := range r.KeyTypes {
		if got := j.comparing(t, true, 0, seen); !got.allowed {
			return got
		}
	}
	for _, key := range []bool{true, false} { // the partition key first: of it all counts
		for _, c := range r.Columns {
			if r.PartitionedBy(c.Name) != key {
				continue
			}
			if got := j.comparing(c.Type, key, 0, seen); !got.allowed {
				return got
			}
		}
	}
	return ruling{allowed: true}
}

// comparing judges what comparing values of a type runs: of PostgreSQL's own types what
// operator classes of the database do for them, which no tree names, and with all of
// every type.
func (j *judge) comparing(oid catalog.OID, all bool, depth int, seen map[catalog.OID]bool) ruling {
	t := j.known.Type(oid)
	if t == nil || seen[oid] {
		return ruling{allowed: true}
	}
	seen[oid] = true
	if depth > maxCalls {
		return ruling{name: "a type", because: "is made of too many others", family: familyUnknown}
	}
	if all || oid.BuiltIn() {
		if got := j.supports(j.compares(t), depth); !got.allowed {
			return got
		}
	}
	for _, part := range partsOf(t) {
		if got := j.comparing(part, all, depth+1, seen); !got.allowed {
			return got
		}
	}
	return ruling{allowed: true}
}
