package sanitize

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// word reads eight bytes at i; the compiler makes one load of it.
func word(text string, i int) uint64 {
	b := text[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// suspects has a high bit set if a byte of w is not printable ASCII: a byte
// below 0x20 borrows in the subtraction, 0x7F carries in the addition, and the
// rest has the bit itself. Which bit it is does not matter.
func suspects(w uint64) uint64 {
	return (w | (w - 0x20*ones) | (w + ones)) & highs
}

// refused has a high bit set if a byte of w is neither printable ASCII nor tab,
// newline or return. It is exact, and slower than suspects.
func refused(w uint64) uint64 {
	low := w &^ highs
	small := ^(low + (0x80-0x20)*ones | w) // below 0x20
	bad := w | small | is(w, 0x7F)
	return bad & highs &^ (is(w, '\t') | is(w, '\n') | is(w, '\r'))
}

// is has the high bit set of the bytes of w that equal b.
func is(w uint64, b byte) uint64 {
	v := w ^ uint64(b)*ones
	return ^((v&^highs + ^uint64(highs)) | v) & highs
}

// cleanASCII returns where, from i on, the first byte stands that is neither
// printable ASCII nor tab, newline or return.
func cleanASCII(text string, i int) int {
	for ; i+32 <= len(text); i += 32 {
		a, b, c, d := word(text, i), word(text, i+8), word(text, i+16), word(text, i+24)
		if suspects(a)|suspects(b)|suspects(c)|suspects(d) == 0 {
			continue
		}
		if suspects(a) != 0 && refused(a) != 0 || suspects(b) != 0 && refused(b) != 0 ||
			suspects(c) != 0 && refused(c) != 0 || suspects(d) != 0 && refused(d) != 0 {
			break
		}
	}
	for ; i+8 <= len(text); i += 8 {
		if w := word(text, i); suspects(w) != 0 && refused(w) != 0 {
			break
		}
	}
	for i < len(text) && keptASCII(text[i]) {
		i++
	}
	return i
}

func keptASCII(b byte) bool {
	return b >= 0x20 && b < 0x7F || b == '\t' || b == '\n' || b == '\r'
}

// isASCII reports whether every byte is below 0x80.
func isASCII(text string) bool {
	i := 0
	for ; i+8 <= len(text); i += 8 {
		if word(text, i)&highs != 0 {
			return false
		}
	}
	for ; i < len(text); i++ {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
