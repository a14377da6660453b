package sanitize

import (
	"testing"
	"unicode"

	"golang.org/x/text/unicode/bidi"
)

func TestIsolate(t *testing.T) {
	t.Parallel()
	for text, isolated := range map[string]bool{
		"": false, "plain": false, "Größe": false, "漢字": false, "👩\u200D👧": false, "\uFFFD": false,
		"שלום": true, "نص": true, "1\u200F2": true, "foo\u061C 10-20": true, "a\u200Eb": true, "١٢": true, "\U0001E900": true, "\uFB1D": true,
	} {
		want := text
		if isolated {
			want = "\u2068" + text + "\u2069"
		}
		if got := Isolate(text); got != want {
			t.Errorf("Isolate(%+q) = %+q", text, got)
		}
	}
}

// By the tables of package bidi: no character that can turn the direction is missed.
func TestIsolateMissesNone(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		properties, _ := bidi.LookupString(string(r))
		switch properties.Class() {
		case bidi.R, bidi.AL, bidi.AN:
			if !turnsDirection(r) {
				t.Errorf("%U has class %d and is not isolated", r, properties.Class())
			}
		}
	}
}

// What is isolated leaves its neighbours where they are: on a left-to-right line
// the visual order of everything outside the cell is the logical one.
func TestIsolateKeepsNeighboursInPlace(t *testing.T) {
	t.Parallel()
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"foo\u061C 10-20", "\u200F", "שלום", "نص ١٢", "\u202Eabc", "12 \u05D0"} {
		text, _ := s.Text(value)
		const left, right = "| 7 - 10 | ", " | 20 - 30 |"
		var p bidi.Paragraph
		if _, err := p.SetString(left+Isolate(text)+right, bidi.DefaultDirection(bidi.LeftToRight)); err != nil {
			t.Fatal(err)
		}
		order, err := p.Order()
		if err != nil {
			t.Fatal(err)
		}
		first, last := order.Run(0), order.Run(order.NumRuns()-1)
		if got := first.String(); len(got) < len(left) || got[:len(left)] != left || first.Direction() != bidi.LeftToRight {
			t.Errorf("%+q: the line begins with %+q", value, got)
		}
		if got := last.String(); len(got) < len(right) || got[len(got)-len(right):] != right || last.Direction() != bidi.LeftToRight {
			t.Errorf("%+q: the line ends with %+q", value, got)
		}
	}
}
