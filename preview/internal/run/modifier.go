package run

// OIDs of PostgreSQL's own types that take a modifier; they are the same in
// every version (src/include/catalog/pg_type.dat).
const (
	oidBPChar      = 1042
	oidVarchar     = 1043
	oidTime        = 1083
	oidTimestamp   = 1114
	oidTimestamptz = 1184
	oidInterval    = 1186
	oidTimetz      = 1266
	oidBit         = 1560
	oidVarbit      = 1562
	oidNumeric     = 1700
)

// modifierOf reads a type modifier: precision and scale of a numeric, the
// length of a text or bit string, the fractional digits of a time. -1 means
// none.
func modifierOf(oid uint32, modifier int32) (precision, scale int32) {
	const header = 4 // bytes that numeric and text modifiers include
	if modifier < 0 {
		return -1, -1
	}
	switch oid {
	case oidNumeric:
		if modifier < header {
			return -1, -1
		}
		packed := modifier - header
		// The scale has 11 bits and a sign.
		return packed >> 16 & 0xffff, (packed&0x7ff ^ 1024) - 1024
	case oidBPChar, oidVarchar:
		return max(-1, modifier-header), -1
	case oidBit, oidVarbit, oidTime, oidTimetz, oidTimestamp, oidTimestamptz:
		return modifier, -1
	case oidInterval:
		if digits := modifier & 0xffff; digits != 0xffff {
			return digits, -1
		}
	}
	return -1, -1
}
