package requestid_test

import (
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/requestid"
)

func TestValid(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"":                               false,
		"a":                              true,
		"req-1/2:3 {~}":                  true,
		strings.Repeat("a", 128):         true,
		strings.Repeat("a", 129):         false,
		"a\nb":                           false,
		"a\x7f":                          false,
		"a\x00":                          false,
		"gr\u00fc\u00dfe":                false,
		"a\u202eb":                       false,
		"\xff":                           false,
		strings.Repeat("\u00e9", 64)[1:]: false,
	} {
		if got := requestid.Valid(id); got != want {
			t.Errorf("%q: got %v", id, got)
		}
	}
}
