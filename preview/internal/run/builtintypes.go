package run

import "strconv"

// builtInTypes are types of PostgreSQL's own as format_type prints them without a
// modifier, and their pg_type.typcategory. Their OIDs are the same in every version
// (src/include/catalog/pg_type.dat), so that the database need not be asked. Other types
// and modifiers are.
var builtInTypes = map[uint32]typeName{
	16:   {"boolean", "B"},
	17:   {"bytea", "U"},
	19:   {"name", "S"},
	20:   {"bigint", "N"},
	21:   {"smallint", "N"},
	23:   {"integer", "N"},
	25:   {"text", "S"},
	26:   {"oid", "N"},
	114:  {"json", "U"},
	142:  {"xml", "U"},
	650:  {"cidr", "I"},
	700:  {"real", "N"},
	701:  {"double precision", "N"},
	869:  {"inet", "I"},
	1000: {"boolean[]", "A"},
	1005: {"smallint[]", "A"},
	1007: {"integer[]", "A"},
	1009: {"text[]", "A"},
	1015: {"character varying[]", "A"},
	1016: {"bigint[]", "A"},
	1021: {"real[]", "A"},
	1022: {"double precision[]", "A"},
	1042: {"bpchar", "S"},
	1043: {"character varying", "S"},
	1082: {"date", "D"},
	1083: {"time without time zone", "D"},
	1114: {"timestamp without time zone", "D"},
	1115: {"timestamp without time zone[]", "A"},
	1182: {"date[]", "A"},
	1184: {"timestamp with time zone", "D"},
	1185: {"timestamp with time zone[]", "A"},
	1186: {"interval", "T"},
	1231: {"numeric[]", "A"},
	1266: {"time with time zone", "D"},
	1700: {"numeric", "N"},
	2950: {"uuid", "U"},
	2951: {"uuid[]", "A"},
	3802: {"jsonb", "U"},
	3807: {"jsonb[]", "A"},
}

// builtInName names a type without asking the database, where that is possible.
func builtInName(key typeKey) (typeName, bool) {
	known, ok := builtInTypes[key.oid]
	if !ok || key.modifier < 0 {
		return known, ok
	}
	precision, scale := modifierOf(key.oid, key.modifier)
	if precision < 1 {
		return typeName{}, false
	}
	switch key.oid {
	case oidNumeric:
		if scale < 0 { // printed otherwise before PostgreSQL 15
			return typeName{}, false
		}
		known.name += "(" + strconv.Itoa(int(precision)) + "," + strconv.Itoa(int(scale)) + ")"
	case oidVarchar:
		known.name += "(" + strconv.Itoa(int(precision)) + ")"
	case oidBPChar:
		known.name = "character(" + strconv.Itoa(int(precision)) + ")"
	default:
		return typeName{}, false
	}
	return known, true
}
