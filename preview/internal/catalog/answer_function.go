package catalog

import (
	"slices"
	"strconv"
)

func (r *reader) readFunction(row []string) error {
	oid, err := parseOID(row[1])
	if err != nil {
		return err
	}
	d := newDetail(row[5], 19)
	f := &Function{
		OID: oid, Schema: schemaName(row[2]), Name: row[3], Extension: row[4], Body: row[9],
		Kind: d.letter(), Volatility: d.letter(), Language: d.text(), Args: d.oids(), Variadic: d.oid(),
		Defaults: d.number(), Returns: d.oid(), Set: d.flag(),
	}
	modes, types, names := d.array(), d.array(), d.array()
	f.Settings = d.array()
	f.Dynamic, f.Atomic, f.Queries = d.flag(), d.flag(), d.flag()
	kind := d.text()
	f.DirectArgs = d.number()
	for _, part := range d.oids() {
		if part != 0 && !oid.BuiltIn() {
			f.Parts = append(f.Parts, part)
		}
	}
	if states := d.oids(); !oid.BuiltIn() {
		f.States = states
	}
	if f.Atomic {
		// The tree is not kept.
		f.Columns, f.Body, row[9] = columnsOfBody(f.Body), "", ""
	}
	if d.err != nil || len(kind) > 1 {
		return errAnswer
	}
	if kind != "" {
		f.AggregateKind = kind[0]
	}
	if err := f.readArguments(modes, types, names); err != nil {
		return err
	}
	body, err1 := parseRefs(row[7])
	defaults, err2 := parseRefs(row[8])
	if err1 != nil || err2 != nil {
		return errAnswer
	}
	f.Dynamic = f.Dynamic || f.Language == "c" && !oid.BuiltIn() && slices.ContainsFunc(f.Args, takesText)
	o := &object{function: f}
	o.leadTo(body)
	o.leadTo(defaults)
	o.below = append(o.below, ref{classType, f.Returns})
	if class(row[0][0]) == classFunction {
		o.leadToColumns(f.Outputs)
		for _, t := range append([]OID{f.Variadic}, f.Args...) {
			o.below = append(o.below, ref{classType, t})
		}
	}
	for _, part := range f.Parts {
		o.below = append(o.below, ref{classFunction, part})
	}
	f.Runs = expression(body)
	if f.DefaultsRun, err = f.readDefaults(row[6], defaults); err != nil {
		return err
	}
	for _, b := range body {
		if b.class == classRelation {
			f.Reads = append(f.Reads, b.oid)
		}
	}
	if class(row[0][0]) == classCast {
		return r.addCast(o, row)
	}
	return r.add(ref{classFunction, oid}, o, row)
}

// readDefaults tells what the expression of each default runs. The tree of all of them is
// known where there are several.
func (f *Function) readDefaults(list string, refs []ref) ([]Expression, error) {
	trees, err := parseArray(list)
	switch {
	case err != nil:
		return nil, err
	case f.Defaults == 0 || len(refs) == 0:
		return nil, nil
	case f.Defaults == 1:
		return []Expression{expression(refs)}, nil
	case len(trees) != 1:
		return nil, errAnswer
	}
	nodes := nodesOf(trees[0])
	if len(nodes) != f.Defaults {
		return nil, errAnswer
	}
	run := make([]Expression, len(nodes))
	for i, node := range nodes {
		run[i] = expression(referredTo(node, refs))
	}
	return run, nil
}

// readArguments reads proargmodes, proallargtypes and proargnames. The first two are
// empty where all arguments are input; the second alone where none is output.
func (f *Function) readArguments(modes, types, names []string) error {
	if len(types) == 0 && len(modes) == len(f.Args) {
		for _, t := range f.Args { // as of satisfies_hash_partition, which has modes and no more
			types = append(types, strconv.FormatUint(uint64(t), 10))
		}
	}
	if len(modes) != len(types) {
		return errAnswer
	}
	name := func(i int) string {
		if i < len(names) {
			return names[i]
		}
		return ""
	}
	if len(modes) == 0 {
		if len(names) > 0 {
			f.ArgNames = make([]string, len(f.Args))
			for i := range f.ArgNames {
				f.ArgNames[i] = name(i)
			}
		}
		return nil
	}
	input := 0
	for i, mode := range modes {
		oid, err := parseOID(types[i])
		if err != nil {
			return err
		}
		if len(mode) != 1 {
			return errAnswer
		}
		if isOneOf(mode[0], "ibv") { // in, inout, variadic
			input++
			if len(names) > 0 {
				f.ArgNames = append(f.ArgNames, name(i))
			}
		}
		if isOneOf(mode[0], "obt") { // out, inout, table
			f.Outputs = append(f.Outputs, Column{Number: int16(len(f.Outputs) + 1), Name: name(i), Type: oid})
		}
	}
	if input != len(f.Args) {
		return errAnswer
	}
	return nil
}

// takesText reports whether an argument of the type is given a text: cstring, name, text,
// "char", varchar, bpchar, unknown, json, xml, jsonb, "any" and its kin, and arrays of
// the textual ones.
func takesText(t OID) bool {
	switch t {
	case 18, 19, 25, 114, 142, 705, 1042, 1043, 2275, 3802, 2276, 2283, 2776, 5077, 5078, 5079,
		1002, 1003, 1009, 1014, 1015, 1263, 199, 143, 3807, 2277:
		return true
	}
	return false
}
