package sqlgen

import (
	"iter"
	"strings"

	"github.com/leanovate/gopter"
)

// swap is one reduction: part stands in the place of old.
type swap struct{ old, part *Node }

// swaps lists the reductions of a tree, those of outer parts first.
func (n *Node) swaps() []swap {
	var all []swap
	n.walk(func(old *Node) bool {
		if old.Kind == Fixed {
			return true
		}
		if text, ok := least[old.Kind]; ok && len(old.Kids) > 0 || ok && old.Text != text {
			all = append(all, swap{old, leaf(old.Kind, text)})
		}
		old.walk(func(inner *Node) bool {
			if inner != old && inner.Kind == old.Kind {
				all = append(all, swap{old, inner})
			}
			return true
		})
		return true
	})
	return all
}

// Smaller yields cases with smaller texts, the most reduced first: a part is
// replaced by the smallest text of its kind, by a part of the same kind inside
// it, or left out where it may be. Each is strictly shorter, so that repeating
// it ends.
func (c *Case) Smaller() iter.Seq[*Case] {
	return func(yield func(*Case) bool) {
		for _, s := range c.Tree.swaps() {
			if smaller := c.with(s); smaller != nil && !yield(smaller) {
				return
			}
		}
	}
}

// with returns the case after one reduction, or nil where that is no shorter.
func (c *Case) with(s swap) *Case {
	smaller := *c
	smaller.Tree = c.Tree.replace(s.old, s.part)
	smaller.SQL = smaller.Tree.String()
	if len(smaller.SQL) >= len(c.SQL) {
		return nil
	}
	return &smaller
}

// Shorter yields texts with a run of tokens left out, long runs first. It knows
// no grammar: it is the last step, after [Case.Smaller] finds no more.
func Shorter(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		tokens := split(text)
		for size := len(tokens) / 2; size > 0; size /= 2 {
			for at := 0; at+size <= len(tokens); at += size {
				if !yield(strings.Join(tokens[:at], "") + strings.Join(tokens[at+size:], "")) {
					return
				}
			}
		}
	}
}

// split cuts a text into words, runs of white space and single other characters.
func split(text string) []string {
	class := func(c rune) int {
		switch {
		case c == ' ' || c == '\n' || c == '\t':
			return 1
		case c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			return 2
		}
		return 0
	}
	var tokens []string
	start, last := 0, -1
	for i, c := range text {
		if k := class(c); i > 0 && (k == 0 || k != last) {
			tokens = append(tokens, text[start:i])
			start = i
		}
		last = class(c)
	}
	if start < len(text) {
		tokens = append(tokens, text[start:])
	}
	return tokens
}

// Minimize returns the smallest case for which fails holds that it finds in at
// most tries attempts, by way of [Case.Smaller] and then [Shorter]. fails must
// hold for c.
func Minimize(c *Case, tries int, fails func(*Case) bool) *Case {
	attempt := func(candidate *Case) bool {
		tries--
		return tries >= 0 && fails(candidate)
	}
	for again := c.Tree != nil; again && tries > 0; {
		again = false
		for smaller := range c.Smaller() {
			if tries <= 0 {
				break
			}
			if attempt(smaller) {
				c, again = smaller, true
				break
			}
		}
	}
	for again := true; again && tries > 0; {
		again = false
		for text := range Shorter(c.SQL) {
			if tries <= 0 {
				break
			}
			shorter := *c
			shorter.SQL, shorter.Tree = text, leaf(Fixed, text)
			if attempt(&shorter) {
				c, again = &shorter, true
				break
			}
		}
	}
	return c
}

// shrinker is Smaller in the shape that gopter wants.
func shrinker(v any) gopter.Shrink {
	c, ok := v.(*Case)
	if !ok || c.Tree == nil {
		return func() (any, bool) { return nil, false }
	}
	swaps := c.Tree.swaps()
	return func() (any, bool) {
		for len(swaps) > 0 {
			smaller := c.with(swaps[0])
			swaps = swaps[1:]
			if smaller != nil {
				return smaller, true
			}
		}
		return nil, false
	}
}
