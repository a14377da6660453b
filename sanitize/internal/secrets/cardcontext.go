package secrets

import (
	"sort"
	"strings"
)

// speaksOfCards is the context without which one number in thirty would be
// taken for a card's: the value is nothing else, the number is grouped as on a
// card and not one of a row of groups, the field after it is the month in which a
// card expires, or the words around it or the column's name say so.
func (s *scan) speaksOfCards(start, end, groups int) bool {
	digits := end - start // separators included, where there are groups
	if strong, weak := cardWordsOf(s.hints.Column); strong || weak && digits >= leastAlone {
		return true
	}
	if s.hints.Number {
		return false
	}
	switch {
	case groups == 1 && digits < leastAlone:
	case strings.Trim(s.text[:start], " \t\r\n\"'") == "" && strings.Trim(s.text[end:], " \t\r\n\"'") == "":
		return true
	case groups > 1 && !s.inRow(start, end):
		return true
	case s.expires(end):
		return true
	}
	const before, after = 64, 48
	return s.cardWordIn(start-before, start, digits >= leastAlone) || s.cardWordIn(end, end+after, digits >= leastAlone)
}

// leastAlone is how long a number must be that nothing but itself makes a card's:
// shorter ones are mostly EAN and GTIN codes.
const leastAlone = 15

// expires reports whether the field after i is a month in this century: 12/29,
// 12/2029, 12|2029.
func (s *scan) expires(i int) bool {
	if i >= len(s.text) || strings.IndexByte(",;|\t ", s.text[i]) < 0 {
		return false
	}
	i = skipAny(s.text, i+1, 2, " \"'")
	if i+5 > len(s.text) {
		return false
	}
	field := s.text[i:min(len(s.text), i+7)]
	month := field[0] == '0' && field[1] >= '1' && field[1] <= '9' || field[0] == '1' && field[1] >= '0' && field[1] <= '2'
	if !month || strings.IndexByte("/-|,;", field[2]) < 0 {
		return false
	}
	year := field[3:]
	length := 0
	for length < len(year) && isDigit(year[length]) {
		length++
	}
	ends := i+3+length == len(s.text) || !word.has(s.text[i+3+length])
	return ends && (length == 2 && year[0] >= '1' && year[0] <= '5' || length == 4 && year[:2] == "20")
}

// onTrack reports whether the digits stand on a magnetic track (ISO/IEC 7813):
// %B4...^ or ;4...=2912...
func (s *scan) onTrack(start, end int) bool {
	if end >= len(s.text) {
		return false
	}
	switch s.text[end] {
	case '^':
		return start > 1 && s.text[start-2:start] == "%B"
	case '=', 'D':
		return (start == 0 || s.text[start-1] == ';' || !word.has(s.text[start-1])) && s.groupEnd(end+1) >= end+1+7
	}
	return false
}

// inRow reports whether another group of four stands beside the number, as in a
// table of numbers or of hexadecimal codes.
func (s *scan) inRow(start, end int) bool {
	separator := func(i int) bool { return s.text[i] == ' ' || s.text[i] == '-' }
	left := start >= 5 && separator(start-1) && isHexCode(s.text[start-5:start-1]) && (start == 5 || !alnum.has(s.text[start-6]))
	right := end+5 <= len(s.text) && separator(end) && isHexCode(s.text[end+1:end+5]) && (end+5 == len(s.text) || !alnum.has(s.text[end+5]))
	return left || right
}

// isHexCode reports whether the text is hexadecimal with a digit in it: not a word.
func isHexCode(text string) bool {
	digit := false
	for i := range len(text) {
		digit = digit || isDigit(text[i])
		if !hexes.has(text[i]) {
			return false
		}
	}
	return digit
}

// place is where a word stands that speaks of cards.
type place struct {
	start, end int
	weak       bool
}

// cardWordIn reports whether a word between two offsets speaks of cards; weak says
// that one which also stands beside other numbers will do.
func (s *scan) cardWordIn(from, to int, weak bool) bool {
	if !s.worded {
		s.worded = true
		s.cardWords = appendCardWords(nil, s.text)
	}
	first := sort.Search(len(s.cardWords), func(i int) bool { return s.cardWords[i].start >= from })
	for _, p := range s.cardWords[first:] {
		if p.end > to {
			return false
		}
		if weak || !p.weak {
			return true
		}
	}
	return false
}

// cardWordsOf returns which kinds of such words a text holds.
func cardWordsOf(text string) (strong, weak bool) {
	for _, p := range appendCardWords(nil, text) {
		strong, weak = strong || !p.weak, weak || p.weak
	}
	return strong, weak
}

// words are the words that speak of payment cards; true: only of numbers too
// long for a barcode, since they stand beside those as well.
var words = map[string]bool{
	"card": false, "cards": false, "cardnumber": false, "cardno": false, "creditcard": false, "debitcard": false, "ccnum": false, "ccnumber": false,
	"cc": false, "ccn": false, "pan": false, "visa": false, "mastercard": false, "amex": false, "maestro": false,
	"discover": false, "diners": false, "jcb": false, "unionpay": false, "cvv": false, "cvv2": false, "cvc": false, "cvc2": false,
	"karte": false, "kartennummer": false, "kreditkarte": false, "carte": false, "tarjeta": false, "carta": false, "kaart": false, "cartao": false,
	"credit": true, "debit": true, "exp": true, "expiry": true, "expires": true, "expiration": true,
}

const longestWord = len("kartennummer")

// appendCardWords finds those words, also in camelCase. The names of masks do
// not count.
func appendCardWords(places []place, text string) []place {
	add := func(start, end int) bool {
		var lower [longestWord]byte
		if end-start < 2 || end-start > longestWord {
			return false
		}
		for i := start; i < end; i++ {
			b := text[i]
			if b >= 'A' && b <= 'Z' {
				b += 'a' - 'A'
			}
			lower[i-start] = b
		}
		weak, known := words[string(lower[:end-start])]
		if known {
			places = append(places, place{start, end, weak})
		}
		return known
	}
	for i := 0; i < len(text); {
		if !alnum.has(text[i]) {
			i++
			continue
		}
		end := i
		for end < len(text) && alnum.has(text[end]) {
			end++
		}
		masked := strings.HasSuffix(text[:i], "[masked-")
		if !masked && !add(i, end) {
			for j := i + 1; j < min(end, i+longestWord+1); j++ {
				if text[j] >= 'A' && text[j] <= 'Z' && text[j-1] >= 'a' && text[j-1] <= 'z' && add(i, j) {
					break
				}
			}
		}
		i = end
	}
	return places
}
