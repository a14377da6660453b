package secrets

import (
	_ "embed"
	"slices"
)

// prefilter finds where a rule's literal may stand, for all rules in one pass.
//
// It looks at the text two bytes at a time. A literal of three bytes or more
// holds a whole pair at whichever parity it stands, so two pairs of each, its
// rarest neighbours, are enough to find it: most texts go through with one look
// into a table for two bytes.
type prefilter struct {
	hit     [1 << 16]uint8  // by pair of bytes: 1 if it has anchors
	begin   [1 << 16]uint16 // for a pair that has: its first anchor
	anchors []anchor        // by pair; the last of each pair has last set
}

// anchor says: this pair stands offset bytes into the literal of a rule, and
// third, the other one of its three rare neighbours, stands beside it.
type anchor struct {
	rule   int32
	offset uint8
	beside int8 // where the third stands, from the pair's first byte
	third  byte
	last   bool
}

func newPrefilter(rules []rule) *prefilter {
	p := &prefilter{}
	byPair := map[uint16][]anchor{}
	for i, r := range rules {
		at := rarest(r.literal)
		for _, a := range [...]anchor{
			{rule: int32(i), offset: uint8(at), beside: 2, third: r.literal[at+2]},
			{rule: int32(i), offset: uint8(at + 1), beside: -1, third: r.literal[at]},
		} {
			key := pair(r.literal[a.offset], r.literal[a.offset+1])
			byPair[key] = append(byPair[key], a)
		}
	}
	keys := make([]uint16, 0, len(byPair))
	for key := range byPair {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		p.hit[key] = 1
		p.begin[key] = uint16(len(p.anchors))
		p.anchors = append(p.anchors, byPair[key]...)
		p.anchors[len(p.anchors)-1].last = true
	}
	return p
}

// pair is two bytes as a little-endian number, as a word load yields them.
func pair(a, b byte) uint16 { return uint16(a) | uint16(b)<<8 }

// sample is what values without secrets look like. Pairs of bytes that are rare
// in it make good anchors.
//
//go:embed sample.txt
var sample string

// frequencies count the bytes and the pairs of the sample.
var frequencies = func() *struct {
	bytes [256]int
	pairs [1 << 16]int
} {
	f := new(struct {
		bytes [256]int
		pairs [1 << 16]int
	})
	for i := range len(sample) {
		f.bytes[sample[i]]++
		if i > 0 {
			f.pairs[pair(sample[i-1], sample[i])]++
		}
	}
	return f
}()

// rarest returns where the three neighbours of a literal begin that stand in
// ordinary text the least.
func rarest(literal string) int {
	best, least := 0, 1<<62
	for i := 0; i+3 <= len(literal); i++ {
		if weight := common(literal[i], literal[i+1]) + common(literal[i+1], literal[i+2]); weight < least {
			best, least = i, weight
		}
	}
	return best
}

// common says how common a pair of bytes is; only the order matters. Digits
// stand beside each other everywhere.
func common(a, b byte) int {
	if isDigit(a) && isDigit(b) {
		return 1 << 40
	}
	// What the sample lacks by chance is guessed from the single bytes; two small
	// letters stand beside each other in some word or other.
	guess := (frequencies.bytes[a] + 1) * (frequencies.bytes[b] + 1)
	if a >= 'a' && a <= 'z' && b >= 'a' && b <= 'z' {
		guess *= 4
	}
	return frequencies.pairs[pair(a, b)]<<14 + guess
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// noDigits has the high bit set of the bytes of w that are no digits.
func noDigits(w uint64) uint64 {
	v := w ^ '0'*ones
	return (v&^highs + (0x80-10)*ones) | v
}

// digitsOf has the high bit set of the bytes of w that are digits, and no other
// bit.
func digitsOf(w uint64) uint64 { return ^noDigits(w) & highs }
