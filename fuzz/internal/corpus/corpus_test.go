package corpus

import (
	"path/filepath"
	"reflect"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	attacks, err := parse("@technique one\n@why because\nR r | select «1»;\n  «drop» table t\n\n@escape go\nR r | a\\x00\"b\n@escape none\n@repeat on\nR r | ⟨(⟩3x⟨)⟩2\n@target yes\nR r | left out\n", false)
	if err != nil {
		t.Fatal(err)
	}
	want := []Text{{SQL: "select 1;\n  drop table t", About: "one"}, {SQL: "a\x00\"b", About: "one"}, {SQL: "(((x))", About: "one"}}
	if !reflect.DeepEqual(attacks, want) {
		t.Errorf("got %+v, want %+v", attacks, want)
	}
	for _, bad := range []string{"@colour red\n", "no reason\n", "@repeat on\nR r | ⟨(⟩x\n", "@escape go\nR r | \\q\n"} {
		if _, err := parse(bad, false); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	if honest, err := parse("@area a\nselect 1 | 2\n@run no\nselect 3\n", true); err != nil || len(honest) != 1 || honest[0].SQL != "select 1 | 2" {
		t.Errorf("got %v, %v", honest, err)
	}
}

func TestTheCollectedTextsAreRead(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "testdata")
	texts, schema, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	honest := 0
	for _, text := range texts {
		if text.Honest {
			honest++
		}
	}
	if honest < 300 || len(texts)-honest < 500 || schema == "" {
		t.Errorf("%d honest queries, %d attacks, %d bytes of schema", honest, len(texts)-honest, len(schema))
	}
}
