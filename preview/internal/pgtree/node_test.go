package pgtree

import (
	"errors"
	"slices"
	"testing"
)

func TestReadNode(t *testing.T) {
	t.Parallel()
	n, err := ReadNode(`{"SelectStmt":{"targetList":[{"ResTarget":{"name":"a\"b","val":{"ColumnRef":{"fields":[{"String":{"sval":"t"}},{"A_Star":{}}],"location":7}},"location":7}}],"all":true,"larg":{"op":"SETOP_NONE"},"limitOffset":{"A_Const":{"ival":{"ival":-3},"location":40}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	if n.Kind() != "SelectStmt" || !n.Bool("all") || n.Node("larg").Kind() != "" || n.Node("larg").Text("op") != "SETOP_NONE" {
		t.Errorf("the statement reads as %q, all %v", n.Kind(), n.Bool("all"))
	}
	target := n.List("targetList")[0]
	column := target.Node("val")
	if target.Text("name") != `a"b` || column.Location() != 7 || !slices.Equal(column.Names("fields"), []string{"t", Star}) {
		t.Errorf("the target reads as %q at %d: %q", target.Text("name"), column.Location(), column.Names("fields"))
	}
	if got := n.Node("limitOffset").Node("ival").Int("ival"); got != -3 {
		t.Errorf("the offset reads as %d", got)
	}
	absent := n.Node("whereClause").Node("args").Node("x")
	if absent.Exists() || absent.Kind() != "" || absent.Location() != -1 || absent.List("y") != nil || n.Has("whereClause") {
		t.Error("an absent node has something in it")
	}
}

func TestReadNodeRefusesOtherShapes(t *testing.T) {
	t.Parallel()
	for _, js := range []string{
		``, `{`, `[]`, `{"A":1}`, `{"a":}`, `{"a":1`, `{"a":1}x`, `{"a":[1]}`, `{"a":"x}`, `{"A":{},"B":{}}`, `{"a":nul}`, `{"a":1234567890123456789012}`,
	} {
		if _, err := ReadNode(js); !errors.Is(err, ErrShape) {
			t.Errorf("%s: got %v", js, err)
		}
	}
}
