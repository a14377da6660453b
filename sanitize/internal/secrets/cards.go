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

// cards looks for card numbers that lie over the eight bytes w at i, of which
// digits says which are digits.
func (s *scan) cards(i int, w, digits uint64) {
	if digits != highs && bits.OnesCount64(digits) < 7 {
		// The two other bytes have to be separators.
		for j := range 8 {
			if b := byte(w >> (8 * j)); !isDigit(b) && b != ' ' && b != '-' {
				return
			}
		}
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

func inNumber(b byte) bool { return isDigit(b) || b == ' ' || b == '-' }

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

// layouts are how the digits after the first four are grouped on cards.
var layouts = [...][]int{{4, 4, 4, 3}, {4, 4, 4}, {6, 5}, {6, 4}}

// grouped looks for a number that is printed in groups with one kind of
// separator, and returns its end or 0.
func (s *scan) grouped(start, firstEnd int) int {
	for _, layout := range layouts {
		end, ok := firstEnd, true
		for _, size := range layout {
			next := end + 1
			if next >= len(s.text) || s.text[end] != s.text[firstEnd] || s.text[end] != ' ' && s.text[end] != '-' {
				ok = false
				break
			}
			if end = s.shortGroup(next); end-next != size {
				ok = false
				break
			}
		}
		if ok && s.number(start, end, 1+len(layout)) {
			return end
		}
	}
	return 0
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

// number decides whether the digits between start and end, in so many groups,
// are the number of a card: issuer, length and check digit fit, nothing makes
// it part of something longer, and something says that it is a card's.
func (s *scan) number(start, end, groups int) bool {
	var buffer [mostCard]byte
	n := 0
	for i := start; i < end; i++ {
		if isDigit(s.text[i]) {
			buffer[n] = s.text[i]
			n++
		}
	}
	number := buffer[:n]
	if !issued(number) || !luhn(number) || s.continues(start, end) {
		return false
	}
	if !s.speaksOfCards(start, end, groups) {
		return false
	}
	s.add(start, end, "card_number")
	return true
}

// continues tells whether the digits are part of a longer word or number.
func (s *scan) continues(start, end int) bool {
	if start > 0 {
		before := s.text[start-1]
		if word.has(before) || (before == '.' || before == ',') && start > 1 && isDigit(s.text[start-2]) {
			return true
		}
	}
	if end < len(s.text) {
		after := s.text[end]
		if word.has(after) || (after == '.' || after == ',') && end+1 < len(s.text) && isDigit(s.text[end+1]) {
			return true
		}
	}
	return false
}

// speaksOfCards is the context without which one number in a hundred would be
// taken for a card's: the value is nothing else, the number is grouped as on a
// card and not one of a row of groups, or the words around it or the column's
// name say so.
func (s *scan) speaksOfCards(start, end, groups int) bool {
	if cardWord(s.hints.Column) {
		return true
	}
	if s.hints.Number {
		return false
	}
	const leastAlone = 15 // shorter ones are mostly EAN and GTIN codes
	switch {
	case groups == 1 && end-start < leastAlone:
	case strings.Trim(s.text[:start], " \t\r\n\"'") == "" && strings.Trim(s.text[end:], " \t\r\n\"'") == "":
		return true
	case groups > 1 && !s.inRow(start, end):
		return true
	}
	const before, after = 64, 48
	return cardWord(s.text[max(0, start-before):start]) || cardWord(s.text[end:min(len(s.text), end+after)])
}

// inRow tells whether another group of four stands beside the number, as in a
// table of numbers or of hexadecimal codes.
func (s *scan) inRow(start, end int) bool {
	separator := func(i int) bool { return s.text[i] == ' ' || s.text[i] == '-' }
	left := start >= 5 && separator(start-1) && isCode(s.text[start-5:start-1]) && (start == 5 || !alnum.has(s.text[start-6]))
	right := end+5 <= len(s.text) && separator(end) && isCode(s.text[end+1:end+5]) && (end+5 == len(s.text) || !alnum.has(s.text[end+5]))
	return left || right
}

// isCode tells whether the text is hexadecimal with a digit in it: not a word.
func isCode(text string) bool {
	digit := false
	for i := range len(text) {
		digit = digit || isDigit(text[i])
		if !hexes.has(text[i]) {
			return false
		}
	}
	return digit
}

// cardWords are the words that speak of payment cards.
var cardWords = map[string]bool{
	"card": true, "cards": true, "cardnumber": true, "cardno": true, "creditcard": true, "debitcard": true, "ccnum": true, "ccnumber": true,
	"credit": true, "debit": true, "cc": true, "ccn": true, "pan": true, "visa": true, "mastercard": true, "amex": true, "maestro": true,
	"discover": true, "diners": true, "jcb": true, "unionpay": true, "cvv": true, "cvv2": true, "cvc": true, "cvc2": true,
	"exp": true, "expiry": true, "expires": true, "expiration": true,
	"karte": true, "kartennummer": true, "kreditkarte": true, "carte": true, "tarjeta": true, "carta": true, "kaart": true, "cartao": true,
}

// cardWord tells whether one of the words of text speaks of cards. The names
// of masks do not count.
func cardWord(text string) bool {
	for i := 0; i < len(text); {
		if !alnum.has(text[i]) {
			i++
			continue
		}
		end := i
		for end < len(text) && alnum.has(text[end]) {
			end++
		}
		if end-i <= len("kartennummer") && isCardWord(text[i:end]) && !strings.HasSuffix(text[:i], "[masked-") {
			return true
		}
		// cardNumber and CardNumber
		for j := i + 1; j < end; j++ {
			if text[j] >= 'A' && text[j] <= 'Z' && text[j-1] >= 'a' && text[j-1] <= 'z' && j-i <= 12 && isCardWord(text[i:j]) {
				return true
			}
		}
		i = end
	}
	return false
}

func isCardWord(text string) bool {
	var lower [16]byte
	n := copy(lower[:], text)
	for i := range n {
		if b := lower[i]; b >= 'A' && b <= 'Z' {
			lower[i] = b + 'a' - 'A'
		}
	}
	return cardWords[string(lower[:n])]
}

// luhn tells whether the check digit fits (ISO/IEC 7812-1, annex B).
func luhn(number []byte) bool {
	sum := 0
	for i, b := range number {
		digit := int(b - '0')
		if (len(number)-i)%2 == 0 {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum += digit
	}
	return sum%10 == 0
}

// issuers are the ranges of leading digits of the card schemes with the lengths
// of their numbers, as the schemes publish them.
var issuers = [...]struct {
	first, last, digits int
	least, most         int
}{
	{4, 4, 1, 13, 13}, {4, 4, 1, 16, 16}, {4, 4, 1, 19, 19}, // Visa
	{51, 55, 2, 16, 16}, {2221, 2720, 4, 16, 16}, // Mastercard
	{34, 34, 2, 15, 15}, {37, 37, 2, 15, 15}, // American Express
	{6011, 6011, 4, 16, 19}, {644, 649, 3, 16, 19}, {65, 65, 2, 16, 19}, // Discover
	{3528, 3589, 4, 16, 19},                  // JCB
	{62, 62, 2, 16, 19}, {81, 81, 2, 16, 19}, // UnionPay
	{300, 305, 3, 14, 19}, {36, 36, 2, 14, 19}, {38, 39, 2, 14, 19}, // Diners Club
	{5018, 5018, 4, 13, 19}, {5020, 5020, 4, 13, 19}, {5038, 5038, 4, 13, 19}, {5893, 5893, 4, 13, 19},
	{6304, 6304, 4, 13, 19}, {6759, 6759, 4, 13, 19}, {6761, 6763, 4, 13, 19}, // Maestro
	{2200, 2204, 4, 16, 19},                  // Mir
	{60, 60, 2, 16, 16}, {82, 82, 2, 16, 16}, // RuPay
}

func issued(number []byte) bool {
	for _, issuer := range issuers {
		if len(number) < issuer.least || len(number) > issuer.most {
			continue
		}
		prefix := 0
		for _, b := range number[:issuer.digits] {
			prefix = prefix*10 + int(b-'0')
		}
		if prefix >= issuer.first && prefix <= issuer.last {
			return true
		}
	}
	return false
}
