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

// expressionText finds the objects that a stored tree refers to. Labels of nodes and
// fields are those of PostgreSQL's outfuncs.c; no name of the database can look like
// one, for the server writes a name's spaces behind a backslash. What is matched in
// excess is looked up in vain.
const expressionText = `
      select distinct k.class operator(pg_catalog.||) m.match[2]
      from pg_catalog.regexp_matches(TREE, ':([A-Za-z]*(?:id|type|op|no|unc|handler)) ([1-9][0-9]+)', 'g') m (match)
      cross join lateral (
        select case
          when m.match[1] operator(pg_catalog.=) any ('{funcid,opfuncid,aggfnoid,winfnoid,startInRangeFunc,endInRangeFunc,tsmhandler}'::pg_catalog.text[]) then 'f'
          when m.match[1] operator(pg_catalog.=) 'relid' then 'r'
          when pg_catalog.length(m.match[2]) operator(pg_catalog.<) 5 then null
          when m.match[1] operator(pg_catalog.=) any ('{opno,eqop,sortop}'::pg_catalog.text[]) then 'o'
          when m.match[1] operator(pg_catalog.=) any ('{resulttype,typid}'::pg_catalog.text[]) then 't'
          when pg_catalog."right"(m.match[1], 4) operator(pg_catalog.=) 'type' then 'v'
        end
      ) k (class)
      where k.class is not null
    union
      select distinct case when m.match[1] operator(pg_catalog.=) 'opnos' then 'o' else 't' end operator(pg_catalog.||) l.oid
      from pg_catalog.regexp_matches(TREE, ':(opnos|coltypes|funccoltypes) [(]o ([0-9 ]+)[)]', 'g') m (match)
      cross join lateral pg_catalog.string_to_table(m.match[2], ' ') l (oid)
      where pg_catalog.length(l.oid) operator(pg_catalog.>=) 5
        and (pg_catalog.strpos(TREE, 'opnos (o') operator(pg_catalog.>) 0 or pg_catalog.strpos(TREE, 'coltypes (o') operator(pg_catalog.>) 0)`

// typeText is the detail of a type; range is what pg_range says of it.
const typeText = `array[t.typtype::pg_catalog.text, t.typcategory::pg_catalog.text, t.typispreferred::pg_catalog.text,
        t.typelem::pg_catalog.text, t.typarray::pg_catalog.text, t.typbasetype::pg_catalog.text, t.typrelid::pg_catalog.text,
        coalesce(range.subtype, 0)::pg_catalog.text, coalesce(range.oid, 0)::pg_catalog.text,
        t.typinput::pg_catalog.oid::pg_catalog.text, t.typoutput::pg_catalog.oid::pg_catalog.text,
        t.typmodin::pg_catalog.oid::pg_catalog.text, t.typsubscript::pg_catalog.oid::pg_catalog.text]`

var questionParts = func() (parts [3]string) {
	text := regexp.MustCompile(`EXPRESSION\(([a-z._]+)\)`).ReplaceAllStringFunc(questionText, func(call string) string {
		tree := strings.TrimSuffix(strings.TrimPrefix(call, "EXPRESSION("), ")")
		return strings.ReplaceAll(expressionText, "TREE", tree+"::pg_catalog.text")
	})
	text = strings.NewReplacer("TYPE::", typeText+"::", "TYPE,", typeText+",", "DEFINITION", strconv.Itoa(MaxDefinition)).Replace(text)
	before, after, _ := strings.Cut(text, "SEEDS")
	return [3]string{before, after}
}()

// question writes the question for some names; with base, for what is the same for
// all statements as well.
func question(list []seed, base bool) string {
	var q strings.Builder
	q.Grow(len(questionParts[0]) + len(questionParts[1]) + 64*len(list))
	q.WriteString(strings.ReplaceAll(questionParts[0], "BASE", strconv.FormatBool(base)))
	for i, s := range list {
		if i > 0 {
			q.WriteByte(',')
		}
		s.write(&q)
	}
	q.WriteString(strings.ReplaceAll(questionParts[1], "BASE", strconv.FormatBool(base)))
	return q.String()
}
