package catalog

import (
	"slices"
	"time"
)

// A Snapshot is what a database's catalogs say of the names of a statement and of
// everything that those lead to. It does not change and may be shared, and so may what it
// returns, which must not be changed either.
type Snapshot struct {
	session *session
	base    *base
	names   map[key]resolved
	objects map[ref]*object
	oldest  time.Time
}

// Oldest is when the oldest of the answers in the Snapshot was asked for.
func (s *Snapshot) Oldest() time.Time { return s.oldest }

// Encoding is the database's server_encoding, for instance "UTF8".
func (s *Snapshot) Encoding() string { return s.session.encoding }

// Version is server_version_num, for instance 150018.
func (s *Snapshot) Version() int { return s.session.version }

// Role is the effective role, current_user.
func (s *Snapshot) Role() string { return s.session.role }

// Path is current_schemas(true): the schemas that the server looks for an unqualified
// name in, in order, pg_catalog included.
func (s *Snapshot) Path() []string { return s.session.path }

// Relation returns what the search path finds by the name, and false where that is
// nothing. The name must have been asked for: see Missing.
func (s *Snapshot) Relation(n Name) (*Relation, bool) {
	oids := s.names[key{classRelation, n}].oids
	if len(oids) == 0 {
		return nil, false
	}
	r := s.RelationByID(oids[0])
	return r, r != nil
}

// NamedType returns the type that the search path finds by the name, and false where
// that is none. The name must have been asked for: see Missing.
func (s *Snapshot) NamedType(n Name) (*Type, bool) {
	oids := s.names[key{classType, n}].oids
	if len(oids) == 0 {
		return nil, false
	}
	t := s.Type(oids[0])
	return t, t != nil
}

// Functions returns the functions of the name, in the order of the search path: all
// overloads of its schema, or of every schema of the path. One of the same argument
// types in a later schema of the path is hidden by the first. The name must have been asked
// for: see Missing.
func (s *Snapshot) Functions(n Name) []*Function {
	oids := s.names[key{classFunction, n}].oids
	functions := make([]*Function, 0, len(oids))
	for _, oid := range oids {
		if f := s.Function(oid); f != nil {
			functions = append(functions, f)
		}
	}
	return functions
}

// Operators returns the operators of the name as Functions does functions.
func (s *Snapshot) Operators(n Name) []*Operator {
	oids := s.names[key{classOperator, n}].oids
	operators := make([]*Operator, 0, len(oids))
	for _, oid := range oids {
		if o := s.Operator(oid); o != nil {
			operators = append(operators, o)
		}
	}
	return operators
}

// Missing returns those of the names that the Snapshot was not asked for. Of them it
// knows nothing, which does not mean that they do not exist.
func (s *Snapshot) Missing(names Names) Names {
	missing := func(class class, list []Name) []Name {
		return slices.DeleteFunc(slices.Clone(list), func(n Name) bool {
			_, ok := s.names[key{class, n}]
			return ok
		})
	}
	return Names{
		Relations: missing(classRelation, names.Relations), Functions: missing(classFunction, names.Functions),
		Operators: missing(classOperator, names.Operators), Types: missing(classType, names.Types),
	}
}

// Ambiguous returns those of the names that the server may have read as another name
// than the parser, in a database that is not in UTF-8, so that it is not sure which
// object they mean: two names that differ by the case of letters outside ASCII exist,
// or the parser may have cut the name and the server not.
func (s *Snapshot) Ambiguous(names Names) Names {
	ambiguous := func(class class, list []Name) (found []Name) {
		for _, n := range list {
			if s.names[key{class, n}].ambiguous {
				found = append(found, n)
			}
		}
		return found
	}
	return Names{
		Relations: ambiguous(classRelation, names.Relations), Functions: ambiguous(classFunction, names.Functions),
		Operators: ambiguous(classOperator, names.Operators), Types: ambiguous(classType, names.Types),
	}
}

// Type returns the type of an object id, or nil where it is not known. Every type of
// PostgreSQL's own is known, the row types of its relations excepted.
func (s *Snapshot) Type(oid OID) *Type {
	if t := s.base.types[oid]; t != nil {
		return t
	}
	if o := s.objects[ref{classType, oid}]; o != nil {
		return o.typ
	}
	return nil
}

// Function returns the function of an object id, or nil where it is not known. The
// functions of casts that are not PostgreSQL's own are known always.
func (s *Snapshot) Function(oid OID) *Function {
	if o := s.objects[ref{classFunction, oid}]; o != nil {
		return o.function
	}
	return s.base.functions[oid]
}

// RelationByID returns the relation of an object id, or nil where it is not known.
func (s *Snapshot) RelationByID(oid OID) *Relation {
	if o := s.objects[ref{classRelation, oid}]; o != nil {
		return o.relation
	}
	return nil
}

// Operator returns the operator of an object id, or nil where it is not known.
func (s *Snapshot) Operator(oid OID) *Operator {
	if o := s.objects[ref{classOperator, oid}]; o != nil {
		return o.operator
	}
	return nil
}

// Support returns what joining by an operator runs, which hashes or merges, its own
// function not counted: Operator.Support, and for an operator of PostgreSQL's own that
// is in none of its operator families, what those of the database do.
func (s *Snapshot) Support(operator OID) []OID {
	if operator.BuiltIn() {
		return s.base.joins[operator]
	}
	if o := s.Operator(operator); o != nil {
		return o.Support
	}
	return nil
}

// SortSupport is Support where values are sorted by an operator.
func (s *Snapshot) SortSupport(operator OID) []OID {
	if operator.BuiltIn() {
		return s.base.orders[operator]
	}
	return s.Support(operator)
}

// FrameSupport returns functions of the database's own that bound the frames of a window
// that is ordered by values of a type of PostgreSQL's own.
func (s *Snapshot) FrameSupport(t OID) []OID { return s.base.frames[t] }

// Modifiers returns the functions of the database's own that read the modifiers of types:
// a text that becomes a regtype can name any of these types.
func (s *Snapshot) Modifiers() []OID { return s.base.modifiers }

// Cast returns the row of pg_cast for two types, and false where there is none. All rows
// are known.
func (s *Snapshot) Cast(source, target OID) (*Cast, bool) {
	c := s.base.casts[[2]OID{source, target}]
	return c, c != nil
}

// CastsTo returns the rows of pg_cast that make values of the type.
func (s *Snapshot) CastsTo(target OID) (casts []*Cast) {
	for _, list := range s.base.from {
		for _, c := range list {
			if c.Target == target {
				casts = append(casts, c)
			}
		}
	}
	return casts
}

// CastsFrom returns the rows of pg_cast that convert values of the type.
func (s *Snapshot) CastsFrom(source OID) []*Cast { return s.base.from[source] }
