package secrets

import (
	"math/bits"
	"strings"
)

// The lengths that card numbers have.
const (
	leastCard = 13
	mostCard  = 19
)

// maybeCard reports whether eight bytes w with these digits can be of the number
// of a card. A number of 13 digits or more without separators fills seven bytes of
// some aligned word, or of the last word of the text; one in groups is at least
// 16 bytes long, so some aligned word lies inside it and has six digits beside its
// separators, or four if these are spaces of two or three bytes.
func maybeCard(w, digits uint64) bool {
	n := bits.OnesCount64(digits)
	return n >= 6 || n >= 4 && w&highs != 0
}

// cards looks for card numbers that lie over the eight bytes w at i, of which
// digits says which are digits.
func (s *scan) cards(i int, w, digits uint64) {
	if others := digits ^ highs; !parts(w, others) {
		return
	}
	// Back to where a number may have begun, but never twice over the same bytes.
	start := i
	for start > s.digits && i-start <= 2*mostCard && inNumber(s.text[start-1]) {
		start--
	}
	for start = max(start, s.digits); start < i+8; {
		if !isDigit(s.text[start]) {
			start++
			continue
		}
		start = s.card(start)
	}
	s.digits = max(s.digits, start)
}

// parts reports whether the bytes of w that are no digits, of which others has the
// high bits, can part the groups of a number, or stand before it or after it. Two
// of them stand around four digits or six, which dates and times do not have.
func parts(w, others uint64) bool {
	first, last := bits.TrailingZeros64(others)/8, 7-bits.LeadingZeros64(others)/8
	switch bits.OnesCount64(others) {
	case 0:
		return true
	case 1:
		return first == 0 || first == 7 || inNumber(byte(w>>(8*first)))
	case 2:
		if w&highs == 0 && last-first != 5 && last-first != 7 {
			return false
		}
	}
	for j := first; j <= last; j++ {
		if others>>(8*j)&0x80 != 0 && !inNumber(byte(w>>(8*j))) {
			return false
		}
	}
	return true
}

// inNumber reports whether a byte is a digit or of a separator.
func inNumber(b byte) bool {
	switch b {
	case ' ', '-', 0xC2, 0xA0, 0xE2, 0x80, 0xAF:
		return true
	default:
		return isDigit(b)
	}
}

// card looks at the group of digits that begins at start, and returns where to
// go on.
func (s *scan) card(start int) int {
	end := s.groupEnd(start)
	switch length := end - start; {
	case length >= leastCard && length <= mostCard:
		s.number(start, end, 1)
	case length == 4:
		if last := s.grouped(start, end); last > 0 {
			return last
		}
	}
	return end
}

func (s *scan) groupEnd(i int) int {
	for i < len(s.text) && isDigit(s.text[i]) {
		i++
	}
	return i
}

// shortGroup is groupEnd for a group that is of use: it looks no further than
// at the seventh digit.
func (s *scan) shortGroup(i int) int {
	limit := min(len(s.text), i+7)
	for i < limit && isDigit(s.text[i]) {
		i++
	}
	return i
}

// separator returns what separates groups at i, or "": a blank or hyphen, as on
// cards, or a space that does not break a line.
func (s *scan) separator(i int) string {
	for _, sep := range [...]string{" ", "-", "\u00A0", "\u202F"} {
		if strings.HasPrefix(s.text[i:], sep) {
			return sep
		}
	}
	return ""
}

// layouts are how the digits after the first four are grouped on cards whose
// numbers are not four times four digits.
var layouts = [...][]int{{4, 4, 4, 3}, {6, 5}, {6, 4}}

// grouped looks for a number that is printed in groups with one kind of
// separator, and returns where to go on, or 0.
func (s *scan) grouped(start, firstEnd int) int {
	sep := s.separator(firstEnd)
	if sep == "" {
		return 0
	}
	if start < s.row.start || start >= s.row.end || sep != s.row.sep {
		s.row = s.readRow(start, sep)
	}
	for _, layout := range layouts {
		if end := s.laidOut(firstEnd, sep, layout); end > 0 && s.number(start, end, 1+len(layout)) {
			return end
		}
	}
	return s.inFours(start)
}

// laidOut returns the end of the groups of a layout that follow firstEnd, or 0.
func (s *scan) laidOut(firstEnd int, sep string, layout []int) int {
	end := firstEnd
	for _, size := range layout {
		if !strings.HasPrefix(s.text[end:], sep) {
			return 0
		}
		next := end + len(sep)
		if end = s.shortGroup(next); end-next != size {
			return 0
		}
	}
	return end
}

// row is a row of groups of four digits with one separator between them.
type row struct {
	start, end, groups int
	sep                string
	cards              bool // several numbers of cards and nothing else
}

// readRow reads the row that begins at start.
func (s *scan) readRow(start int, sep string) row {
	r := row{start: start, sep: sep}
	for i := start; ; i = r.end + len(sep) {
		end := s.shortGroup(i)
		if end-i != 4 {
			break
		}
		r.groups, r.end = r.groups+1, end
		if !strings.HasPrefix(s.text[end:], sep) {
			break
		}
	}
	step := 4 * (4 + len(sep))
	r.cards = r.groups > 4 && r.groups%4 == 0 && !s.continues(r.start, r.end) && !s.inRow(r.start, r.end)
	for i := start; r.cards && i < r.end; i += step {
		d := s.digitsBetween(i, i+step-len(sep))
		r.cards = issued(d.bytes()) && luhn(d.bytes())
	}
	return r
}

// inFours decides on the four groups that begin at start, within the row, and
// returns their end, or 0.
func (s *scan) inFours(start int) int {
	step := 4 * (4 + len(s.row.sep))
	end := start + step - len(s.row.sep)
	if end > s.row.end {
		return 0
	}
	if s.row.cards && (start-s.row.start)%step == 0 && !s.hints.Number {
		s.add(start, end, "card_number")
		return end
	}
	if s.number(start, end, 4) {
		return end
	}
	return 0
}

// cardDigits are the digits of a number without what parts them.
type cardDigits struct {
	digits [mostCard]byte
	n      int
}

func (d *cardDigits) bytes() []byte { return d.digits[:d.n] }

func (s *scan) digitsBetween(start, end int) cardDigits {
	var d cardDigits
	for i := start; i < end && d.n < mostCard; i++ {
		if isDigit(s.text[i]) {
			d.digits[d.n] = s.text[i]
			d.n++
		}
	}
	return d
}

// number decides whether the digits between start and end, in so many groups,
// are the number of a card: issuer, length and check digit fit, nothing makes
// it part of something longer, and something says that it is a card's.
func (s *scan) number(start, end, groups int) bool {
	d := s.digitsBetween(start, end)
	if number := d.bytes(); !issued(number) || !luhn(number) || len(number) == 13 && isEAN(number) {
		return false
	}
	if groups == 1 && s.onTrack(start, end) {
		s.add(start, end, "card_number")
		return true
	}
	if s.continues(start, end) || !s.speaksOfCards(start, end, groups) {
		return false
	}
	s.add(start, end, "card_number")
	return true
}

// continues reports whether the digits are part of a longer word or number.
func (s *scan) continues(start, end int) bool {
	if start > 0 {
		before := s.text[start-1]
		if word.has(before) || (before == '.' || before == ',') && start > 1 && isDigit(s.text[start-2]) {
			return true
		}
	}
	if end < len(s.text) {
		after := s.text[end]
		if word.has(after) || after == '.' && end+1 < len(s.text) && isDigit(s.text[end+1]) {
			return true
		}
		if after == ',' && end+1 < len(s.text) && isDigit(s.text[end+1]) && !s.expires(end) {
			return true
		}
	}
	return false
}
