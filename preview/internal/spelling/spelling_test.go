package spelling_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/spelling"
)

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"email", "email", 0}, {"emial", "email", 1}, {"emal", "email", 1}, {"emaill", "email", 1},
		{"amail", "email", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 1}, {"abc", "ca", 3},
	} {
		if got := spelling.Distance(test.a, test.b); got != test.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
		if got := spelling.Distance(test.b, test.a); got != test.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", test.b, test.a, got, test.want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"id", "email", "e_mail", "name", "total", "tonal"}
	for word, want := range map[string][]string{
		"emial": {"email"}, "emal": {"email"}, "email": nil, "toal": {"total", "tonal"}, "ix": nil, "nothing": nil, "namee": {"name"}, "": nil,
	} {
		if got := spelling.Nearest(word, known); !slices.Equal(got, want) {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

// A word as long as a query is compared with no name.
func BenchmarkNearestOfALongWord(b *testing.B) {
	word := strings.Repeat("a", 256<<10)
	known := make([]string, 1600)
	for i := range known {
		known[i] = "a_column_of_a_wide_table"
	}
	for b.Loop() {
		spelling.Nearest(word, known)
	}
}
