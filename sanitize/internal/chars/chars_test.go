package chars

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/op-data/sqlpreview/sanitize/internal/chars/class"
)

// nothing tells, from the tables of the standard library, whether a character
// is one that Unicode says to show as nothing (Default_Ignorable_Code_Point, as
// UAX #44 derives it).
func nothing(r rune) bool {
	if r >= 0xFFF9 && r <= 0xFFFB || r >= 0x13430 && r <= 0x13455 || unicode.Is(unicode.Prepended_Concatenation_Mark, r) {
		return false
	}
	return unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r)
}

// blank reports whether a character looks like a space, which Unicode does not say.
func blank(r rune) bool { return r == 0x2800 || r == 0x1D159 || r == 0x13441 || r == 0x13442 }

// The table must agree with the standard library, whose tables were made by
// other hands, for every code point that both know.
func TestClassesAgreeWithPackageUnicode(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.Is(unicode.Cn, r) && !unicode.Is(unicode.Noncharacter_Code_Point, r) {
			continue // assigned later than Go's tables, or never
		}
		is := Of(r)
		keep := r == '\t' || r == '\n' || r == '\r'
		control := !keep && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cs, r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point))
		if got := is.Action == class.Control; got != control {
			t.Errorf("%U: control %t, want %t", r, got, control)
		}
		bidi := unicode.Is(unicode.Bidi_Control, r)
		if got := is.Action == class.Bidi || is.Action == class.DirectionMark; got != bidi {
			t.Errorf("%U: bidi %t, want %t", r, got, bidi)
		}
		if !control && !bidi {
			decided := is.Action >= class.Control
			if want := nothing(r) || r >= 0xFFF9 && r <= 0xFFFB || blank(r); decided != want {
				t.Errorf("%U: a decision is needed: %t, want %t", r, decided, want)
			}
		}
		if is.Action > class.Mark {
			continue
		}
		decomposed := norm.NFKD.AppendString(nil, string(r))
		trailing := 0
		for len(decomposed) > 0 {
			last, size := utf8.DecodeLastRune(decomposed)
			if norm.NFKD.PropertiesString(string(last)).CCC() == 0 {
				break
			}
			trailing++
			decomposed = decomposed[:len(decomposed)-size]
		}
		mark := unicode.Is(unicode.M, r)
		want := trailing
		if mark {
			want = max(want, 1)
		}
		if is.Marks.Total() != want || mark && is.Action != class.Mark {
			t.Errorf("%U: %d marks, action %d; want %d marks, mark %t", r, is.Marks.Total(), is.Action, want, mark)
		}
		if got, want := is.Virama, norm.NFD.PropertiesString(string(r)).CCC() == 9; got != want {
			t.Errorf("%U: virama %t, want %t", r, got, want)
		}
	}
}

// Characters that Go's tables do not know yet.
func TestClassesOfUnicode17(t *testing.T) {
	t.Parallel()
	for r, want := range map[rune]class.Class{
		0x1ACF:  {Action: class.Mark, Marks: class.All + class.Above}, // 17.0: combining double caron
		0x10D69: {Action: class.Mark, Marks: class.All + class.Above}, // 16.0: Garay vowel sign E
		0x11DC9: {Letter: true},                                       // 17.0: Tolong Siki letter
		0x1C89:  {Letter: true},                                       // 16.0: Cyrillic
		0x1FAE9: {Pictographic: true},                                 // 16.0: an emoji
	} {
		if got := *Of(r); got != want {
			t.Errorf("%U: %+v, want %+v", r, got, want)
		}
	}
}

// The scripts whose spelling uses joiners, and those that do not.
func TestJoiningScripts(t *testing.T) {
	t.Parallel()
	joining := []*unicode.RangeTable{
		unicode.Arabic, unicode.Syriac, unicode.Nko, unicode.Mandaic, unicode.Mongolian, unicode.Phags_Pa, unicode.Adlam, unicode.Hanifi_Rohingya,
		unicode.Hebrew, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu,
		unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Thai, unicode.Lao, unicode.Tibetan, unicode.Myanmar, unicode.Khmer,
		unicode.Javanese, unicode.Balinese, unicode.Sundanese, unicode.Buginese, unicode.Batak, unicode.Chakma, unicode.Meetei_Mayek,
	}
	plain := []*unicode.RangeTable{
		unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Georgian, unicode.Han, unicode.Hiragana, unicode.Katakana,
		unicode.Hangul, unicode.Ethiopic, unicode.Cherokee, unicode.Braille, unicode.Egyptian_Hieroglyphs,
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		is := Of(r)
		if is.Action > class.Mark || unicode.Is(unicode.Cf, r) {
			continue
		}
		if unicode.In(r, joining...) && !is.Joins || unicode.In(r, plain...) && is.Joins {
			t.Errorf("%U: joins %t", r, is.Joins)
		}
	}
	for r, want := range map[rune]bool{'\u0640': true, '\u0660': true, '\u064B': true, '\u0964': true, 'a': false, '7': false, ' ': false, '\u0301': false, '\u00B7': false} {
		if Of(r).Joins != want {
			t.Errorf("%U: joins %t", r, !want)
		}
	}
}

func TestRegistered(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		base, selector rune
		want           bool
	}{
		{'0', 0xFE0F, true}, {'#', 0xFE0E, true}, {'a', 0xFE0F, false}, {0x2764, 0xFE0F, true}, {0x1F600, 0xFE0F, false}, {0x2705, 0xFE0F, true}, {0x23F0, 0xFE0F, true}, {0x2795, 0xFE0E, true},
		{0x845B, 0xE0100, true}, {0x845B, 0xE0101, true}, {0x845B, 0xE01EF, false}, {0x3402, 0xE0100, true}, {0x3401, 0xE0100, false},
		{0x4FAE, 0xFE00, true}, {0x4FAE, 0xFE05, false}, {0x1820, 0x180B, true}, {0x1820, 0x180F, false}, {0x2A6D6, 0xE0100, false},
		{0x2229, 0xFE00, true}, {0x2229, 0xFE01, false}, {0, 0xFE00, false}, {unicode.MaxRune, 0xE0100, false}, {'0', 'a', false},
	} {
		if got := Registered(test.base, test.selector); got != test.want {
			t.Errorf("Registered(%U, %U) = %t", test.base, test.selector, got)
		}
	}
}

// The records hold exactly the pairs of the three source files.
func TestRegisteredCount(t *testing.T) {
	t.Parallel()
	const want = 31485 // distinct pairs of the files, counted apart from the generator
	var selectors []rune
	for _, span := range [][2]rune{{0xFE00, 0xFE0F}, {0xE0100, 0xE01EF}, {0x180B, 0x180F}} {
		for r := span[0]; r <= span[1]; r++ {
			selectors = append(selectors, r)
		}
	}
	bases := map[rune]bool{}
	for i := range len(sequences) / recordSize {
		first, more, _, _ := record(i)
		for base := first; base <= first+more; base++ {
			bases[base] = true
		}
	}
	count := 0
	for base := range bases {
		for _, selector := range selectors {
			if Registered(base, selector) {
				count++
			}
		}
	}
	if count != want {
		t.Errorf("%d sequences are registered, want %d", count, want)
	}
}
