package catalog

import (
	"slices"
	"testing"
)

func TestNodesOfAList(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		list string
		want []string
	}{
		{"({CONST :constvalue 4 [ 1 ]} {FUNCEXPR :args ({VAR :x {A}})})", []string{"{CONST :constvalue 4 [ 1 ]}", "{FUNCEXPR :args ({VAR :x {A}})}"}},
		{`({ALIAS :aliasname a\}\ \{b\\} {B})`, []string{`{ALIAS :aliasname a\}\ \{b\\}`, "{B}"}},
		{"{ONE}", []string{"{ONE}"}},
		{"", nil},
		{"({open", nil},
		{`(\`, nil},
	} {
		if got := nodesOf(test.list); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.list, got, test.want)
		}
	}
}

func TestReferencesWithinATree(t *testing.T) {
	t.Parallel()
	refs := []ref{{classFunction, 31}, {classOperator, 16400}, {classType, 164}, {classFunction, 4294967295}}
	for tree, want := range map[string][]ref{
		"{FUNCEXPR :funcid 31 :opno 16400}":   {{classFunction, 31}, {classOperator, 16400}},
		"(o 164 4294967295)":                  {{classType, 164}, {classFunction, 4294967295}},
		"{X :a 3100 :b 4294967327 :c 131":     nil, // the second is 31 more than 32 bits
		"99999999999999999999999999999931 31": {{classFunction, 31}},
		"":                                    nil,
	} {
		if got := referredTo(tree, refs); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", tree, got, want)
		}
	}
}
