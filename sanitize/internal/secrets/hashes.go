package secrets

import "strings"

// hashRules are the hashes of passwords. Those of crypt(3) end where their last
// field is full: a dot is one of their characters.
func hashRules() []rule {
	return join(
		hashed(layout{cost: true, last: 53}, "$2a$", "$2b$", "$2y$", "$2x$"),
		hashed(layout{fields: 1, last: 22}, "$1$", "$apr1$"),
		hashed(layout{fields: 1, rounds: true, last: 43}, "$5$"),
		hashed(layout{fields: 1, rounds: true, last: 86}, "$6$"),
		hashed(layout{fields: 2, last: 43}, "$y$", "$gy$", "$7$"),
		hashed(layout{fields: 2, last: 28}, "$sha1$"),
		hashed(layout{last: 31}, "$P$", "$H$"),
		hashed(layout{last: 52}, "$S$"),
		special("password_hash", findExtendedDES, "_J9.."),
		special("password_hash", findPhc, "$argon2", "$scrypt$", "$pbkdf2", "$bcrypt-sha256$"),
		tokens("password_hash", colons, 40, 0, "pbkdf2_sha256$", "pbkdf2_sha1$", "pbkdf2:sha256:", "pbkdf2:sha512:", "pbkdf2:sha1:", "scrypt:32768:"),
		tokens("password_hash", colons, 60, 0, "SCRAM-SHA-256$", "SCRAM-SHA-1$", "SCRAM-SHA-512$"),
		special("password_hash", findLdapHash, "SHA}", "sha}", "MD5}", "md5}", "SHA256}", "sha256}", "SHA384}", "SHA512}", "sha512}"),
		tokens("password_hash", hexes, 32, 32, "md5"),
	)
}

// layout is what follows the identifier of a hash in the format of crypt(3).
type layout struct {
	cost   bool // two digits and $
	rounds bool // perhaps rounds= and digits and $
	fields int  // further fields, each ended by $
	last   int  // the characters of the hash itself
}

// hashed makes rules for hashes of that layout.
func hashed(l layout, literals ...string) []rule {
	rules := special("password_hash", findCrypted, literals...)
	for i := range rules {
		rules[i].layout = l
	}
	return rules
}

// crypted matches a hash of that layout.
func (s *scan) crypted(l layout, start, after int) {
	if start > 0 && s.text[start-1] == '$' {
		return // $pbkdf2$1$: inside another
	}
	at := after
	if l.cost {
		if at+3 > len(s.text) || !isDigit(s.text[at]) || !isDigit(s.text[at+1]) || s.text[at+2] != '$' {
			s.addCut(start, after, at)
			return
		}
		at += 3
	}
	fields := l.fields
	if l.rounds && strings.HasPrefix(s.text[at:], "rounds=") {
		fields++
	}
	for range fields {
		const longest = 64
		end := at
		for end < len(s.text) && end-at < longest && (crypt64.has(s.text[end]) || s.text[end] == '=') {
			end++
		}
		if end == len(s.text) || s.text[end] != '$' {
			s.addCut(start, after, end)
			return
		}
		at = end + 1
	}
	end := at
	for end < len(s.text) && end-at < l.last && crypt64.has(s.text[end]) {
		end++
	}
	if end-at == l.last {
		s.add(start, end, "password_hash")
	} else {
		s.addCut(start, after, end)
	}
}

// addCut records what may be the beginning of a hash, where the text was cut.
func (s *scan) addCut(start, after, end int) {
	if s.hints.Partial {
		end = s.runEnd(crypt, end)
		if s.cutShort(end, end-after) {
			s.add(start, end, "password_hash")
		}
	}
}

// extendedDES matches the hash of BSDi and NetBSD with the usual count of
// rounds: an underscore and 19 characters.
func (s *scan) extendedDES(start, after int) {
	const length = 20
	if s.wordBefore(start) {
		return
	}
	end := after
	for end < len(s.text) && end-start < length && crypt64.has(s.text[end]) {
		end++
	}
	full := end-start == length && (end == len(s.text) || !crypt64.has(s.text[end]) || s.text[end] == '.')
	if full && isOpaque(s.text[after:end]) || s.cutShort(end, end-after) {
		s.add(start, end, "password_hash")
	}
}

// phc matches a hash whose fields name their algorithm and its parameters. The
// last field has no length of its own, so a dot after one of the usual lengths
// ends a sentence.
func (s *scan) phc(start, after int) {
	end := s.runEnd(crypt, after)
	for end > after && s.text[end-1] == '.' {
		length := end - 1 - strings.LastIndexByte(s.text[:end], '$')
		if length == 27 || length == 31 || length == 43 || length == 86 {
			break
		}
		end--
	}
	if length := end - after; length >= 30 || s.cutShort(end, length) {
		s.add(start, end, "password_hash")
	}
}

// ldapHash matches the userPassword of RFC 2307: a scheme in braces and base64.
// literal ends the scheme.
func (s *scan) ldapHash(literal, after int) {
	start := literal
	for start > 0 && literal-start < 2 && alnum.has(s.text[start-1]) {
		start--
	}
	if start == 0 || s.text[start-1] != '{' {
		return
	}
	end := s.runEnd(base64std, after)
	if length := end - after; length >= 22 || s.cutShort(end, length) {
		s.add(start-1, end, "password_hash")
	}
}

// wholeSecret names what the whole text is, for secrets that are certain only
// where nothing else stands: MySQL's password hash, Vault's older tokens,
// Mailgun's keys, Airtable's tokens.
func wholeSecret(text string) string {
	in := func(text string, set charset) bool {
		for i := range len(text) {
			if !set.has(text[i]) {
				return false
			}
		}
		return true
	}
	switch {
	case len(text) == 41 && text[0] == '*' && in(text[1:], hexes) && strings.ToUpper(text) == text:
		return "password_hash"
	case len(text) == 26 && (text[:2] == "s." || text[:2] == "b.") && in(text[2:], alnum) && isOpaque(text[2:]):
		return "vault_token"
	case len(text) == 50 && text[32] == '-' && text[41] == '-' && in(text[:32], hexes) && in(text[33:41], hexes) && in(text[42:], hexes):
		return "mailgun_key"
	case len(text) == 82 && text[:3] == "pat" && text[17] == '.' && in(text[3:17], alnum) && in(text[18:], hexes):
		return "service_token" // Airtable
	default:
		return ""
	}
}
