package catalog

import (
	_ "embed"
	"regexp"
	"strconv"
	"strings"
)

// MaxDefinition is the longest text of a view's query or a function's body, in
// bytes, that is taken in.
const MaxDefinition = 128 << 10

//go:embed question.sql
var questionText string

//go:embed session.sql
var sessionText string

//go:embed base.sql
var baseText string

// expressionText finds the objects that a stored tree refers to. Labels of nodes and
// fields are those of PostgreSQL's outfuncs.c. No name of the database can hide one: the
// server writes a space of a name behind a backslash. What is matched in excess is
// looked up in vain. Of a materialized view, which reads, only relations are wanted.
const expressionText = `(
      select pg_catalog.string_agg(distinct k.class operator(pg_catalog.||)
        pg_catalog.replace(coalesce(m.match[2], m.match[5]), ' ', ' ' operator(pg_catalog.||) k.class), ' ')
      from pg_catalog.regexp_matches(TREE,
        ':(?:([A-Za-z_]*(?:id|Id|type|op|no|unc|handler)) ([1-9][0-9]+)( :resultcollid)?|(opnos|coltypes|funccoltypes) [(]o ([0-9 ]+))', 'g') m (match)
      cross join lateral (
        select case
          when m.match[1] operator(pg_catalog.=) any ('{funcid,opfuncid,aggfnoid,winfnoid,startInRangeFunc,endInRangeFunc,tsmhandler}'::pg_catalog.text[]) then 'f'
          when m.match[1] operator(pg_catalog.=) 'relid' then 'r'
          when m.match[4] operator(pg_catalog.=) 'opnos' then 'o'
          when m.match[4] is not null then 't'
          when m.match[1] operator(pg_catalog.=) any ('{opno,eqop,sortop}'::pg_catalog.text[]) then
            case when pg_catalog.length(m.match[2]) operator(pg_catalog.>=) 5 or m.match[2] operator(pg_catalog.=) any ((select s.operators from sorting s)::pg_catalog.text[]) then 'o' end
          when m.match[3] is not null and m.match[1] operator(pg_catalog.=) 'resulttype' and m.match[2] operator(pg_catalog.=) any ('{2202,2204,2206,2207,2209,2211}'::pg_catalog.text[]) then 't'
          when pg_catalog.length(m.match[2]) operator(pg_catalog.<) 5 then null
          when m.match[1] operator(pg_catalog.=) any ('{resulttype,typid}'::pg_catalog.text[]) then 't'
          when pg_catalog."right"(m.match[1], 4) operator(pg_catalog.=) 'type' then 'v'
          when pg_catalog."right"(m.match[1], 7) operator(pg_catalog.=) '_typeid' then 'v'
          when m.match[1] operator(pg_catalog.=) 'typeId' then 'v'
        end
      ) k (class)
      where k.class is not null and (not found.reads or k.class operator(pg_catalog.=) 'r')
    )`

// writtenText is a name of a seed, or NULL where there is none.
const writtenText = `case when NAME operator(pg_catalog.=) '' then null
      when pg_catalog."left"(NAME, 1) operator(pg_catalog.=) '~'
        then (pg_catalog.parse_ident(pg_catalog.convert_from(pg_catalog.decode(pg_catalog.substr(NAME, 2), 'hex'), 'UTF8')))[1]
      else pg_catalog.convert_from(pg_catalog.decode(NAME, 'hex'), 'UTF8') end`

// typeText is the detail of a type.
const typeText = `array[t.typtype::pg_catalog.text, t.typcategory::pg_catalog.text, t.typispreferred::pg_catalog.text,
        t.typelem::pg_catalog.text, t.typarray::pg_catalog.text, t.typbasetype::pg_catalog.text, t.typrelid::pg_catalog.text,
        coalesce(t.rngsubtype, 0)::pg_catalog.text, coalesce(t.rngtypid, 0)::pg_catalog.text,
        t.typinput::pg_catalog.oid::pg_catalog.text, t.typoutput::pg_catalog.oid::pg_catalog.text,
        t.typmodin::pg_catalog.oid::pg_catalog.text, t.typsubscript::pg_catalog.oid::pg_catalog.text,
        coalesce(t.rngcanonical, 0)::pg_catalog.oid::pg_catalog.text, coalesce(t.rngsubdiff, 0)::pg_catalog.oid::pg_catalog.text,
        coalesce(t.families, '')]`

// always are the functions of casts that are not PostgreSQL's own, the types that
// user-defined types are binary coercible to, and what user-defined operator classes
// do for PostgreSQL's own types.
const always = `(select pg_catalog.string_agg(case when k.castfunc operator(pg_catalog.<>) 0
          then 'c' operator(pg_catalog.||) k.castfunc::pg_catalog.text else 't' operator(pg_catalog.||) k.casttarget::pg_catalog.text end, ' ')
        from pg_catalog.pg_cast k where k.oid operator(pg_catalog.>=) 16384),
      (select pg_catalog.string_agg(g.support, ' ') from touched g)`

// touchedText lists PostgreSQL's own types (t) and operators for which the database has
// operator classes of its own that the server may use without an index: the default
// ones for the type; functions that were added to PostgreSQL's own families, of which
// those without an argument of the type internal bound the frames of windows (v); and
// families of operators that are in none of PostgreSQL's own, which sort by the
// operator (d), and join by it where it is marked so (o). Beside those are operators of
// the database's own that are commutators and negators of PostgreSQL's own, and the
// functions that read the modifiers of types: any of them runs where a text becomes a
// regtype or one of its kin (u2206).
const touchedText = `
    select 't' operator(pg_catalog.||) k.opcintype::pg_catalog.text, 'm' operator(pg_catalog.||) k.opcfamily::pg_catalog.text
    from pg_catalog.pg_opclass k
    where k.oid operator(pg_catalog.>=) 16384 and k.opcdefault and k.opcintype operator(pg_catalog.<) 16384
      and k.opcmethod operator(pg_catalog.=) any ('{403,405}'::pg_catalog.oid[])
  union all
    select 'v' operator(pg_catalog.||) p.amproclefttype::pg_catalog.text, 'f' operator(pg_catalog.||) p.amproc::pg_catalog.oid::pg_catalog.text
    from pg_catalog.pg_amproc p
    where p.oid operator(pg_catalog.>=) 16384 and p.amprocfamily operator(pg_catalog.<) 16384
      and p.amproclefttype operator(pg_catalog.<) 16384 and p.amproc::pg_catalog.oid operator(pg_catalog.>=) 16384
  union all
    select case when o.oprcanmerge or o.oprcanhash then 'o' else 'd' end operator(pg_catalog.||) m.amopopr::pg_catalog.text,
      'm' operator(pg_catalog.||) m.amopfamily::pg_catalog.text
    from pg_catalog.pg_amop m
    join pg_catalog.pg_operator o on o.oid operator(pg_catalog.=) m.amopopr
    where m.oid operator(pg_catalog.>=) 16384 and m.amopopr operator(pg_catalog.<) 16384
      and m.amopmethod operator(pg_catalog.=) any ('{403,405}'::pg_catalog.oid[])
      and not exists (
        select from pg_catalog.pg_amop b
        where b.amopopr operator(pg_catalog.=) m.amopopr and b.amopfamily operator(pg_catalog.<) 16384
          and b.amopmethod operator(pg_catalog.=) any ('{403,405}'::pg_catalog.oid[])
      )
  union all
    select 'o' operator(pg_catalog.||) o.oid::pg_catalog.text, 'o' operator(pg_catalog.||) i.oid::pg_catalog.text
    from pg_catalog.pg_operator i
    join pg_catalog.pg_operator o on o.oprcom operator(pg_catalog.=) i.oid or o.oprnegate operator(pg_catalog.=) i.oid
    where i.oid operator(pg_catalog.>=) 16384 and o.oid operator(pg_catalog.<) 16384
  union all
    select 'u2206', 'f' operator(pg_catalog.||) d.refobjid::pg_catalog.text
    from pg_catalog.pg_depend d
    join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) d.objid and t.typmodin::pg_catalog.oid operator(pg_catalog.=) d.refobjid
    where d.refclassid operator(pg_catalog.=) 1255 and d.refobjid operator(pg_catalog.>=) 16384 and d.classid operator(pg_catalog.=) 1247
  `

// A form of the question is its text, whose parameter, if it has one, is the seeds.
type form struct {
	text   string
	seeded bool
}

// ordinary is the question without what is the same for all statements, full the one
// with it, and bare is that alone, for statements without names: without the functions
// of casts, which such a statement cannot lead to.
var (
	ordinary = newForm(questionText, "TOUCHING\n", "", "ALWAYS", "null")
	full     = newForm(questionText+baseText, "TOUCHING", "touched (object, support) as materialized ("+touchedText+"),",
		"TOUCHED", "touched", "ALWAYS", always)
	bare = newForm(sessionText+baseText, "TOUCHED", "("+touchedText+")")
)

// newForm makes a form of a text, in which pairs of words are replaced first.
func newForm(text string, words ...string) form {
	text = strings.NewReplacer(words...).Replace(text)
	text = strings.Replace(text, "SESSION\n", sessionText, 1)
	text = regexp.MustCompile(`(EXPRESSION|WRITTEN)\(([a-z0-9._\[\]]+)\)`).ReplaceAllStringFunc(text, func(call string) string {
		macro, argument, _ := strings.Cut(strings.TrimSuffix(call, ")"), "(")
		if macro == "WRITTEN" {
			return strings.ReplaceAll(writtenText, "NAME", argument)
		}
		return strings.ReplaceAll(expressionText, "TREE", argument)
	})
	text = regexp.MustCompile(`(?m)^\s*--.*\n`).ReplaceAllString(text, "")
	text = regexp.MustCompile(`\bTYPE\b`).ReplaceAllLiteralString(text, typeText)
	text = strings.NewReplacer(
		"COLLATED", `collate pg_catalog."C"`, "DEFINITION", strconv.Itoa(MaxDefinition),
	).Replace(text)
	text = regexp.MustCompile(`\s+`).ReplaceAllLiteralString(text, " ") // no literal has two spaces
	return form{strings.Replace(text, "SEEDS", "$1", 1), strings.Contains(text, "SEEDS")}
}

// parameters are those of the question for some names.
func (form form) parameters(list []seed) []string {
	if !form.seeded {
		return nil
	}
	var array strings.Builder
	array.Grow(64 * len(list))
	array.WriteByte('{')
	for i, s := range list {
		if i > 0 {
			array.WriteByte(',')
		}
		s.write(&array)
	}
	array.WriteByte('}')
	return []string{array.String()}
}
