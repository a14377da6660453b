package secrets

import "math/bits"

// prefilter finds where a rule's literal may stand, for all rules in one pass.
//
// It looks at the text two bytes at a time. A literal of three bytes or more
// holds a whole pair at whichever parity it stands, so two pairs of each, its
// rarest neighbours, are enough to find it: most texts go through with one bit
// test for two bytes.
type prefilter struct {
	pairs   [1 << 10]uint64 // a bit for each pair of bytes
	bucket  [1 << 16]uint16 // for a pair in pairs: which anchors
	anchors [][]anchor      // by bucket
}

// anchor says: this pair stands offset bytes into the literal of a rule, and
// third, the other one of its three rare neighbours, stands beside it.
type anchor struct {
	rule   int32
	offset uint8
	beside int8 // where the third stands, from the pair's first byte
	third  byte
}

func newPrefilter(rules []rule) *prefilter {
	p := &prefilter{}
	byPair := map[uint16][]anchor{}
	var order []uint16
	for i, r := range rules {
		at := rarest(r.literal)
		for _, a := range [...]anchor{
			{rule: int32(i), offset: uint8(at), beside: 2, third: r.literal[at+2]},
			{rule: int32(i), offset: uint8(at + 1), beside: -1, third: r.literal[at]},
		} {
			key := pair(r.literal[a.offset], r.literal[a.offset+1])
			if byPair[key] == nil {
				order = append(order, key)
			}
			byPair[key] = append(byPair[key], a)
		}
	}
	for _, key := range order {
		p.set(key, uint16(len(p.anchors)))
		p.anchors = append(p.anchors, byPair[key])
	}
	return p
}

func (p *prefilter) set(key uint16, bucket uint16) {
	p.pairs[key>>6] |= 1 << (key & 63)
	p.bucket[key] = bucket
}

// pair is two bytes as a little-endian number, as a word load yields them.
func pair(a, b byte) uint16 { return uint16(a) | uint16(b)<<8 }

// rarest returns where the three neighbours of a literal begin that stand in
// ordinary text the least.
func rarest(literal string) int {
	best, least := 0, 1<<30
	for i := 0; i+3 <= len(literal); i++ {
		if weight := common(literal[i], literal[i+1]) + common(literal[i+1], literal[i+2]); weight < least {
			best, least = i, weight
		}
	}
	return best
}

// common guesses how common a pair of bytes is; only the order matters.
func common(a, b byte) int {
	weight := func(b byte) int {
		switch {
		case isDigit(b), b == ' ':
			return 4
		case b >= 'a' && b <= 'z':
			if containsByte("etaoinsrhdlcum", b) {
				return 12
			}
			return 5
		case b >= 'A' && b <= 'Z':
			return 3
		case containsByte("-.,=:/", b):
			return 3
		default:
			return 1
		}
	}
	if isDigit(a) && isDigit(b) {
		return 100
	}
	return weight(a) * weight(b)
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// digitsOf has the high bit set of the bytes of w that are digits.
func digitsOf(w uint64) uint64 {
	v := w ^ '0'*ones
	return ^((v&^highs + (0x80-10)*ones) | v) & highs
}

// maybeCard tells whether eight bytes with these digits can be of the number of
// a card. A number of 13 digits or more without separators fills seven bytes of
// some aligned word, or of the last word of the text; one in groups is at least
// 16 bytes long, so some aligned word lies inside it and has six digits beside
// its separators.
func maybeCard(digits uint64) bool { return bits.OnesCount64(digits) >= 6 }

func containsByte(set string, b byte) bool {
	for i := range len(set) {
		if set[i] == b {
			return true
		}
	}
	return false
}
