package catalog

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"time"
)

// errAnswer is the error of an answer that is not one to question.sql.
var errAnswer = errors.New("catalog: the answer has a shape that is not known")

// answerColumns is the number of columns of question.sql.
const answerColumns = 10

// session is what one session is like: what was said in one holds in those that are
// equal.
type session struct {
	version        int
	role, encoding string
	path           []string
}

func (s *session) equal(t *session) bool {
	return s.version == t.version && s.role == t.role && s.encoding == t.encoding && slices.Equal(s.path, t.path)
}

// answer is what was said to one question.
type answer struct {
	asked time.Time
	session
	names   map[key]resolved
	objects map[ref]*object
	base    *base // nil where it was not asked for
}

// resolved is what a name means: for a relation or type the first that the search
// path finds, for functions and operators all, in the order of the path.
type resolved struct {
	oids []OID
	// ambiguous reports that the server may have read another name than the parser, and
	// that they mean different things.
	ambiguous bool
}

// ref is an object of a class.
type ref struct {
	class class
	oid   OID
}

// object is an object of one of the classes, with those that it leads to.
type object struct {
	relation *Relation
	function *Function
	operator *Operator
	typ      *Type
	family   *family
	// below has the objects of the same answer that this one leads to.
	below []ref
	bytes int
}

// family is an operator family: its support functions and its operators.
type family struct{ functions, operators []OID }

// base is what is the same for all statements.
type base struct {
	asked time.Time
	types map[OID]*Type
	casts map[[2]OID]*Cast
	from  map[OID][]*Cast
	// functions are those of casts that are not PostgreSQL's own; below has what they
	// lead to. partial reports that there are some, or that there are operator classes which
	// touch PostgreSQL's own types, and that what they lead to was not asked for.
	functions map[OID]*Function
	partial   bool
	below     []ref
	bytes     int
	// joins and orders have the functions that join and sort by operators of PostgreSQL's
	// own which are in no operator family of its own, frames those that bound the frames
	// of windows ordered by a type of its own.
	joins, orders, frames map[OID][]OID
	// modifiers are the functions of the database's own that read the modifiers of types.
	modifiers []OID
	// touched reports that there are operator classes of the database's own for types or
	// operators of PostgreSQL's own.
	touched bool
}

// reader reads the rows of an answer.
type reader struct {
	answer
	asked []seed
	found []match
	// kin has, by class and object id, the relations that others inherit from and
	// those that inherit; near has, by object id and direction, the next ones.
	kin  map[OID]Name
	near map[ref][]OID
	// heirs are descendants whose columns are told, keys the partition keys of relations.
	heirs map[OID]*Relation
	keys  map[OID][]string
	// keyTypes are the types of the expressions in partition keys.
	keyTypes map[OID][]OID
	// families are the operator families of types, operators and relations.
	families map[ref][]OID
	// touched has what operator classes of the database's own do for PostgreSQL's own
	// types and operators.
	touched     map[ref][]ref
	toldTouched bool
	// parts has the functions of ranges.
	parts map[OID][]OID
}

// match says which object a seed found.
type match struct {
	seed, place int
	oid         OID
}

// readAnswer reads the answer to a form of the question for some seeds.
func readAnswer(rows [][]string, asked time.Time, seeds []seed, form *form) (*answer, error) {
	r := &reader{
		answer: answer{asked: asked, names: make(map[key]resolved), objects: make(map[ref]*object)},
		asked:  seeds, kin: make(map[OID]Name), near: make(map[ref][]OID),
		heirs: make(map[OID]*Relation), keys: make(map[OID][]string), keyTypes: make(map[OID][]OID),
		families: make(map[ref][]OID), parts: make(map[OID][]OID), touched: make(map[ref][]ref),
	}
	if form != &ordinary {
		r.base = &base{asked: asked, types: make(map[OID]*Type), casts: make(map[[2]OID]*Cast), from: make(map[OID][]*Cast), functions: make(map[OID]*Function), joins: make(map[OID][]OID), orders: make(map[OID][]OID), frames: make(map[OID][]OID)}
	}
	for _, row := range rows {
		if len(row) != answerColumns || len(row[0]) != 1 {
			return nil, errAnswer
		}
		if err := r.row(row); err != nil {
			return nil, err
		}
	}
	if r.version == 0 || r.base != nil && (len(r.base.types) == 0 || len(r.base.casts) == 0 || !r.toldTouched) {
		return nil, errAnswer
	}
	if r.base != nil && form != &bare {
		r.base.partial = false
	}
	r.link()
	r.resolve()
	return &r.answer, nil
}

func (r *reader) row(row []string) error {
	switch row[0][0] {
	case 's':
		return r.readSession(row)
	case 'n':
		return r.readMatch(row)
	case 'b':
		return r.readBuiltIn(row)
	case 'k':
		return r.readCasts(row)
	case 'g':
		return r.readTouched(row)
	case byte(classRelation):
		return r.readRelation(row)
	case byte(classFunction), byte(classCast):
		return r.readFunction(row)
	case byte(classOperator):
		return r.readOperator(row)
	case byte(classType):
		return r.readType(row)
	case byte(classUp), byte(classDown):
		return r.readKin(row)
	case byte(classFamily):
		return r.readFamily(row)
	}
	return errAnswer
}

func (r *reader) readSession(row []string) error {
	version, err := strconv.ParseUint(row[1], 10, 31)
	if err != nil || version == 0 || r.version != 0 {
		return errAnswer
	}
	r.version = int(version)
	r.role, r.encoding = row[2], row[3]
	r.path, err = parseArray(row[5])
	return err
}

func (r *reader) readMatch(row []string) error {
	number, err1 := strconv.Atoi(row[1])
	place, err2 := strconv.ParseUint(row[2], 10, 31)
	oid, err3 := parseOID(row[4])
	if err1 != nil || err2 != nil || err3 != nil || number < 1 || number > len(r.asked) || row[3] != string(rune(r.asked[number-1].class)) {
		return errAnswer
	}
	r.found = append(r.found, match{number - 1, int(place), oid})
	return nil
}

// link fills in what is spread over several rows, and leaves of what objects lead to
// what exists.
func (r *reader) link() {
	for at, o := range r.objects {
		o.below = r.existing(o.below)
		switch {
		case o.relation != nil:
			r.linkRelation(at, o)
		case o.typ != nil:
			o.typ.Compare = r.functionsOf(r.families[at], r.parts[at.oid])
		case o.operator != nil:
			o.operator.Support = r.supportOf(o.operator)
		}
		o.bytes += o.size()
	}
	if r.base != nil {
		r.linkTouched()
		r.base.below = r.existing(r.base.below)
		r.base.bytes += r.base.size()
	}
}

// linkRelation fills in the relations that it inherits from and those that inherit from
// it, and the operator classes of the indexes and partition keys of all of them.
func (r *reader) linkRelation(at ref, o *object) {
	up, down := r.kinOf(at.oid, classUp), r.kinOf(at.oid, classDown)
	families := slices.Clone(r.families[at])
	key := slices.Clone(r.keys[at.oid])
	o.relation.KeyTypes = slices.Clone(r.keyTypes[at.oid])
	for _, kin := range append(slices.Clip(up), down...) {
		o.relation.Kin = append(o.relation.Kin, r.kin[kin])
		families = append(families, r.families[ref{classRelation, kin}]...)
		key = append(key, r.keys[kin]...)
		o.relation.KeyTypes = append(o.relation.KeyTypes, r.keyTypes[kin]...)
	}
	slices.Sort(key)
	o.relation.Key = slices.Clip(slices.Compact(key))
	slices.Sort(o.relation.KeyTypes)
	o.relation.KeyTypes = slices.Clip(slices.Compact(o.relation.KeyTypes))
	for _, t := range o.relation.KeyTypes {
		o.below = append(o.below, ref{classType, t})
	}
	for _, oid := range down {
		if known := r.heirs[oid]; known != nil {
			heir := *known
			heir.Kin = append(slices.Clone(o.relation.Kin), Name{o.relation.Schema, o.relation.Name})
			o.relation.Heirs = append(o.relation.Heirs, &heir)
		}
	}
	for _, f := range families {
		o.below = append(o.below, ref{classFamily, f})
	}
	o.below = r.existing(o.below)
	o.relation.Support = r.functionsOf(families, nil)
}

// kinOf returns a relation's ancestors or descendants.
func (r *reader) kinOf(oid OID, direction class) (kin []OID) {
	seen := map[OID]bool{oid: true}
	for next := r.near[ref{direction, oid}]; len(next) > 0; {
		k := next[0]
		next = next[1:]
		if _, ok := r.kin[k]; ok && !seen[k] {
			seen[k] = true
			kin = append(kin, k)
			next = append(slices.Clip(next), r.near[ref{direction, k}]...)
		}
	}
	return kin
}

// instead returns the operators that the planner may use in an operator's place: its
// commutator, its negator, and theirs.
func (r *reader) instead(op *Operator) (operators []*Operator) {
	seen := map[OID]bool{op.OID: true}
	for next := []OID{op.Commutator, op.Negator}; len(next) > 0; next = next[1:] {
		o := r.objects[ref{classOperator, next[0]}]
		if o == nil || seen[next[0]] {
			continue
		}
		seen[next[0]] = true
		operators = append(operators, o.operator)
		next = append(next, o.operator.Commutator, o.operator.Negator)
	}
	return operators
}

// supportOf returns the functions of an operator's families and of the operators that
// stand for it, with theirs: a long NOT IN hashes by the negator.
func (r *reader) supportOf(op *Operator) []OID {
	families := slices.Clone(r.families[ref{classOperator, op.OID}])
	var functions []OID
	for _, other := range r.instead(op) {
		functions = append(functions, other.Function)
		families = append(families, r.families[ref{classOperator, other.OID}]...)
	}
	return r.functionsOf(families, functions)
}

// functionsOf returns the functions of operator families that are not PostgreSQL's own,
// with some others.
func (r *reader) functionsOf(families, functions []OID) []OID {
	for _, f := range families {
		family := r.objects[ref{classFamily, f}]
		if family == nil {
			continue
		}
		functions = append(functions, family.family.functions...)
		for _, oid := range family.family.operators {
			if o := r.objects[ref{classOperator, oid}]; o != nil {
				functions = append(functions, o.operator.Function)
				for _, other := range r.instead(o.operator) {
					functions = append(functions, other.Function)
				}
			}
		}
	}
	functions = userDefined(functions)
	slices.Sort(functions)
	return slices.Clip(slices.Compact(functions))
}

// userDefined returns those that are not PostgreSQL's own.
func userDefined(oids []OID) []OID {
	return slices.DeleteFunc(slices.Clone(oids), OID.BuiltIn)
}

// existing keeps those that are in the answer, each once.
func (r *reader) existing(refs []ref) []ref {
	refs = slices.DeleteFunc(refs, func(b ref) bool { return r.objects[b] == nil })
	slices.SortFunc(refs, func(a, b ref) int {
		if c := cmp.Compare(a.class, b.class); c != 0 {
			return c
		}
		return cmp.Compare(a.oid, b.oid)
	})
	return slices.Clip(slices.Compact(refs))
}

// resolve settles what the names mean.
func (r *reader) resolve() {
	slices.SortStableFunc(r.found, func(a, b match) int {
		if a.seed != b.seed {
			return a.seed - b.seed
		}
		return a.place - b.place
	})
	next := 0
	for i, s := range r.asked {
		var oids []OID
		for ; next < len(r.found) && r.found[next].seed == i; next++ {
			single := s.class == classRelation || s.class == classType
			if oid := r.found[next].oid; !single || len(oids) == 0 {
				oids = append(oids, oid)
			}
		}
		known := r.names[s.key]
		switch {
		case len(known.oids) == 0:
			known.oids = oids
		case len(oids) > 0 && !slices.Equal(known.oids, oids):
			known.ambiguous = true
		}
		known.ambiguous = known.ambiguous || mayBeCut(s.Schema, r.encoding) || mayBeCut(s.Name.Name, r.encoding)
		r.names[s.key] = known
	}
}
