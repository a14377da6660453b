package rewritten

// The object numbers of a few types that every server has.
const (
	typeBool        = 16
	typeInt4        = 23
	typeText        = 25
	typeJSON        = 114
	typeXML         = 142
	typeRecord      = 2249
	typeRecordArray = 2287
	typeAnyArray    = 2277
	typeAnyRange    = 3831
	typeAnyMulti    = 4537
	typeAnyEnum     = 3500
)

// A visitOf is one question about a type, so that none is followed twice.
type visitOf struct {
	typ    uint32
	aspect string
}

// input adds the functions that make a value of the type from text.
func (u *uses) input(oid uint32, why string) {
	t := u.enter(oid, "input")
	if t == nil {
		return
	}
	u.function(t.input, why+", input of "+t.name)
	switch {
	case t.kind == 'd':
		u.domain(oid, why)
		u.input(t.base, why)
	case t.elem != 0:
		u.input(t.elem, why)
	case t.kind == 'c':
		u.attributes(t, func(of uint32) { u.input(of, why) })
	case t.kind == 'r':
		u.function(t.canonical, why+", canonical form of "+t.name)
		u.input(t.rangeOf, why)
		u.class(t.rangeBy, why)
	case t.kind == 'm':
		u.input(t.rangeOf, why)
	}
}

// output adds the functions that make text of a value of the type.
func (u *uses) output(oid uint32, why string) {
	t := u.enter(oid, "output")
	if t == nil {
		return
	}
	u.function(t.output, why+", output of "+t.name)
	switch {
	case t.kind == 'd':
		u.output(t.base, why)
	case t.elem != 0:
		u.output(t.elem, why)
	case t.kind == 'c':
		u.attributes(t, func(of uint32) { u.output(of, why) })
	case t.kind == 'r' || t.kind == 'm':
		u.output(t.rangeOf, why)
	}
}

// json adds the functions that make JSON of a value of the type: the type's
// output, or a cast to json (to_jsonb looks for a cast to json, too). Casts of
// PostgreSQL's own types and of rows are not looked for.
func (u *uses) json(oid uint32, why string) {
	t := u.enter(oid, "json")
	if t == nil {
		return
	}
	switch {
	case t.kind == 'd':
		u.json(t.base, why)
	case t.elem != 0:
		u.json(t.elem, why)
	case t.kind == 'c':
		u.attributes(t, func(of uint32) { u.json(of, why) })
	case oid >= firstNormal:
		for _, cast := range u.catalog.casts[oid] {
			if cast.target == typeJSON {
				u.function(cast.function, why+", cast of "+t.name+" to json")
			}
		}
	}
	u.output(oid, why)
}

// domain adds the checks of a domain and of those below it.
func (u *uses) domain(oid uint32, why string) {
	t := u.enter(oid, "checks")
	if t == nil || t.kind != 'd' {
		return
	}
	for _, check := range t.checks {
		u.expression(u.catalog.tree(check), why+", check of the domain "+t.name)
	}
	u.domain(t.base, why)
}

// compare adds the functions of the default operator classes that sort, compare
// and hash values of the type: the planner picks among them.
func (u *uses) compare(oid uint32, why string) {
	t := u.enter(oid, "compare")
	if t == nil {
		return
	}
	why += ", comparison of " + t.name
	switch {
	case t.kind == 'd':
		u.compare(t.base, why)
	case t.elem != 0:
		u.fallback(typeAnyArray, why)
		u.compare(t.elem, why)
	case t.kind == 'r':
		u.fallback(typeAnyRange, why)
		u.class(t.rangeBy, why)
		u.compare(t.rangeOf, why)
	case t.kind == 'm':
		u.fallback(typeAnyMulti, why)
		u.compare(t.rangeOf, why)
	case t.kind == 'e':
		u.fallback(typeAnyEnum, why)
	case t.kind == 'c':
		if !u.fallback(oid, why) {
			u.fallback(typeRecord, why)
			u.attributes(t, func(of uint32) { u.compare(of, why) })
		}
	case !u.fallback(oid, why):
		for _, cast := range u.catalog.casts[oid] {
			if cast.method == 'b' && cast.context == 'i' {
				u.fallback(cast.target, why)
			}
		}
	}
}

// fallback adds the default operator classes of exactly the type, and tells
// whether there is one.
func (u *uses) fallback(oid uint32, why string) (found bool) {
	for _, class := range u.catalog.defaults(oid) {
		u.family(class.family, oid, why)
		found = true
	}
	return found
}

// defaults lists the default operator classes of a type that sort or hash.
func (c *Catalog) defaults(oid uint32) []opclass {
	var all []opclass
	for _, class := range c.classes {
		if class.typ == oid && class.fallback && (class.method == "btree" || class.method == "hash") {
			all = append(all, class)
		}
	}
	return all
}

// class adds the functions of an operator class.
func (u *uses) class(oid uint32, why string) {
	if class, ok := u.catalog.classes[oid]; ok {
		u.family(class.family, class.typ, why)
	}
}

// family adds the functions of an operator family that take the type.
func (u *uses) family(family, oid uint32, why string) {
	for _, s := range u.catalog.familyOps[family] {
		if s.left == oid || s.right == oid {
			u.function(u.catalog.operators[s.object], why)
		}
	}
	for _, s := range u.catalog.familyFns[family] {
		if s.left == oid || s.right == oid {
			u.function(s.object, why)
		}
	}
}

// attributes calls follow with the type of each column of a row type.
func (u *uses) attributes(t *typeInfo, follow func(oid uint32)) {
	if relation := u.catalog.relations[t.relation]; relation != nil {
		for _, column := range relation.columns {
			follow(column.typ)
		}
	}
}

// enter returns the type unless it is unknown or was asked about before.
func (u *uses) enter(oid uint32, aspect string) *typeInfo {
	t := u.catalog.types[oid]
	key := visitOf{oid, aspect}
	if !u.certain {
		key.aspect = "may " + aspect
	}
	if t == nil || u.seen[key] {
		return nil
	}
	u.seen[key] = true
	return t
}
