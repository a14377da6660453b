package sanitize

// Class says what sort of value a text is the text form of.
type Class uint8

// The classes of values.
const (
	// Textual: anything a user could have typed. The zero value, and the
	// class of every type that is not known to be something else.
	Textual Class = iota
	// Numeric: a number; never formula-like, and a card number only in a
	// column whose name speaks of cards.
	Numeric
	// Binary: bytea in PostgreSQL's hexadecimal form, \x0123.
	Binary
	// Fixed: a type whose values a user cannot word, such as a date, a
	// boolean or a UUID; never formula-like.
	Fixed
)

// ClassOf returns the class of a PostgreSQL built-in type by its OID, and
// Textual for every other type. Domains reach a client as their base type.
func ClassOf(typeOID uint32) Class {
	switch typeOID {
	case 17: // bytea
		return Binary
	case 20, 21, 23, 26, 28, 29, 700, 701, 790, 1700, 5069: // int8 int2 int4 oid xid cid float4 float8 money numeric xid8
		return Numeric
	case 16, // bool
		829, 774, 869, 650, // macaddr macaddr8 inet cidr
		1082, 1083, 1114, 1184, 1186, 1266, // date time timestamp timestamptz interval timetz
		1560, 1562, // bit varbit
		2950,     // uuid
		3220, 27, // pg_lsn tid
		600, 601, 602, 603, 604, 628, 718: // point lseg path box polygon line circle
		return Fixed
	default:
		return Textual
	}
}
