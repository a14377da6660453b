package secrets

import (
	"math/bits"
	"strings"
)

// pass looks at every pair of bytes at an even offset, and at the digits of
// every eight bytes.
func (s *scan) pass() {
	text, filter, cards := s.text, s.finder.filter, s.finder.cards
	hit := &filter.hit
	i := 0
	for ; i+16 <= len(text); i += 16 {
		v, w := load(text, i), load(text, i+8)
		found := hit[uint16(v)] | hit[uint16(v>>16)] | hit[uint16(v>>32)] | hit[uint16(v>>48)] |
			hit[uint16(w)] | hit[uint16(w>>16)] | hit[uint16(w>>32)] | hit[uint16(w>>48)]
		if found != 0 {
			s.pairs(i, v)
			s.pairs(i+8, w)
		}
		if cards && noDigits(v)&noDigits(w)&highs != highs {
			s.digitsIn(i, v)
			s.digitsIn(i+8, w)
		}
	}
	for ; i+8 <= len(text); i += 8 {
		w := load(text, i)
		s.pairs(i, w)
		if cards {
			s.digitsIn(i, w)
		}
	}
	if last := len(text) - 8; last >= 0 && cards {
		s.digitsIn(last, load(text, last))
	}
	for ; i+2 <= len(text); i += 2 {
		if key := pair(text[i], text[i+1]); hit[key] != 0 {
			s.at(i, key)
		}
	}
}

// pairs looks at the four pairs of the word w that begins at i.
func (s *scan) pairs(i int, w uint64) {
	hit := &s.finder.filter.hit
	found := hit[uint16(w)] | hit[uint16(w>>16)]<<2 | hit[uint16(w>>32)]<<4 | hit[uint16(w>>48)]<<6
	for ; found != 0; found &= found - 1 {
		at := bits.TrailingZeros8(found)
		s.at(i+at, uint16(w>>(8*at)))
	}
}

// digitsIn looks for the number of a card where the word w, which begins at i,
// can be of one.
func (s *scan) digitsIn(i int, w uint64) {
	if digits := digitsOf(w); maybeCard(w, digits) {
		s.cards(i, w, digits)
	}
}

// load reads eight bytes at i; the compiler makes one load of it.
func load(text string, i int) uint64 {
	b := text[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// at looks closer at the pair that begins at i.
func (s *scan) at(i int, key uint16) {
	filter := s.finder.filter
	for k := int(filter.begin[key]); ; k++ {
		a := &filter.anchors[k]
		if third := i + int(a.beside); uint(third) < uint(len(s.text)) && s.text[third] == a.third {
			r := &s.finder.rules[a.rule]
			if start := i - int(a.offset); start >= 0 && strings.HasPrefix(s.text[start:], r.literal) {
				s.match(r, start)
			}
		}
		if a.last {
			return
		}
	}
}
