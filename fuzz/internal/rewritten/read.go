package rewritten

import (
	"errors"
	"fmt"
	"strings"
)

const (
	// wrapWidth is where the server breaks the lines of a tree that it sends
	// (LINELEN in print.c).
	wrapWidth = 78
	// maxText is the longest tree that is read, in bytes.
	maxText = 16 << 20
)

// ErrUnreadable is returned for a tree that cannot be read for certain: it is
// too long, or holds a name that fills a whole line, in which a line break may
// or may not stand for a space. Nothing may be concluded from it.
var ErrUnreadable = errors.New("rewritten: the tree cannot be read for certain")

// unwrap undoes the line breaks of format_node_dump. A line is broken at a
// space, which the break replaces, or after 78 bytes without one, where nothing
// is replaced: which of the two it was cannot be told where a word is that long.
//
// A break behind a backslash is an escaped space, or the line feed of a name:
// it stays, for either belongs to the name.
func unwrap(text string) (string, error) {
	if len(text) > maxText {
		return "", fmt.Errorf("%w: %d bytes", ErrUnreadable, len(text))
	}
	b := []byte(text)
	start, escaped := 0, false
	for i, c := range b {
		switch {
		case c == '\\':
			escaped = !escaped
			continue
		case c == '\n' && !escaped:
			b[i] = ' '
			start = i + 1
		case c == ' ':
			start = i + 1
		}
		escaped = false
		if i-start >= wrapWidth-2 {
			return "", fmt.Errorf("%w: a word of %d bytes", ErrUnreadable, i-start+1)
		}
	}
	return string(b), nil
}

// Read reads a printed tree without line breaks of the server's, as the
// catalogs hold it (pg_node_tree).
func Read(text string) (Item, error) {
	if len(text) > maxText {
		return Item{}, fmt.Errorf("%w: %d bytes", ErrUnreadable, len(text))
	}
	r := reader{text: text}
	return r.read()
}

// reader reads one tree. It keeps a stack of its own, because expressions nest
// thousands of levels deep.
type reader struct {
	text  string
	at    int
	stack []*open
}

// open is a node or a list whose end has not been read.
type open struct {
	node  *Node // nil for a list
	list  []Item
	label bool // a label was read and its first item was not
}

// token is one word of the text. plain tells that it is one of ( ) { } and not
// an escaped one.
type token struct {
	text  string
	plain bool
	quote bool // it begins with an unescaped double quote
}

func (r *reader) read() (Item, error) {
	for {
		t, ok := r.next()
		if !ok {
			return Item{}, fmt.Errorf("rewritten: the tree ends too early, at byte %d", r.at)
		}
		item, done, err := r.take(t)
		if err != nil {
			return Item{}, err
		}
		if !done {
			continue
		}
		if len(r.stack) > 0 {
			r.add(item)
			continue
		}
		if t, more := r.next(); more {
			return Item{}, fmt.Errorf("rewritten: %.20q stands behind the tree", t.text)
		}
		return item, nil
	}
}

// take handles one token; done tells that it ends an item.
func (r *reader) take(t token) (item Item, done bool, err error) {
	var top *open
	if len(r.stack) > 0 {
		top = r.stack[len(r.stack)-1]
	}
	switch {
	case t.plain && t.text == "{":
		name, ok := r.next()
		if !ok || name.plain {
			return item, false, fmt.Errorf("rewritten: a node without a name at byte %d", r.at)
		}
		if now, old := renamed[name.text]; old {
			name.text = now
		}
		r.stack = append(r.stack, &open{node: &Node{Name: name.text}})
		return item, false, nil
	case t.plain && t.text == "(":
		r.stack = append(r.stack, &open{list: []Item{}})
		return item, false, nil
	case t.plain && (top == nil || (t.text == "}") != (top.node != nil) || top.label):
		return item, false, fmt.Errorf("rewritten: %q where none can stand, at byte %d", t.text, r.at)
	case t.plain:
		r.stack = r.stack[:len(r.stack)-1]
		return Item{Node: top.node, List: top.list}, true, nil
	// The first item behind a label is taken as it is: a name may begin with a colon.
	case top != nil && top.node != nil && !top.label && strings.HasPrefix(t.text, ":"):
		top.node.fields = append(top.node.fields, field{label: t.text[1:]})
		top.label = true
		return item, false, nil
	case t.text == "<>" && !t.quote:
		return Item{}, true, nil
	}
	return Item{Text: t.text}, true, nil
}

// add puts an item into the innermost open node or list.
func (r *reader) add(item Item) {
	top := r.stack[len(r.stack)-1]
	if top.node == nil {
		top.list = append(top.list, item)
		return
	}
	if len(top.node.fields) == 0 {
		// Some nodes print a value without a label; it has no use here.
		top.node.fields = append(top.node.fields, field{})
	}
	last := &top.node.fields[len(top.node.fields)-1]
	last.items = append(last.items, item)
	top.label = false
}

// next reads one token and undoes its escapes.
func (r *reader) next() (token, bool) {
	for r.at < len(r.text) && isSpace(r.text[r.at]) {
		r.at++
	}
	if r.at >= len(r.text) {
		return token{}, false
	}
	if strings.IndexByte("(){}", r.text[r.at]) >= 0 {
		r.at++
		return token{text: r.text[r.at-1 : r.at], plain: true}, true
	}
	start := r.at
	escaped := false
	for r.at < len(r.text) && !isSpace(r.text[r.at]) && strings.IndexByte("(){}", r.text[r.at]) < 0 {
		if r.text[r.at] == '\\' && r.at+1 < len(r.text) {
			escaped = true
			r.at++
		}
		r.at++
	}
	t := token{text: r.text[start:r.at]}
	if n := len(t.text); n >= 2 && t.text[0] == '"' && t.text[n-1] == '"' {
		t.text, t.quote = t.text[1:n-1], true
	}
	if escaped {
		t.text = unescape(t.text)
		t.quote = true // an escaped "<>" is a name
	}
	return t, true
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' }

// unescape takes the backslashes away.
func unescape(text string) string {
	b := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		b = append(b, text[i])
	}
	return string(b)
}
