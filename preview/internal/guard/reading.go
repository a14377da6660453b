package guard

import "github.com/op-data/sqlpreview/preview/internal/catalog"

// below judges what reading a relation runs: rules, policies, generated columns and
// operator classes, its own and those of the relations that a view reads. View is the
// view that reads r, nil where the statement does. A ruling of familyPolicy without a
// function is about a relation that the operator denies.
func (j *judge) below(r, view *catalog.Relation, seen map[catalog.OID]bool) ruling {
	inner := len(seen) > 0
	if seen[r.OID] || isSystem(r.Schema) {
		return ruling{allowed: true} // PostgreSQL's own views are judged by name
	}
	seen[r.OID] = true
	if inner && (j.policy.denySchemas[r.Schema] || j.policy.denyRelations.may(r.Schema, r.Name)) {
		return ruling{name: r.Schema + "." + r.Name, because: "this installation does not allow in a preview", family: familyPolicy}
	}
	if got := j.reading(r, inner, policiesApply(r, view)); !got.allowed {
		return got
	}
	reader := r
	switch {
	case r.Kind == 'v':
	case policiesApply(r, view):
		reader = nil // a policy's queries run with the rights of the role that asks
	default:
		return ruling{allowed: true}
	}
	for _, oid := range r.Reads {
		if next := j.known.RelationByID(oid); next != nil {
			if got := j.below(next, reader, seen); !got.allowed {
				return got
			}
		}
	}
	return ruling{allowed: true}
}

// policiesApply reports whether row-level security can hold for a relation that the
// statement reads, or a view. Most views read with the rights of their owner, to whose
// own tables it does not apply unless it is forced, and never where that is a superuser.
func policiesApply(r, view *catalog.Relation) bool {
	switch {
	case view == nil:
		return r.RowSecurity
	case view.Forced:
		return true
	case view.Exempt:
		return false
	default:
		return view.Owner != r.Owner || r.Forced
	}
}

// reading judges what the server may run for a relation that is read, beside what the
// text names: its rule, its generated columns, the operator classes of its indexes and
// of its partition key, and its policies where they apply. Inner tells that a view or a
// policy reads it, whose own tree does not show what its columns' types run.
func (j *judge) reading(r *catalog.Relation, inner, policies bool) ruling {
	if got := j.expression(r.Runs, 0); !got.allowed {
		return got
	}
	if policies {
		if got := j.expression(r.Policies, 0); !got.allowed {
			return got
		}
	}
	if got := j.supports(r.Support, 0); !got.allowed {
		return got
	}
	if !inner {
		return ruling{allowed: true} // package analyze has followed the columns
	}
	seen := make(map[catalog.OID]bool)
	for _, c := range r.Columns {
		// The partitions of a table are put in order by the key, an array's by its elements.
		if got := j.comparing(c.Type, r.Kind == 'p', 0, seen); !got.allowed {
			return got
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
