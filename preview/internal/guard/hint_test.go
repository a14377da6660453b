package guard

import "testing"

func TestSyntaxHints(t *testing.T) {
	for sql, hint := range map[string]string{
		"select :id":                   noParameters,
		"select * from t where a = ?":  noParameters,
		"select * from {{ ref('a') }}": "templates ({{ ... }}) must be expanded before a preview",
		"select * from xmltable('/r' passing '<r/>'::xml columns a text)": "put the value and its cast in parentheses",
		"select a,, b": "",
	} {
		_, refused := Check(sql, nil)
		if len(refused) != 1 || refused[0].Hint != hint {
			t.Errorf("%s: %+v, want the hint %q", sql, refused, hint)
		}
	}
}
