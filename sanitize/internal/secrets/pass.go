package secrets

import "strings"

// pass looks at every pair of bytes at an even offset, and at the digits of
// every eight bytes.
func (s *scan) pass() {
	text, filter, cards := s.text, s.finder.filter, s.finder.cards
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := load(text, i)
		hit := filter.pairs[w>>6&1023]>>(w&63) |
			filter.pairs[w>>22&1023]>>(w>>16&63) |
			filter.pairs[w>>38&1023]>>(w>>32&63) |
			filter.pairs[w>>54]>>(w>>48&63)
		if hit&1 != 0 {
			for j := i; j < i+8; j += 2 {
				if key := uint16(w); filter.pairs[key>>6]>>(key&63)&1 != 0 {
					s.at(j, key)
				}
				w >>= 16
			}
			w = load(text, i)
		}
		if digits := digitsOf(w); digits != 0 && cards && maybeCard(digits) {
			s.cards(i, w, digits)
		}
	}
	if last := len(text) - 8; last >= 0 && cards {
		w := load(text, last)
		if digits := digitsOf(w); maybeCard(digits) {
			s.cards(last, w, digits)
		}
	}
	for ; i+2 <= len(text); i += 2 {
		if key := pair(text[i], text[i+1]); filter.pairs[key>>6]>>(key&63)&1 != 0 {
			s.at(i, key)
		}
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
	for _, a := range filter.anchors[filter.bucket[key]] {
		if third := i + int(a.beside); third < 0 || third >= len(s.text) || s.text[third] != a.third {
			continue
		}
		r := &s.finder.rules[a.rule]
		if start := i - int(a.offset); start >= 0 && strings.HasPrefix(s.text[start:], r.literal) {
			s.match(r, start)
		}
	}
}
