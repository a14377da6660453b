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

func TestColumnsOfABody(t *testing.T) {
	t.Parallel()
	const variable = `{TARGETENTRY :expr {VAR :varno 1 :vartype 16400 :vartypmod -1} :resno 1 :resname a :resjunk false}`
	query := func(entries string) string {
		return "{QUERY :commandType 1 :rtable ({RANGETBLENTRY :alias {ALIAS :aliasname :targetList} :targetList (x)}) :jointree {FROMEXPR :fromlist ({RANGETBLREF :rtindex 1})} :targetList (" + entries + ") :override 0}"
	}
	expression := func(node string) string {
		return query("{TARGETENTRY :expr " + node + ` :resno 2 :resname {\\}\ :resjunk\ true :resjunk false}`)
	}
	for _, test := range []struct {
		body string
		want []OID
	}{
		{"((" + query(variable) + "))", []OID{16400}},
		{query(variable + " " + variable), []OID{16400, 16400}},
		{"((" + query(variable+variable) + " " + expression("{CONST :consttype 23 :constvalue 4 [ 1 0 0 0 ]}") + "))", []OID{23}},
		{query(variable + ` {TARGETENTRY :expr {CONST :consttype 25} :resno 2 :resname x :resjunk true}`), []OID{16400}},
		{expression("{FUNCEXPR :funcid 1 :funcresulttype 20 :args ({CONST :consttype 23})}"), []OID{20}},
		{expression("{CASE :casetype 23 :args ()}"), []OID{23}},
		{expression("{CASEEXPR :casetype 23 :args ()}"), []OID{23}},
		{expression("{ROW :args ({CONST :consttype 23}) :row_typeid 2249 :colnames (\"a\")}"), []OID{2249}},
		{expression("{BOOLEXPR :boolop and :args ()}"), []OID{16}},
		{expression("{SUBLINK :subLinkType 4 :testexpr <> :subselect " + query(variable) + " :location 1}"), []OID{16400}},
		{expression("{SUBLINK :subLinkType 6 :testexpr <> :subselect " + query(variable) + " :location 1}"), []OID{0}},
		{expression("{SUBLINK :subLinkType 4 :subselect " + query(variable+variable) + "}"), []OID{0}},
		{expression("{UNHEARD :resulttype 23}"), []OID{0}},
		{expression("{VAR :vartype x}"), []OID{0}},
		{"(())", nil},
		{"", nil},
		{"{QUERY :targetList ({TARGETENTRY :expr", nil},
	} {
		if got := columnsOfBody(test.body); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.body, got, test.want)
		}
	}
}
