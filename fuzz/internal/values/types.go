package values

import (
	"encoding/hex"
	"fmt"
	"math/rand"
	"strconv"
	"strings"
)

// Type is a PostgreSQL type that a generated table may have a column of.
type Type struct {
	// Name is how SQL spells the type.
	Name string
	// Category says which operators it has: N numbers, S strings, B booleans,
	// D timestamps with time zone, J jsonb, A arrays of int4, U any other.
	Category byte
	// samples are input texts at the edges of the type; make, where set, makes more.
	samples []string
	make    func(*rand.Rand) string
}

// Value returns the input text of a value of the type, or false for NULL.
func (t Type) Value(r *rand.Rand) (string, bool) {
	switch {
	case r.Intn(8) == 0:
		return "", false
	case t.make != nil && (len(t.samples) == 0 || r.Intn(2) == 0):
		return t.make(r), true
	default:
		return t.samples[r.Intn(len(t.samples))], true
	}
}

// Literal returns a value of the type as an SQL expression.
func (t Type) Literal(r *rand.Rand) string {
	text, ok := t.Value(r)
	if !ok {
		return "null::" + t.Name
	}
	return Quote(text) + "::" + t.Name
}

func integers(low, high int64) func(*rand.Rand) string {
	return func(r *rand.Rand) string { return strconv.FormatInt(low+r.Int63n(high-low), 10) }
}

func jsonText(r *rand.Rand) string {
	return fmt.Sprintf(`{"a": %d, "b": [1, null, %q], "a": %d.10, "c": {"d": 12345678901234567890.5}}`, r.Intn(9), alnum(r, 4), r.Intn(9))
}

// Types returns the types, in a fixed order. The slice is the caller's.
func Types() []Type {
	short := func(n int) func(*rand.Rand) string {
		return func(r *rand.Rand) string {
			runes := []rune(Text(r))
			return string(runes[:min(n, len(runes))])
		}
	}
	return []Type{
		{"int2", 'N', []string{"-32768", "32767", "0"}, integers(-99, 99)},
		{"int4", 'N', []string{"-2147483648", "2147483647", "0"}, integers(-99, 99)},
		{"int8", 'N', []string{"-9223372036854775808", "9223372036854775807", "9007199254740993"}, integers(-1e9, 1e9)},
		{"numeric", 'N', []string{"NaN", "0.000000000000000000001", "1e30", "-1.10", "12345678901234567890.123456789"}, integers(-1e6, 1e6)},
		{"numeric(10,2)", 'N', []string{"0.10", "-99999999.99"}, integers(-1e6, 1e6)},
		{"float4", 'N', []string{"NaN", "Infinity", "-Infinity", "1e-37", "3.4e38", "0.1"}, integers(-99, 99)},
		{"float8", 'N', []string{"NaN", "Infinity", "-0", "5e-324", "1.7976931348623157e308", "0.1"}, integers(-99, 99)},
		{"money", 'U', []string{"0.01", "-92233720368547758.08"}, nil},
		{"oid", 'U', []string{"0", "4294967295"}, nil},
		{"text", 'S', []string{"", "NULL", "\\N", "a'b\"c"}, Text},
		{"varchar(40)", 'S', []string{"", " x "}, short(40)},
		{"char(7)", 'S', []string{"", "a"}, short(7)},
		{`"char"`, 'U', []string{"", "a", "\\"}, nil},
		{"name", 'S', []string{"", "a b"}, nil},
		{"bytea", 'U', []string{`\x`, `\x00ff`, `\xdeadbeef`}, func(r *rand.Rand) string {
			b := make([]byte, r.Intn(700))
			r.Read(b)
			return `\x` + hex.EncodeToString(b)
		}},
		{"bool", 'B', []string{"true", "false"}, nil},
		{"date", 'U', []string{"infinity", "-infinity", "0044-03-15 BC", "10000-01-01", "2024-02-29"}, nil},
		{"time", 'U', []string{"00:00", "24:00:00", "23:59:59.999999"}, nil},
		{"timetz", 'U', []string{"00:00+14", "23:59:59-12"}, nil},
		{"timestamp", 'U', []string{"infinity", "4713-01-01 00:00 BC", "294276-12-31 23:59:59.999999", "2024-03-31 02:30"}, nil},
		{"timestamptz", 'D', []string{"-infinity", "0001-01-01 00:00+00 BC", "2024-03-31 02:30+00", "294276-12-31 00:00+00"}, nil},
		{"interval", 'U', []string{"1 mon -1 day 00:00:01", "-178000000 years", "0", "1.5 seconds"}, nil},
		{"uuid", 'U', []string{"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}, nil},
		{"json", 'U', []string{"null", "{}", `{"a":1,"a":2}`, `"\u0007"`, "1E400"}, jsonText},
		{"jsonb", 'J', []string{"null", "[]", "9007199254740993", `{"":""}`}, jsonText},
		{"jsonpath", 'U', []string{"$.a[*] ? (@ > 1)"}, nil},
		{"xml", 'U', []string{"<a>1</a>", "text"}, nil},
		{"bit(5)", 'U', []string{"10101"}, nil},
		{"varbit", 'U', []string{"", "1", "0110"}, nil},
		{"inet", 'U', []string{"::1", "10.0.0.1/8", "ffff::/1"}, nil},
		{"cidr", 'U', []string{"10.0.0.0/8"}, nil},
		{"macaddr", 'U', []string{"08:00:2b:01:02:03"}, nil},
		{"macaddr8", 'U', []string{"08:00:2b:01:02:03:04:05"}, nil},
		{"point", 'U', []string{"(1,-0)", "(NaN,Infinity)"}, nil},
		{"line", 'U', []string{"{1,2,3}"}, nil},
		{"lseg", 'U', []string{"[(0,0),(1,1)]"}, nil},
		{"box", 'U', []string{"(1,1),(0,0)"}, nil},
		{"path", 'U', []string{"[(0,0),(1,1)]", "((0,0),(1,1))"}, nil},
		{"polygon", 'U', []string{"((0,0),(1,1),(1,0))"}, nil},
		{"circle", 'U', []string{"<(0,0),1>"}, nil},
		{"tsvector", 'U', []string{"a:1A b 'c d'", ""}, nil},
		{"tsquery", 'U', []string{"a & !b", "'x' <-> 'y'"}, nil},
		{"int4range", 'U', []string{"[1,5)", "empty", "(,)"}, nil},
		{"numrange", 'U', []string{"[0.5,)", "empty"}, nil},
		{"tstzrange", 'U', []string{"[2024-01-01 00:00+00,infinity)"}, nil},
		{"int4multirange", 'U', []string{"{[1,3),[5,7)}", "{}"}, nil},
		{"int4[]", 'A', []string{"{}", "{1,NULL,3}", "{{1,2},{3,4}}", "[0:1]={7,8}"}, nil},
		{"text[]", 'U', []string{"{}", `{"a b","NULL",NULL,"\"","\\\\"}`}, nil},
		{"jsonb[]", 'U', []string{`{"{\"a\": 1}"}`}, nil},
		{"pg_lsn", 'U', []string{"0/0", "FFFFFFFF/FFFFFFFF"}, nil},
		{"xid8", 'U', []string{"18446744073709551615"}, nil},
		{"tid", 'U', []string{"(0,1)"}, nil},
		{"pg_snapshot", 'U', []string{"10:20:10,14,15"}, nil},
	}
}

// Quote returns an SQL string constant that means text whatever the setting of
// standard_conforming_strings.
func Quote(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(text, `\`) {
		return "E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

// Spell returns an SQL expression of type text that means text, in one of the
// many ways in which SQL can say so.
func Spell(r *rand.Rand, text string) string {
	switch r.Intn(7) {
	case 0:
		return unicodeQuote(text)
	case 1:
		tag := "$" + pick(r, "", "a", "Ω", "_1") + "$"
		if !strings.Contains(text+"$", tag[:len(tag)-1]) {
			return tag + text + tag
		}
	case 2:
		return "convert_from(decode('" + hex.EncodeToString([]byte(text)) + "', 'hex'), 'UTF8')"
	case 3:
		runes := []rune(text)
		if half := len(runes) / 2; half > 0 && !strings.Contains(text, `\`) {
			return Quote(string(runes[:half])) + "\n" + Quote(string(runes[half:]))
		}
	case 4:
		if runes := []rune(text); len(runes) > 0 && len(runes) <= 8 {
			parts := make([]string, len(runes))
			for i, c := range runes {
				parts[i] = "chr(" + strconv.Itoa(int(c)) + ")"
			}
			return "(" + strings.Join(parts, "||") + ")"
		}
	case 5:
		return "concat(" + Quote(text) + ", null)"
	}
	return Quote(text)
}

// unicodeQuote spells every character that is not plain ASCII as an escape.
func unicodeQuote(text string) string {
	var b strings.Builder
	b.WriteString("U&'")
	for _, c := range text {
		switch {
		case c == '\'' || c == '\\':
			b.WriteRune(c)
			b.WriteRune(c)
		case c >= 0x20 && c < 0x7f:
			b.WriteRune(c)
		case c > 0xffff:
			fmt.Fprintf(&b, `\+%06X`, c)
		default:
			fmt.Fprintf(&b, `\%04X`, c)
		}
	}
	b.WriteString("'")
	return b.String()
}
