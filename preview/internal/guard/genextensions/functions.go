package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
)

// function is one function of an extension.
type function struct {
	schema, name string
	kind         string
	types        []string // of its arguments, as format_type prints them
	categories   []string // of their types
	values       []string // an expression for each that is not textual
	setOf        bool
	record       bool // it returns rows whose columns the call must name
}

const functionsQuery = `
select n.nspname, p.proname, p.prokind, p.proretset,
  coalesce(string_agg(format_type(a.oid, null), '|' order by a.place), ''),
  coalesce(string_agg(t.typcategory::text || t.typtype::text, '|' order by a.place), ''),
  p.prorettype = 'record'::regtype and p.proallargtypes is null
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
join pg_extension e on e.oid = d.refobjid and e.extname = $EXTENSION$
left join unnest(p.proargtypes) with ordinality a (oid, place) on true
left join pg_type t on t.oid = a.oid
where p.provolatile <> 'v' and p.prokind in ('f', 'a')
  and p.prorettype not in ('trigger'::regtype, 'internal'::regtype, 'event_trigger'::regtype, 'language_handler'::regtype, 'fdw_handler'::regtype)
  and not ('internal'::regtype = any (p.proargtypes))
group by n.nspname, p.proname, p.prokind, p.proretset, p.oid
order by 1, 2`

// functions lists the functions of an extension that are not VOLATILE.
func (s *sweep) functions(ctx context.Context, extension string) ([]function, error) {
	rows, err := s.rows(ctx, strings.Replace(functionsQuery, "$EXTENSION$", "'"+extension+"'", 1))
	if err != nil {
		return nil, err
	}
	list := make([]function, 0, len(rows))
	known := make(map[string]string)
	for _, row := range rows {
		f := function{schema: row[0], name: row[1], kind: row[2], setOf: row[3] == "t", record: row[6] == "t"}
		if row[4] != "" {
			f.types, f.categories = strings.Split(row[4], "|"), strings.Split(row[5], "|")
		}
		for _, t := range f.types {
			if _, ok := known[t]; !ok {
				if known[t], err = s.sample(ctx, extension, t); err != nil {
					return nil, err
				}
			}
			f.values = append(f.values, known[t])
		}
		list = append(list, f)
	}
	return list, nil
}

// samples are literals of which one is a value of most types. Those of the last line are
// hardly a value of any, and show whether a type's input bears what is malformed.
var samples = []string{
	"1", "a", "POINT(1 1)", "LINESTRING(0 0,1 1)", "POLYGON((0 0,0 1,1 1,0 0))", "{}", "{1}", "(1,1)", "[1,2]", "01000000000000000000F03F000000000000F03F0000000000000000000000000000F03F0000000000000000000000000000000000000000000000000A000A00", "2020-01-01", "1 day", "t", `\x00`, "a=>b", "<a/>", "1.1", "127.0.0.1",
	"", "00", "01", "0101000000", "((", "{{", `{"a": 1}`, "\u00e9",
}

// sample is an expression of a type, NULL where none of the samples fits. It tries all of
// them, since one that ends the server is a finding.
func (s *sweep) sample(ctx context.Context, extension, t string) (string, error) {
	switch t {
	case "anyelement", "anynonarray", `"any"`, "anycompatible", "anycompatiblenonarray":
		return "1", nil
	case "anyarray", "anycompatiblearray":
		return "array[1]", nil
	case "record":
		return "row(1)", nil
	case "raster":
		return "ST_AddBand(ST_MakeEmptyRaster(1, 1, 0, 0, 1), '8BUI'::text, 7, 0)", nil
	}
	value := ""
	for _, literal := range samples {
		expression := "'" + literal + "'::" + t
		_, err := s.rows(ctx, "select "+expression)
		if s.conn.IsClosed() {
			if err := s.reconnect(ctx); err != nil {
				return "", err
			}
			ended, err := s.ends(ctx, "select "+expression)
			if err != nil {
				return "", err
			}
			if ended {
				fmt.Fprintf(s.out, "%s: ENDED the server: %s\n", extension, expression)
			}
		}
		if value == "" && err == nil {
			value = expression
		}
	}
	return cmp.Or(value, "null::"+t), nil
}

// concrete are types in the place of pseudo-types.
var concrete = strings.NewReplacer(`"any"`, "integer", "anyelement", "integer", "anycompatible", "integer", "anynonarray", "integer",
	"anycompatiblenonarray", "integer", "anyarray", "integer[]", "anycompatiblearray", "integer[]")

// withNulls calls the function with NULL in every argument.
func (f *function) withNulls() string {
	args := make([]string, len(f.types))
	for i, t := range f.types {
		args[i] = "null::" + concrete.Replace(t)
	}
	return f.call(args)
}

// isText tells the types whose values are free text.
func isText(t, category string) bool {
	switch t {
	case "text", "character varying", "character", "cstring", "name", "text[]", "character varying[]", "regclass":
		return t != "regclass"
	}
	return strings.HasPrefix(category, "S") && t != `"char"`
}

func (f *function) textual() bool {
	for i, t := range f.types {
		if isText(t, f.categories[i]) {
			return true
		}
	}
	return false
}

func (f *function) signature() string {
	return f.schema + "." + f.name + "(" + strings.Join(f.types, ", ") + ")"
}

// statement calls the function with a canary in every textual argument.
func (f *function) statement(canary string) string {
	args := make([]string, len(f.types))
	for i, t := range f.types {
		switch {
		case !isText(t, f.categories[i]):
			args[i] = f.values[i]
		case strings.HasSuffix(t, "[]"):
			args[i] = "array['" + strings.ReplaceAll(canary, "'", "''") + "']::" + t
		default:
			args[i] = "'" + strings.ReplaceAll(canary, "'", "''") + "'::" + t
		}
	}
	return f.call(args)
}

func (f *function) call(args []string) string {
	call := `"` + f.schema + `"."` + f.name + `"(` + strings.Join(args, ", ") + ")"
	if f.record {
		return "select * from " + call + " as called (a text, b text, c text)"
	}
	if f.setOf {
		return "select * from " + call + " as called"
	}
	return "select " + call
}
