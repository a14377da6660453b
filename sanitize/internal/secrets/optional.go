package secrets

import (
	"net/netip"
	"regexp"
	"strings"
)

// optional is a detector that is off by default: what it finds is personal, or
// likely, rather than certain to be a secret. These take a pass each.
type optional struct {
	detector string
	find     func(*scan)
}

func optionals() []optional {
	email := regexp.MustCompile(`[\pL\pN._%+\-]{1,64}@(?:[\pL\pN][\pL\pN\-]*\.)+[\pL]{2,24}`)
	// E.164 with its plus sign, and the North American form with separators.
	phone := regexp.MustCompile(`\+[1-9](?:[ .\-/()]{0,2}[0-9]){7,14}|\(?[2-9][0-9]{2}\)?[ .\-][2-9][0-9]{2}[ .\-][0-9]{4}`)
	return []optional{
		{"email", func(s *scan) {
			for _, at := range email.FindAllStringIndex(s.text, -1) {
				s.add(at[0], at[1], "email")
			}
		}},
		{"phone", func(s *scan) {
			for _, at := range phone.FindAllStringIndex(s.text, -1) {
				digitBefore := at[0] > 0 && word.has(s.text[at[0]-1])
				digitAfter := at[1] < len(s.text) && word.has(s.text[at[1]])
				if !digitBefore && !digitAfter {
					s.add(at[0], at[1], "phone")
				}
			}
		}},
		{"ip_address", (*scan).ipAddresses},
		{"iban", (*scan).ibans},
	}
}

// words calls do with each longest stretch of the bytes that in accepts.
func (s *scan) words(in func(byte) bool, do func(start, end int)) {
	for i := 0; i < len(s.text); {
		if !in(s.text[i]) {
			i++
			continue
		}
		start := i
		for i < len(s.text) && in(s.text[i]) {
			i++
		}
		do(start, i)
	}
}

// ipAddresses matches IPv4 and IPv6 addresses.
func (s *scan) ipAddresses() {
	s.words(func(b byte) bool { return alnum.has(b) || b == '.' || b == ':' || b == '_' }, func(start, end int) {
		text := strings.TrimRight(s.text[start:end], ".:")
		candidates := []string{text}
		if host, port, found := strings.Cut(text, ":"); found && strings.Trim(port, digits) == "" {
			candidates = append(candidates, host)
		}
		for _, candidate := range candidates {
			if _, err := netip.ParseAddr(candidate); err == nil && len(candidate) > len("::") {
				s.add(start, start+len(candidate), "ip_address")
				return
			}
		}
	})
}

// ibanLengths has the length of an IBAN by its country (ISO 13616 registry).
const ibanLengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27" +
	"GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21MC27MD24ME22MK19MR27MT31" +
	"MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24SC31SE24SI19SK24SM27ST25SV28TN24TR26UA29VA22VG24XK20"

// ibans matches international bank account numbers whose check digits fit.
func (s *scan) ibans() {
	for i := 0; i+4 <= len(s.text); i++ {
		if s.wordBefore(i) || s.text[i] < 'A' || s.text[i] > 'Z' || !isDigit(s.text[i+2]) || !isDigit(s.text[i+3]) {
			continue
		}
		at := strings.Index(ibanLengths, s.text[i:i+2])
		if at < 0 || at%4 != 0 {
			continue
		}
		length := int(ibanLengths[at+2]-'0')*10 + int(ibanLengths[at+3]-'0')
		var iban []byte
		end := i
		for ; end < len(s.text) && len(iban) < length; end++ {
			switch b := s.text[end]; {
			case capital.has(b):
				iban = append(iban, b)
			case b == ' ' && s.text[end-1] != ' ':
			default:
				end = len(s.text)
			}
		}
		if len(iban) == length && remainder97(append(iban[4:len(iban):len(iban)], iban[:4]...)) == 1 &&
			(end >= len(s.text) || !word.has(s.text[end])) {
			s.add(i, end, "iban")
			i = end - 1
		}
	}
}

// remainder97 reads letters as numbers from 10 to 35 (ISO 7064, MOD 97-10).
func remainder97(text []byte) int {
	rest := 0
	for _, b := range text {
		if isDigit(b) {
			rest = (rest*10 + int(b-'0')) % 97
		} else {
			rest = (rest*100 + int(b-'A') + 10) % 97
		}
	}
	return rest
}
