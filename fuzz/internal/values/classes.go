// Package values makes texts and typed values that a database may hold and that
// a reader of a preview may be hurt by: every Unicode category and script,
// sequences that render as something else, texts at the length limits, baits
// for secret detectors, and literals of every PostgreSQL type.
//
// All randomness comes from the generator that is passed in, so a seed gives
// the same values again.
package values

import (
	"math/rand"
	"slices"
	"strings"
	"unicode"
)

// Class is one family of texts.
type Class struct {
	// Name is stable and appears in reports.
	Name string
	make func(*rand.Rand) string
}

// Classes returns every family, in a fixed order. The slice is the caller's.
func Classes() []Class {
	classes := []Class{
		{"ascii", func(r *rand.Rand) string { return from(r, 1+r.Intn(40), 0x20, 0x7e) }},
		{"empty", func(*rand.Rand) string { return "" }},
		{"c0-control", func(r *rand.Rand) string { return from(r, 1+r.Intn(6), 0x01, 0x1f) }},
		{"c1-control", func(r *rand.Rand) string { return from(r, 1+r.Intn(6), 0x7f, 0x9f) }},
		{"terminal-escape", terminal},
		{"bidi-override", func(r *rand.Rand) string { return mixed(r, 0x202a, 0x202e) }},
		{"bidi-isolate", func(r *rand.Rand) string { return mixed(r, 0x2066, 0x2069) }},
		{"direction-mark", func(r *rand.Rand) string { return mixed(r, 0x200e, 0x200f) }},
		{"zero-width", func(r *rand.Rand) string { return mixed(r, 0x200b, 0x200d) }},
		{"invisible-operator", func(r *rand.Rand) string { return mixed(r, 0x2060, 0x206f) }},
		{"tag", func(r *rand.Rand) string { return mixed(r, 0xe0000, 0xe007f) }},
		{"variation-selector", func(r *rand.Rand) string { return mixed(r, 0xfe00, 0xfe0f) }},
		{"variation-supplement", func(r *rand.Rand) string { return mixed(r, 0xe0100, 0xe01ef) }},
		{"filler", func(r *rand.Rand) string {
			return "a" + pick(r, "\u3164", "\u115f", "\u1160", "\uffa0", "\u00ad", "\ufeff") + "b"
		}},
		{"line-separator", func(r *rand.Rand) string { return "a" + pick(r, "\u2028", "\u2029", "\u0085", "\v", "\f") + "b" }},
		{"combining-run", func(r *rand.Rand) string { return "a" + from(r, 1+r.Intn(80), 0x300, 0x36f) }},
		{"emoji-sequence", emoji},
		{"hangul-jamo", func(r *rand.Rand) string {
			return from(r, 1, 0x1100, 0x1112) + from(r, 1, 0x1161, 0x1175) + from(r, r.Intn(2), 0x11a8, 0x11c2)
		}},
		{"indic-joiner", func(r *rand.Rand) string {
			return from(r, 1, 0x915, 0x939) + "\u094d" + pick(r, "\u200d", "\u200c", "") + from(r, 1, 0x915, 0x939)
		}},
		{"noncharacter", func(r *rand.Rand) string { return "a" + string(rune(r.Intn(17)<<16|0xfffe|r.Intn(2))) }},
		{"private-use", func(r *rand.Rand) string { return from(r, 1+r.Intn(4), 0xe000, 0xf8ff) }},
		{"any-plane", func(r *rand.Rand) string { return from(r, 1+r.Intn(8), 0x10000, 0x10ffff) }},
		{"formula", func(r *rand.Rand) string {
			return pick(r, "=", "+", "-", "@", "\t=", "＝") + pick(r, "cmd|' /C calc'!A0", "1+1", "HYPERLINK(\"http://x\")")
		}},
		{"markup", func(r *rand.Rand) string {
			return pick(r, "<script>alert(1)</script>", "]]>", "${x}", "{{7*7}}", "%s%n", "\\x41")
		}},
		{"secret-like", secretLike},
		{"at-limit", atLimit},
		{"long-cluster", func(r *rand.Rand) string { return "a" + strings.Repeat("\u0301", 1000+r.Intn(200)) }},
		{"long-zwj", func(r *rand.Rand) string { return strings.Repeat("\U0001F468\u200d", 500+r.Intn(40)) + "\U0001F468" }},
	}
	for _, name := range sortedKeys(unicode.Categories) {
		if table := unicode.Categories[name]; hasScalar(table) {
			classes = append(classes, Class{"category-" + name, tableText(table)})
		}
	}
	for _, name := range sortedKeys(unicode.Scripts) {
		classes = append(classes, Class{"script-" + name, tableText(unicode.Scripts[name])})
	}
	return classes
}

// classes is computed once: it is read-only and large.
var classes = Classes()

// Text returns a valid UTF-8 text without NUL: one to four families in a row.
// The special families are chosen as often as the many scripts together.
func Text(r *rand.Rand) string {
	const special = 28
	var b strings.Builder
	for range 1 + r.Intn(4)*r.Intn(2) {
		n := special
		if r.Intn(3) == 0 {
			n = len(classes)
		}
		b.WriteString(classes[r.Intn(n)].Text(r))
	}
	return b.String()
}

// Text returns one text of the family, valid UTF-8 without NUL.
func (c Class) Text(r *rand.Rand) string {
	return strings.ReplaceAll(strings.ToValidUTF8(c.make(r), ""), "\x00", "")
}

// Bytes returns bytes that are often not valid UTF-8: overlong forms, lone
// surrogates, cut sequences, stray continuation bytes and Latin-1.
func Bytes(r *rand.Rand) []byte {
	broken := []string{
		"\xc0\x80", "\xc0\xbb", "\xe0\x80\xbb", "\xf0\x80\x80\xbb", // overlong NUL and ';'
		"\xed\xa0\x80", "\xed\xbf\xbf", // surrogates
		"\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", // past U+10FFFF
		"\xe2\x82", "\xf0\x9f\x98", "\x80", "\xbf", "\xfe", "\xff", "caf\xe9",
	}
	b := []byte(Text(r))
	for range 1 + r.Intn(3) {
		at := r.Intn(len(b) + 1)
		b = slices.Insert(b, at, []byte(broken[r.Intn(len(broken))])...)
	}
	return b
}

func terminal(r *rand.Rand) string {
	return pick(r, "\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\", "\u009b31m", "\x1b[6n", "\x1bP", "\b\b\b")
}

func emoji(r *rand.Rand) string {
	return pick(r, "\U0001F468\u200d\U0001F469\u200d\U0001F467\u200d\U0001F466", "\U0001F1E9\U0001F1EA",
		"\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F", "\U0001F44D\U0001F3FD",
		"\u2764\ufe0f\u200d\U0001F525", "1\ufe0f\u20e3", "\U0001F1E9", "\u200d\U0001F468", "\U0001F3FF")
}

// secretLike returns texts of the shapes that detectors look for. None is real.
func secretLike(r *rand.Rand) string {
	return pick(r, "4111111111111111", "4111 1111 1111 1111", "AKIAIOSFODNN7EXAMPLE", "ghp_"+alnum(r, 36),
		"postgres://u:"+alnum(r, 12)+"@h/d", "-----BEGIN PRIVATE KEY-----\n"+alnum(r, 64)+"\n-----END PRIVATE KEY-----",
		"DE89370400440532013000", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "sk_live_"+alnum(r, 24), "password="+alnum(r, 10))
}

// atLimit returns texts whose length lies around the 1024 characters of a cell,
// ending in something that must not be cut in two.
func atLimit(r *rand.Rand) string {
	unit := pick(r, "x", "é", "漢", "\U0001F600", "e\u0301")
	n := 1024/len([]rune(unit)) - r.Intn(6)
	return strings.Repeat(unit, max(n, 0)) + pick(r, "", "e\u0301\u0301", "\U0001F468\u200d\U0001F469", "\U0001F1E9\U0001F1EA", "\r\n", "4111111111111111") + pick(r, "", "tail")
}

func alnum(r *rand.Rand, n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.Intn(len(alphabet))]
	}
	return string(b)
}

func pick(r *rand.Rand, of ...string) string { return of[r.Intn(len(of))] }

// from returns n code points of the closed range.
func from(r *rand.Rand, n int, low, high rune) string {
	var b strings.Builder
	for range n {
		b.WriteRune(low + rune(r.Intn(int(high-low)+1)))
	}
	return b.String()
}

// mixed puts code points of the range between letters.
func mixed(r *rand.Rand, low, high rune) string {
	var b strings.Builder
	for range 1 + r.Intn(4) {
		b.WriteString(pick(r, "a", "user", "\u0627", "א", "\U0001F468", "क", ""))
		b.WriteString(from(r, 1+r.Intn(2), low, high))
	}
	return b.String() + pick(r, "z", "")
}

func tableText(table *unicode.RangeTable) func(*rand.Rand) string {
	return func(r *rand.Rand) string {
		var b strings.Builder
		for range 1 + r.Intn(6) {
			b.WriteRune(runeOf(r, table))
		}
		return b.String()
	}
}

// runeOf picks a range of the table, then a code point of the range.
func runeOf(r *rand.Rand, table *unicode.RangeTable) rune {
	i := r.Intn(len(table.R16) + len(table.R32))
	if i < len(table.R16) {
		rng := table.R16[i]
		return rune(rng.Lo) + rune(rng.Stride)*rune(r.Intn(int((rng.Hi-rng.Lo)/rng.Stride)+1))
	}
	rng := table.R32[i-len(table.R16)]
	return rune(rng.Lo) + rune(rng.Stride)*rune(r.Intn(int((rng.Hi-rng.Lo)/rng.Stride)+1))
}

// hasScalar reports whether a table holds anything that UTF-8 can say; the
// surrogates' does not.
func hasScalar(table *unicode.RangeTable) bool {
	for _, rng := range table.R16 {
		if rng.Lo < 0xd800 || rng.Hi > 0xdfff {
			return true
		}
	}
	return len(table.R32) > 0
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
