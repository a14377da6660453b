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

// The table must agree with the standard library, whose tables were made by
// other hands, for every code point.
func TestClassesAgreeWithPackageUnicode(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
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
			if want := nothing(r) || r >= 0xFFF9 && r <= 0xFFFB; decided != want {
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
		if int(is.Marks) != want || mark && is.Action != class.Mark {
			t.Errorf("%U: %d marks, action %d; want %d marks, mark %t", r, is.Marks, is.Action, want, mark)
		}
		if got, want := is.Virama, norm.NFD.PropertiesString(string(r)).CCC() == 9; got != want {
			t.Errorf("%U: virama %t, want %t", r, got, want)
		}
	}
}

func TestJoiningTypes(t *testing.T) {
	t.Parallel()
	for r, want := range map[rune]class.Joining{
		'a': class.NonJoining, '\u0627': class.RightJoining, '\u0628': class.DualJoining, '\u064B': class.Transparent,
		'\u0640': class.NonJoining, // tatweel causes joining and is no letter
		'\u200D': class.NonJoining, '\u1820': class.DualJoining, '\uA872': class.LeftJoining, '\u0712': class.DualJoining,
		'\U00010D00': class.LeftJoining, '\U0001E900': class.DualJoining,
	} {
		if got := Of(r).Joining; got != want {
			t.Errorf("%U: joining type %d, want %d", r, got, want)
		}
	}
}

func TestRegistered(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		base, selector rune
		want           bool
	}{
		{'0', 0xFE0F, true}, {'#', 0xFE0E, true}, {'a', 0xFE0F, false}, {0x2764, 0xFE0F, true}, {0x1F600, 0xFE0F, false},
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
	const want = 30749 // distinct pairs of the files, counted apart from the generator
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
