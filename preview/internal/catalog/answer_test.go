package catalog

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseRows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want [][]string
		bad  bool
	}{
		{"{}", nil, false},
		{"{a}", [][]string{{"a"}}, false},
		{`{a,"b,c","d\"e\\f",""}`, [][]string{{"a", "b,c", `d"e\f`, ""}}, false},
		{`{{1,"x y"},{2,"}"}}`, [][]string{{"1", "x y"}, {"2", "}"}}, false},
		{`{"NULL",é}`, [][]string{{"NULL", "é"}}, false},
		{"", nil, true},
		{"a", nil, true},
		{"{", nil, true},
		{"{a", nil, true},
		{"{a}b", nil, true},
		{"{a,}", nil, true},
		{"{,a}", nil, true},
		{"{NULL}", nil, true},
		{`{"a}`, nil, true},
		{`{"a\`, nil, true},
		{`{"a"b}`, nil, true},
		{"{{a},b}", nil, true},
		{"{{a}{b}}", nil, true},
		{"{{a}", nil, true},
		{"{{a}}x", nil, true},
		{"{{}}", nil, true},
	}
	for _, test := range tests {
		got, err := parseRows(test.text)
		if (err != nil) != test.bad || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: %q, %v; want %q, an error: %v", test.text, got, err, test.want, test.bad)
		}
	}
}

func FuzzParseRows(f *testing.F) {
	f.Add("a", `b"\`)
	f.Add("", "{},")
	f.Fuzz(func(t *testing.T, a, b string) {
		_, _ = parseRows(a) // does not panic
		quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
		got, err := parseRows(`{{"` + quote.Replace(a) + `","` + quote.Replace(b) + `"},{x,"` + quote.Replace(a) + `"}}`)
		if want := [][]string{{a, b}, {"x", a}}; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	})
}

func validRows() [][]string {
	return [][]string{
		{"s", "150000", "r", "UTF8", "", "{pg_catalog,public}", "", "", "", ""},
		{"n", "1", "2", "r", "20000", "", "", "", "", ""},
		{"r", "20000", "public", "a", "", `{r,20001,false,10,false,0,"u20005","d20006","m20020",false,"10 11","{id,\"\"}","t20001","{}"}`, `{{1,id,23,"","{}",""},{2,g,23,s,"{}","{VAR :varattno 1}"}}`, "f31 t20010", "f32 r20000", `{{true,"0 10",true,"{FUNCEXPR :funcid 32}"},{false,"11",false,""}}`},
		{"u", "20005", "public", "up", "", `{f,0,false,10,false,0,"","","",false,"","{id}","t20001","{schema_name=far,table_name=away}"}`, "{{1,id,23,\"\",\"{column_name=pw}\",\"\"}}", "", "", ""},
		{"d", "20006", "public", "down", "", `{f,0,false,10,false,0,"","","",false,"","{id}","","{schema_name=far,table_name=away}"}`, "{{1,id,23,\"\",\"{column_name=pw}\",\"\"}}", "", "", ""},
		{"t", "20001", "public", "a", "", `{c,C,false,0,0,0,20000,0,0,2290,2291,0,0,0,0,"m20020"}`, "{{1,id,23}}", "", "", ""},
		{"f", "20002", "public", "f", "", `{f,v,sql,"23 25",0,2,23,false,"{i,i,o}","{23,25,23}","{a,b,c}","{}",false,false,false,"",0,"",""}`, `{"({CONST :consttype 23} {FUNCEXPR :funcid 31})"}`, "", "f31", "select 1"},
		{"o", "20003", "public", "=", "", `{23,23,16,20002,0,0,"m20020"}`, "{}", "", "", ""},
		{"m", "20020", "-", "", "", `{f20002,o20003}`, "{}", "", "", ""},
		{"b", "", "", "", "", `{"{23}","{pg_catalog}","{int4}","{b}","{N}","{f}","{0}","{1007}","{0}","{0}","{0}","{42}","{43}","{0}","{0}"}`, "", "", "", ""},
		{"k", "", "", "", "", `{"{10001}","{23}","{20}","{481}","{i}","{f}"}`, "", "", "", ""},
		{"g", "", "", "", "", `{"{t23,o96,u2206}","{m20020,f20002,f20002}"}`, "", "", "", ""},
		{"c", "20030", "public", "c", "", `{f,i,c,"23 25",0,0,23,false,"{}","{}","{}","{}",false,false,false,"",0,"",""}`, "{}", "", "", ""},
	}
}

// TestMalformedAnswers: an answer that is not one to the question is an error, whatever
// it is that is wrong.
func TestMalformedAnswers(t *testing.T) {
	t.Parallel()
	asked := seeds(relations("a").keys())
	if _, err := readAnswer(validRows(), time.Now(), asked, &full); err != nil {
		t.Fatalf("the valid answer: %v", err)
	}
	// Texts that mean themselves.
	free := map[byte][]int{
		's': {2, 3, 4, 6, 7, 8, 9}, 'n': {5, 6, 7, 8, 9}, 'b': {1, 2, 3, 4, 6, 7, 8, 9}, 'k': {1, 2, 3, 4, 6, 7, 8, 9}, 'g': {1, 2, 3, 4, 6, 7, 8, 9},
		'r': {2, 3, 4}, 'u': {2, 3, 4, 7, 8, 9}, 'd': {2, 3, 4, 7, 8, 9}, 't': {2, 3, 4, 8, 9},
		'f': {2, 3, 4, 9}, 'c': {2, 3, 4, 6, 9}, 'o': {2, 3, 4, 6, 7, 8, 9}, 'm': {2, 3, 4, 6, 7, 8, 9},
	}
	for i, row := range validRows() {
		for column := range row {
			if slices.Contains(free[row[0][0]], column) {
				continue
			}
			for _, junk := range []string{"junk", "-1", "4294967296", "{", `{{1,2,3,4,5,6,7}}`, "x "} {
				rows := validRows()
				rows[i][column] = junk
				if _, err := readAnswer(rows, time.Now(), asked, &full); err == nil {
					t.Errorf("row %q with %q in column %d was read", row, junk, column)
				}
			}
		}
		for _, cut := range []int{0, 1, 5, 9} {
			rows := validRows()
			rows[i] = rows[i][:cut]
			if _, err := readAnswer(rows, time.Now(), asked, &full); err == nil {
				t.Errorf("row %q cut to %d columns was read", row, cut)
			}
		}
	}
	tests := []struct {
		what string
		rows [][]string
		form *form
	}{
		{"nothing", nil, &ordinary},
		{"no session", validRows()[1:9], &ordinary},
		{"no base", validRows()[:9], &full},
		{"a base that nobody asked for", validRows(), &ordinary},
		{"a name that nobody asked for", append(validRows(), []string{"n", "2", "2", "r", "20000", "", "", "", "", ""}), &full},
		{"another class than was asked for", append(validRows(), []string{"n", "1", "2", "t", "20001", "", "", "", "", ""}), &full},
	}
	for _, test := range tests {
		if _, err := readAnswer(test.rows, time.Now(), asked, test.form); err == nil {
			t.Errorf("%s was read", test.what)
		}
	}
}

// FuzzReadAnswer: no answer ends the process, whatever a server says.
func FuzzReadAnswer(f *testing.F) {
	for _, row := range validRows() {
		f.Add(row[0], row[1], row[2], row[5], row[6], row[7])
	}
	f.Fuzz(func(_ *testing.T, class, oid, schema, detail, list, runs string) {
		rows := append(validRows(), []string{class, oid, schema, "x", "", detail, list, runs, runs, ""})
		_, _ = readAnswer(rows, time.Now(), seeds(relations("a").keys()), &full)
	})
}
