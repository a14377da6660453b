package sanitize_test

import (
	"fmt"

	"github.com/op-data/sqlpreview/sanitize"
)

func Example() {
	s, err := sanitize.New(sanitize.Config{MaxCharacters: 40})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, value := range []string{
		"Größe: 42",
		"invoice\u202efdp.exe",
		"postgres://app:hunter2@db/orders",
		"a text that goes on and on, far beyond what was asked for",
		"=HYPERLINK(\"https://example.com\")",
	} {
		text, changes := s.Text(value)
		fmt.Printf("%q", text)
		if changes != nil {
			fmt.Print(" ", changes.Kinds.Names())
			if changes.Detector != "" {
				fmt.Print(" by ", changes.Detector)
			}
		}
		fmt.Println()
	}
	// Output:
	// "Größe: 42"
	// "invoice�fdp.exe" [BIDI]
	// "postgres://app:[masked-uri_password]@db/" [TRUNCATED MASKED_VALUE] by uri_password
	// "a text that goes on and on, far beyond w" [TRUNCATED]
	// "=HYPERLINK(\"https://example.com\")" [FORMULA_LIKE]
}

func ExampleSanitizer_MaskingRules() {
	s, err := sanitize.New(sanitize.Config{
		Columns: sanitize.ColumnRules{Mask: []string{"public.users.birthday"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	// select id, password as note, upper(name) from public.users
	rules := s.MaskingRules(
		[]sanitize.OutputColumn{
			{Name: "id", Origin: sanitize.ColumnID{Schema: "public", Table: "users", Column: "id"}},
			{Name: "note", Origin: sanitize.ColumnID{Schema: "public", Table: "users", Column: "password"}},
			{Name: "upper"},
		},
		sanitize.Sources{
			Relations: []sanitize.Relation{{Schema: "public", Name: "users", Columns: []string{"id", "name", "password", "birthday"}}},
			Complete:  true,
		},
	)
	fmt.Printf("%q\n", rules)
	text, changes := s.Cell("hunter2", sanitize.Input{MaskedBy: rules[1]})
	fmt.Println(text, changes.Kinds.Names())
	// Output:
	// ["" "column_name" "column_origin"]
	// [masked-column_name] [MASKED_COLUMN]
}

func ExampleAppendCSV() {
	var line []byte
	for i, cell := range []struct {
		value string
		class sanitize.Class
	}{{"=1+1", sanitize.Textual}, {"say \"hi\"", sanitize.Textual}, {"-5", sanitize.Numeric}} {
		if i > 0 {
			line = append(line, ',')
		}
		line = sanitize.AppendCSV(line, cell.value, cell.class)
	}
	fmt.Println(string(line))
	// Output: "'=1+1","say ""hi""","-5"
}
