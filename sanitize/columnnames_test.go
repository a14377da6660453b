package sanitize

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// columnName is one line of testdata/columns.jsonl.
type columnName struct {
	Name   string `json:"name"`
	Secret bool   `json:"secret"`
	// Type is the column's type; absent: not known.
	Type string `json:"type"`
}

var typeOIDs = map[string]uint32{
	"": 0, "boolean": 16, "bytea": 17, "bigint": 20, "smallint": 21, "integer": 23, "text": 25, "date": 1082, "timestamptz": 1184, "numeric": 1700, "uuid": 2950, "jsonb": 3802,
}

// TestColumnNames measures the judgement of names on the labelled list, and holds
// the table of README.md to what was measured. Neither figure may fall under 97 %.
func TestColumnNames(t *testing.T) {
	t.Parallel()
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	var names, secrets, masked, right int
	eachLine(t, "testdata/columns.jsonl", func(place string, c columnName) {
		oid, known := typeOIDs[c.Type]
		if !known || c.Name == "" {
			t.Fatalf("%s: a name is missing, or the type %q is not known", place, c.Type)
		}
		names++
		got := s.MasksColumn(ColumnID{Schema: "public", Table: "t", Column: c.Name, Type: oid})
		if c.Secret {
			secrets++
		}
		if got {
			masked++
		}
		if got && c.Secret {
			right++
		}
		if got != c.Secret {
			t.Logf("%s: %q %s: masked %t", place, c.Name, c.Type, got)
		}
	})
	recall, precision := 100*float64(right)/float64(secrets), 100*float64(right)/float64(masked)
	if recall < 97 || precision < 97 {
		t.Errorf("recall %.1f %%, precision %.1f %%", recall, precision)
	}
	table := fmt.Sprintf("| names | secret | masked | recall | precision |\n| --- | --- | --- | --- | --- |\n| %d | %d | %d | %.1f %% | %.1f %% |\n",
		names, secrets, masked, recall, precision)
	checkTable(t, "columns", table)
}

// checkTable holds a table of README.md, between comments of that name, to what
// was measured; -update writes it.
func checkTable(t *testing.T, name, table string) {
	t.Helper()
	readme.Lock()
	defer readme.Unlock()
	content, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->\n"
	before, rest, found := strings.Cut(string(content), begin)
	current, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("README.md has no place for the table of %s", name)
	}
	if current == table {
		return
	}
	t.Errorf("the table of %s in README.md is not what was measured; -update writes it\n%s", name, table)
	if *update {
		if err := os.WriteFile("README.md", []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Error(err)
		}
	}
}
