package rewritten

import (
	"errors"
	"strings"
	"testing"
)

// wrap breaks a text into lines as format_node_dump does.
func wrap(text string) string {
	var b strings.Builder
	for i := 0; ; {
		end := min(i+wrapWidth, len(text))
		line := text[i:end]
		if end == len(text) {
			return b.String() + line + "\n"
		}
		if text[end] == ' ' {
			i = end + 1
		} else if space := strings.LastIndexByte(line[1:], ' '); space >= 0 {
			line = line[:space+1]
			i += space + 2
		} else {
			i = end
		}
		b.WriteString(line + "\n")
	}
}

func TestUnwrapUndoesTheLineBreaks(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"short":             "{A :b 1}",
		"long":              "({QUERY :a 1 " + strings.Repeat(":label value ", 40) + "})",
		"break at a space":  strings.Repeat("a", 70) + " " + strings.Repeat("b", 7) + " c",
		"escaped spaces":    "{A :name " + strings.Repeat(`x\ `, 20) + " :b 1}",
		"escaped line feed": "{A :name " + strings.Repeat("x\\\n", 20) + " :b 1}",
	} {
		got, err := unwrap(wrap(text))
		// A break inside an escaped space belongs to the name, as a space or a line feed.
		clean := strings.NewReplacer("\\\n", `\ `, "\n", " ").Replace
		if err != nil || strings.TrimRight(clean(got), " ") != clean(text) {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, text)
		}
	}
}

// A name that fills a line may have been cut anywhere or nowhere.
func TestANameThatFillsALineIsUnreadable(t *testing.T) {
	t.Parallel()
	for _, name := range []string{strings.Repeat(`\{`, 60), strings.Repeat("x", 77), strings.Repeat("\\\n", 40)} {
		if got, err := unwrap(wrap("{A :name " + name + " :funcid 7}")); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%q is read as %q", name, got)
		}
	}
	if _, err := unwrap(strings.Repeat("{ }\n", maxText/4+1)); !errors.Is(err, ErrUnreadable) {
		t.Errorf("a tree of more than %d bytes is read: %v", maxText, err)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	item, err := Read(`({FUNCEXPR :funcid 7 :args ({CONST :consttype 23 :constvalue 4 [ 1 0 0 0 ]} <> {RTE :eref {ALIAS :aliasname :funcid :colnames ("a" "" "b\ \{c")}}) :list (o 1 2 3) :bits (b 8 9) :null <> :empty ()})`)
	if err != nil {
		t.Fatal(err)
	}
	nodes := item.Nodes()
	if len(nodes) != 1 || nodes[0].Name != "FUNCEXPR" || nodes[0].OID("funcid") != 7 {
		t.Fatalf("got %+v", item)
	}
	args := nodes[0].Field("args")
	if len(args.List) != 3 || len(args.Nodes()) != 2 {
		t.Fatalf("arguments %+v", args)
	}
	entry := args.Nodes()[1]
	if entry.Name != "RANGETBLENTRY" {
		t.Errorf("the old name of a node: %s", entry.Name)
	}
	alias := entry.Field("eref").Node
	if got := alias.Field("aliasname").Text; got != ":funcid" {
		t.Errorf("an alias like a label is read as %q", got)
	}
	var names []string
	for _, name := range alias.Field("colnames").List {
		names = append(names, name.Text)
	}
	if strings.Join(names, "|") != "a||b {c" {
		t.Errorf("names %q", names)
	}
	if got := nodes[0].Field("list").OIDs(); len(got) != 3 || got[2] != 3 {
		t.Errorf("a list of object numbers: %v", got)
	}
	if !nodes[0].Has("null") || nodes[0].Field("null").Text != "" || nodes[0].Field("null").Node != nil || nodes[0].Has("nothing") {
		t.Error("a null pointer is not the zero Item")
	}
}

func TestWhatIsNoTreeIsAnError(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", "(", "{A", "{A :b", "{A :b }", "(}", "{A )", ")", "}", "{A :b 1} {B}", "{(", "({A :b 1}"} {
		if item, err := Read(text); err == nil {
			t.Errorf("%q is read as %+v", text, item)
		}
	}
}

func TestReadKeepsNoStackOfItsOwn(t *testing.T) {
	t.Parallel()
	const levels = 100_000
	item, err := Read(strings.Repeat("{A :b (", levels) + "x" + strings.Repeat(")}", levels))
	if err != nil {
		t.Fatal(err)
	}
	depth := 0
	for n := item.Node; n != nil; depth++ {
		next := n.Field("b").Nodes()
		if len(next) == 0 {
			break
		}
		n = next[0]
	}
	if depth != levels-1 {
		t.Errorf("%d levels", depth)
	}
}

// FuzzRead reads anything without ending the process, and reads what it wrote.
func FuzzRead(f *testing.F) {
	f.Add("({QUERY :rtable ({RTE :relid 1}) :x \"a\\ b\" <> (o 1))")
	f.Add("{A :b 4 [ 1 0 ]}")
	f.Fuzz(func(_ *testing.T, text string) {
		if plain, err := unwrap(text); err == nil {
			_, _ = Read(plain)
		}
	})
}
