package secrets

import (
	"math/rand"
	"slices"
	"strings"
	"testing"
)

// slowly finds what Find finds, by looking for every literal at every place and
// for a card number at every group of digits.
func slowly(f *Finder, text string, hints Hints) []Match {
	s := scan{finder: f, text: text, hints: hints}
	for i := range len(text) {
		for j := range f.rules {
			if strings.HasPrefix(text[i:], f.rules[j].literal) {
				s.match(&f.rules[j], i)
			}
		}
	}
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		i = s.card(i)
	}
	if detector := wholeSecret(text); detector != "" {
		s.add(0, len(text), detector)
	}
	if len(s.matches) == 0 {
		return nil
	}
	return merge(s.matches)
}

// randomText strings literals, digits, separators and letters together.
func randomText(r *rand.Rand, rules []rule) string {
	const some = "aZ09_-./:@=?& \"'$%\n"
	var text strings.Builder
	for range r.Intn(20) {
		switch r.Intn(6) {
		case 0:
			text.WriteString(rules[r.Intn(len(rules))].literal)
		case 1:
			literal := rules[r.Intn(len(rules))].literal
			text.WriteString(literal[:r.Intn(len(literal))])
		case 2:
			for range r.Intn(60) {
				text.WriteByte(letters[r.Intn(len(letters))])
			}
		case 3:
			for range r.Intn(20) {
				text.WriteByte(digits[r.Intn(10)])
			}
		case 4:
			text.WriteString([]string{"4111 1111 1111 1111", "4111-1111-1111-1111", "3782 822463 10005", "4111111111111111", "card", "-----BEGIN ", "eyJhbGciOiJub25lIn0.", "host=h "}[r.Intn(8)])
		default:
			for range r.Intn(6) {
				text.WriteByte(some[r.Intn(len(some))])
			}
		}
	}
	return text.String()
}

// The prefilter must lose nothing: it finds what a search at every place finds.
func TestPrefilterLosesNothing(t *testing.T) {
	t.Parallel()
	f := finder(t)
	seed := rand.Int63()
	r := rand.New(rand.NewSource(seed))
	finds := 0
	for range 8_000 {
		text := randomText(r, f.rules)
		hints := Hints{Partial: r.Intn(4) == 0, Number: r.Intn(8) == 0, Column: []string{"", "card_number"}[r.Intn(2)]}
		got, want := f.Find(text, hints), slowly(f, text, hints)
		finds += len(want)
		if !slices.EqualFunc(got, want, func(a, b Match) bool { return a.Start == b.Start && a.End == b.End }) {
			t.Fatalf("seed %d: %q %+v:\nfound %v\nwant  %v", seed, text, hints, got, want)
		}
	}
	if finds < 400 {
		t.Errorf("only %d secrets were generated", finds)
	}
}
