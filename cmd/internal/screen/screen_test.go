package screen_test

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/cmd/internal/screen"
)

// luminance is WCAG 2's relative luminance of a colour of the 256-colour palette.
func luminance(index int) float64 {
	var rgb [3]float64
	switch {
	case index >= 232:
		grey := float64(8 + 10*(index-232))
		rgb = [3]float64{grey, grey, grey}
	default:
		for i, level := range [3]int{(index - 16) / 36, (index - 16) / 6 % 6, (index - 16) % 6} {
			if level > 0 {
				rgb[i] = float64(55 + 40*level)
			}
		}
	}
	for i, v := range rgb {
		if v /= 255; v <= 0.04045 {
			rgb[i] = v / 12.92
		} else {
			rgb[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*rgb[0] + 0.7152*rgb[1] + 0.0722*rgb[2]
}

func TestColoursCanBeReadOnBlackAndOnWhite(t *testing.T) {
	t.Parallel()
	number := regexp.MustCompile(`38;5;(\d+)m`)
	for _, colour := range []screen.Colour{screen.Red, screen.Orange, screen.Teal, screen.Blue, screen.Grey, screen.Alarm} {
		index, err := strconv.Atoi(number.FindStringSubmatch(string(colour))[1])
		if err != nil {
			t.Fatal(err)
		}
		l := luminance(index)
		if white, black := 1.05/(l+0.05), (l+0.05)/0.05; white < 3.9 || black < 3.9 {
			t.Errorf("%q has contrast %.1f to white and %.1f to black", colour, white, black)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		width  int
		indent string
		want   string
	}{
		{"one two three", 0, "", "one two three"},
		{"one two three", 7, "", "one two\nthree"},
		{"one two three", 8, "  ", "one two\n  three"},
		{"  one two", 6, "  ", "  one\n  two"},
		{"extraordinary word", 5, "", "extraordinary\nword"},
		{"漢字 漢字", 5, "", "漢字\n漢字"},
		{"", 5, "", ""},
	} {
		if got := screen.Wrap(c.text, c.width, c.indent); got != c.want {
			t.Errorf("%q at %d: got %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":          "",
		"abcde":     "abcde",
		"abcdefgh":  "abcde|fgh",
		"漢字漢字":      "漢字|漢字",
		"ab  cd ef": "ab  c|d ef",
		"e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301": "e\u0301e\u0301e\u0301e\u0301e\u0301|e\u0301",
	} {
		if got := strings.Join(screen.Fold(text, 5), "|"); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// FuzzFold: nothing is lost, and no piece with more than one cluster is too wide.
func FuzzFold(f *testing.F) {
	f.Add("漢字 and more", 3)
	f.Fuzz(func(t *testing.T, text string, width int) {
		pieces := screen.Fold(text, width)
		if strings.Join(pieces, "") != text {
			t.Errorf("%q became %q", text, pieces)
		}
	})
}
