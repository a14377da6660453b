package catalog

import "strings"

// This file reads trees in the form in which the server stores them (outfuncs.c), as far
// as needed to tell what refers to what within one text.

// nodesOf splits a list of nodes, "({...} {...})", into its nodes. Braces of names stand
// behind a backslash.
func nodesOf(list string) (nodes []string) {
	depth, start := 0, 0
	for i := 0; i < len(list); i++ {
		switch list[i] {
		case '\\':
			i++
		case '{':
			if depth++; depth == 1 {
				start = i
			}
		case '}':
			if depth--; depth == 0 {
				nodes = append(nodes, list[start:i+1])
			}
		}
	}
	return nodes
}

// referredTo keeps the references whose object id a tree has anywhere.
func referredTo(tree string, refs []ref) (within []ref) {
	numbers := make(map[OID]bool)
	for i := 0; i < len(tree); {
		number, start := uint64(0), i
		for ; i < len(tree) && '0' <= tree[i] && tree[i] <= '9'; i++ {
			number = min(number*10+uint64(tree[i]-'0'), 1<<32)
		}
		if i == start {
			i++
		} else if number < 1<<32 {
			numbers[OID(number)] = true
		}
	}
	for _, r := range refs {
		if numbers[r.oid] {
			within = append(within, r)
		}
	}
	return within
}

// columnsOfBody are the types of the columns of the last query of a body that is stored as
// a tree (pg_proc.prosqlbody); 0 where the tree does not say one.
func columnsOfBody(body string) []OID {
	queries := nodesOf(body)
	if len(queries) == 0 {
		return nil
	}
	return columnsOfQuery(queries[len(queries)-1])
}

func columnsOfQuery(query string) (types []OID) {
	for _, entry := range nodesOf(fieldOf(query, "targetList")) {
		// resjunk is the last field, so that no name can stand for it.
		if !strings.HasSuffix(entry, " :resjunk true}") {
			types = append(types, typeOfNode(fieldOf(entry, "expr")))
		}
	}
	return types
}

// typeFields are the fields of expressions that have their type (exprType in nodeFuncs.c),
// by the labels of PostgreSQL 14 to 15 and of 16 and later.
var typeFields = map[string]string{
	"VAR": "vartype", "CONST": "consttype", "PARAM": "paramtype", "FUNCEXPR": "funcresulttype", "OPEXPR": "opresulttype",
	"NULLIFEXPR": "opresulttype", "AGGREF": "aggtype", "WINDOWFUNC": "wintype", "RELABELTYPE": "resulttype",
	"COERCEVIAIO": "resulttype", "ARRAYCOERCEEXPR": "resulttype", "CONVERTROWTYPEEXPR": "resulttype", "COERCETODOMAIN": "resulttype",
	"FIELDSELECT": "resulttype", "SUBSCRIPTINGREF": "refrestype", "SQLVALUEFUNCTION": "type", "CASE": "casetype", "CASEEXPR": "casetype",
	"COALESCE": "coalescetype", "COALESCEEXPR": "coalescetype", "MINMAX": "minmaxtype", "MINMAXEXPR": "minmaxtype",
	"ROW": "row_typeid", "ROWEXPR": "row_typeid", "ARRAY": "array_typeid", "ARRAYEXPR": "array_typeid",
}

// typeOfNode is the type of an expression; 0 where its tree does not say it.
func typeOfNode(node string) OID {
	label, _, _ := strings.Cut(strings.TrimPrefix(node, "{"), " ")
	switch label {
	case "BOOLEXPR", "NULLTEST", "BOOLEANTEST", "DISTINCTEXPR", "SCALARARRAYOPEXPR":
		return typeBool
	case "SUBLINK":
		const single = "4" // EXPR_SUBLINK
		if columns := columnsOfQuery(fieldOf(node, "subselect")); len(columns) == 1 && fieldOf(node, "subLinkType") == single {
			return columns[0]
		}
	}
	oid, err := parseOID(fieldOf(node, typeFields[label]))
	if err != nil {
		return 0
	}
	return oid
}

// typeBool is the object id of boolean (pg_type.dat).
const typeBool OID = 16

// fieldOf is the value of the first field of a name that a node itself has. What is
// within braces or parentheses belongs to other nodes.
func fieldOf(node, name string) string {
	depth, start := 0, -1
	for i := 0; i < len(node); i++ {
		switch node[i] {
		case '\\':
			i++
		case '{', '(':
			depth++
		case '}', ')':
			if depth--; depth == 0 && start >= 0 {
				return node[start:i]
			}
		case ' ':
			switch {
			case depth != 1 || i+1 == len(node) || node[i+1] != ':':
			case start >= 0:
				return node[start:i]
			case name != "" && strings.HasPrefix(node[i+2:], name+" "):
				start = i + len(name) + 3
				i = start - 1
			}
		}
	}
	return ""
}
