package sanitize

import (
	"slices"
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, in, want string
		kinds          Kind
	}{
		{"ascii", "plain text\twith\r\nlines", "plain text\twith\r\nlines", 0},
		{"nul", "a\x00b", "a\uFFFDb", Control},
		{"escape sequence", "\x1b[31mred\x1b[0m", "\uFFFD[31mred\uFFFD[0m", Control},
		{"del and c1", "a\x7f\u0085", "a\uFFFD\uFFFD", Control},
		{"line separator", "a\u2028b\u2029", "a\uFFFDb\uFFFD", Control},
		{"noncharacter", "\uFDD0\U0001FFFE", "\uFFFD\uFFFD", Control},
		{"one byte", "a\xffb", "a\uFFFDb", InvalidUTF8},
		{"maximal subparts", "\xF1\x80\x80\xE1\x80\xC2b", "\uFFFD\uFFFD\uFFFDb", InvalidUTF8},
		{"surrogate", "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD", InvalidUTF8},
		{"override", "a\u202Eb\u2066", "a\uFFFDb\uFFFD", Bidi},
		{"zero width", "a\u200Bb\uFEFF\u2060\u00AD", "a\uFFFDb\uFFFD\uFFFD\uFFFD", Invisible},
		{"hangul filler", "\u3164\uFFA0\u115F", "\uFFFD\uFFFD\uFFFD", Invisible},
		{"replacement character", "a\uFFFD", "a\uFFFD", 0},
		{"direction marks", "\u200Ea\u200F\u061C", "\u200Ea\u200F\u061C", 0},
		{"persian zwnj", "می\u200Cخواهم", "می\u200Cخواهم", 0},
		{"zwnj before more marks than are kept", "ب\u200C" + strings.Repeat("\u064B", 5) + "ب", "ب\u200C" + strings.Repeat("\u064B", 4) + "\uFFFDب", CombiningLimit},
		{"zwnj among marks", "ب\u064B\u200C\u064Bب", "ب\u064B\u200C\u064Bب", 0},
		{"latin zwnj", "a\u200Cb", "a\uFFFDb", Invisible},
		{"zwnj at the end of a word", "می\u200C x", "می\u200C x", 0},
		{"zwnj between Latin and Persian", "CD\u200Cها", "CD\u200Cها", 0},
		{"two zwnj", "می\u200C\u200Cخواهم", "می\u200C\uFFFDخواهم", Invisible},
		{"syriac zwnj", "\u071B\u200C", "\u071B\u200C", 0},
		{"bengali vowel zwnj", "\u09BF\u200C\u0987", "\u09BF\u200C\u0987", 0},
		{"zwsp after javanese", "\uA9B1\uA9C8\u200B\uA9A9", "\uA9B1\uA9C8\u200B\uA9A9", 0},
		{"two zwsp", "ខ\u200B\u200Bម", "ខ\uFFFD\uFFFDម", Invisible},
		{"zwsp and zwnj", "ខ\u200B\u200Cម", "ខ\uFFFD\uFFFDម", Invisible},
		{"malayalam chillu before zwnj", "ന\u0D4D\u200D\u200Cവ", "ന\u0D4D\u200D\u200Cവ", 0},
		{"soft hyphen in a word", "co\u00ADoperate", "cooperate", Invisible},
		{"word joiner in a word", "a\u2060b", "ab", Invisible},
		{"soft hyphen at a word's end", "kilo\u00AD", "kilo\uFFFD", Invisible},
		{"soft hyphens in a row", "a\u00AD\u00ADb", "a\uFFFD\uFFFDb", Invisible},
		{"soft hyphen before a mark", "e\u00AD\u0301", "e\uFFFD\u0301", Invisible},
		{"hebrew grapheme joiner", "\u05DC\u05B7\u034F\u05B4", "\u05DC\u05B7\u034F\u05B4", 0},
		{"latin grapheme joiner", "a\u034F\u0301", "a\uFFFD\u0301", Invisible},
		{"braille", "\u2801\u2800\u2802", "\u2801\u2800\u2802", 0},
		{"blank braille alone", "a\u2800b", "a\uFFFDb", Invisible},
		{"blank hieroglyph", "\U00013000\U00013441x\U00013442", "\U00013000\U00013441x\uFFFD", Invisible},
		{"null notehead", "\U0001D159\U0001D165 \U0001D159", "\U0001D159\U0001D165 \uFFFD", Invisible},
		{"three direction marks", "a\u200E\u200F\u200Eb", "a\u200E\u200F\uFFFDb", Bidi},
		{"persian hijri", "۱۳۹۸ ه\u200D.ش", "۱۳۹۸ ه\u200D.ش", 0},
		{"arabic zwj in the middle", "به\u200Dم", "به\u200Dم", 0},
		{"devanagari virama zwj", "क्\u200Dष", "क्\u200Dष", 0},
		{"bengali ra zwj", "র\u200D্যাব", "র\u200D্যাব", 0},
		{"two joiners", "क्\u200D\u200Dष", "क्\u200D\uFFFDष", Invisible},
		{"family", "👩\u200D👩\u200D👧\u200D👦", "👩\u200D👩\u200D👧\u200D👦", 0},
		{"skin tone and heart", "👩🏽\u200D❤\uFE0F\u200D👨🏿", "👩🏽\u200D❤\uFE0F\u200D👨🏿", 0},
		{"zwj between letters", "a\u200Db", "a\uFFFDb", Invisible},
		{"wales", "🏴\U000E0067\U000E0062\U000E0077\U000E006C\U000E0073\U000E007F", "🏴\U000E0067\U000E0062\U000E0077\U000E006C\U000E0073\U000E007F", 0},
		{"tags after a flag", "🏴\U000E0061\U000E007F", "🏴\uFFFD\uFFFD", Invisible},
		{"tags", "a\U000E0041", "a\uFFFD", Invisible},
		{"keycap", "1\uFE0F\u20E3", "1\uFE0F\u20E3", 0},
		{"japanese ivs", "葛\U000E0100", "葛\U000E0100", 0},
		{"unregistered ivs", "葛\U000E01EF", "葛\uFFFD", Invisible},
		{"selector on a letter", "a\uFE0F", "a\uFFFD", Invisible},
		{"two selectors", "❤\uFE0F\uFE0F", "❤\uFE0F\uFFFD", Invisible},
		{"mongolian selector", "ᠠ\u180B", "ᠠ\u180B", 0},
		{"mongolian vowel separator", "ᠬᠠᠷ\u180Eᠠ", "ᠬᠠᠷ\u180Eᠠ", 0},
		{"mongolian vowel separator in latin", "a\u180Eb", "a\uFFFDb", Invisible},
		{"four marks above", "e" + strings.Repeat("\u0301", 4), "e" + strings.Repeat("\u0301", 4), 0},
		{"six marks above", "e" + strings.Repeat("\u0301", 6), "e" + strings.Repeat("\u0301", 4) + "\uFFFD\uFFFD", CombiningLimit},
		{"four above and four below", "e" + strings.Repeat("\u0301\u0323", 5), "e" + strings.Repeat("\u0301\u0323", 4) + "\uFFFD\uFFFD", CombiningLimit},
		{"marks without a class", "ก" + strings.Repeat("\u0E47", 7), "ก" + strings.Repeat("\u0E47", 6) + "\uFFFD", CombiningLimit},
		{"precomposed counts", "é" + strings.Repeat("\u0301", 4), "é" + strings.Repeat("\u0301", 3) + "\uFFFD", CombiningLimit},
		{"thirty spacing marks", "क" + strings.Repeat("\u093E", 30), "क" + strings.Repeat("\u093E", 30), 0},
		{"more spacing marks", "क" + strings.Repeat("\u093E", 31), "क" + strings.Repeat("\u093E", 30) + "\uFFFD", CombiningLimit},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, splices, _ := clean(test.in)
			var kinds Kind
			for _, s := range splices {
				kinds |= s.kind
			}
			if got != test.want || kinds != test.kinds {
				t.Errorf("clean(%+q) = %+q %v, want %+q %v", test.in, got, kinds.Names(), test.want, test.kinds.Names())
			}
			if again, splices, _ := clean(got); again != got || splices != nil {
				t.Errorf("cleaned twice: %+q, then %+q", got, again)
			}
		})
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	// The text 0123456789 with edits at 1, 4, 5 and 9: 4 to 6 become six bytes,
	// and then 0 becomes nothing but a mark of three.
	edits := []edit{{at: 1, kind: Control}, {at: 4, kind: Bidi}, {at: 5, kind: Bidi}, {at: 9, kind: Invisible}}
	edits = apply(edits, []splice{{at: 4, old: 3, length: 6, kind: MaskedValue, detector: 7}})
	edits = apply(edits, []splice{{at: 0, old: 1, length: 3, kind: InvalidUTF8}, {at: 12, old: 0, length: 1, kind: Control}})
	want := []edit{{0, InvalidUTF8, 0}, {3, Control, 0}, {6, MaskedValue, 7}, {14, Control, 0}, {15, Invisible, 0}}
	if !slices.Equal(edits, want) {
		t.Errorf("apply = %v, want %v", edits, want)
	}
	if got := before(want, 6); !slices.Equal(got, want[:2]) {
		t.Errorf("before = %v", got)
	}
}

func TestCell(t *testing.T) {
	t.Parallel()
	s, err := New(Config{MaxCharacters: 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, text string
		in         Input
		want       string
		kinds      Kind
	}{
		{"fits", "12345", Input{}, "12345", 0},
		{"cut", "123456", Input{}, "12345", Truncated},
		{"cluster at the cut", "1234e\u0301", Input{}, "1234", Truncated},
		{"cluster longer than the limit", "e" + strings.Repeat("\u0301", 9), Input{}, "e" + strings.Repeat("\u0301", 4), Truncated},
		{"no dangling joiner", "12 ی\u200Cخواهم", Input{}, "12 ", Truncated},
		{"tail never read", "1234\xC3", Input{OriginalBytes: 99}, "123", Truncated},
		{"replacement past the cut", "12345\x00", Input{}, "12345", Truncated},
		{"formula", "=1+1", Input{}, "=1+1", FormulaLike},
		{"negative number", "-1", Input{Class: Numeric}, "-1", 0},
		{"bytea", `\x00ff`, Input{Class: Binary}, `\x00`, Truncated},
		{"masked column", "hunter2", Input{MaskedBy: "name"}, "[mask", MaskedColumn},
		{"direction mark", "a\u200E", Input{}, "a\u200E", DirectionMark},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, changes := s.Cell(test.text, test.in)
			var kinds Kind
			if changes != nil {
				kinds = changes.Kinds
			}
			if got != test.want || kinds != test.kinds {
				t.Errorf("Cell = %+q %v, want %+q %v", got, kinds.Names(), test.want, test.kinds.Names())
			}
		})
	}
}
