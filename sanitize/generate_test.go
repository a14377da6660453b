package sanitize

import (
	"math/rand"
	"strings"
	"unicode/utf8"
)

// fragments reach every class of character and every decision of the text pass.
func fragments() []string {
	return []string{
		"a", "Z", "7", " ", ".", "\"", "\\", "plain words ", "\t", "\n", "\r\n", "\r", "=", "+1", "-", "@", "\uFF1D",
		"\x00", "\x1b[31m", "\x7f", "\u0085", "\u009b2J", "\u2028", "\u2029", "\uFDD0", "\U0010FFFF",
		"\xff", "\xc3", "\xe2\x80", "\xf0\x9f\x98", "\xed\xa0\x80", "\x80", "\xf4\x90\x80\x80", "\xc0\xaf",
		"\u202a", "\u202e", "\u2066", "\u2069", "\u200e", "\u200f", "\u061c",
		"\u200b", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u3164", "\uffa0", "\u115f", "\u17b4", "\u206a", "\ufff9",
		"\u200c", "\u200d", "\u180e", "\ufe0f", "\ufe0e", "\ufe00", "\U000e0100", "\U000e01ef", "\u180b", "\u180f",
		"\U000e0041", "\U000e007f", "\U0001F3F4", "\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",
		"\u0301", "\u0e47", "\u20e3", "\uff9e", "\u094d", "\u093e", "\u064b", "\u0655", strings.Repeat("\u0301", 29), strings.Repeat("\u0336", 64),
		"é", "ǖ", "ß", "中", "葛", "侮", "日本", "한글", "\u1100\u1161\u11a8", "\u1160", "ก", "ำ", "ខ", "្", "ម", "ខ\u200bម", "क", "ष", "র", "\u09cd", "য",
		"ب", "ا", "ه", "م", "ی", "ـ", "א", "ᠠ", "ᠬ", "\u0712", "\uA872",
		"👩", "👦", "👍🏽", "❤", "🏿", "🇩", "🇪", "🇩🇪", "©", "#", "1",
		"\ufffd", "\ue000", "\U000F0000", "\u0378", "\u2800", "\u00a0", "\u3000", "\u0600", "\u06dd",
	}
}

// secretParts are whole secrets, their beginnings, and what stands around them.
func secretParts(r *rand.Rand) string {
	pick := func(set string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = set[r.Intn(len(set))]
		}
		return string(b)
	}
	const digits, letters = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	switch r.Intn(26) {
	case 0:
		return "ghp_" + pick(letters, 30+r.Intn(10))
	case 1:
		return "AKIA" + pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 14+r.Intn(4))
	case 2:
		return "postgres://" + pick(letters, r.Intn(3)) + ":" + pick(letters+"/:@[]*", r.Intn(9)) + "@host"
	case 3:
		return "://" + pick("a:@/ ", 4)
	case 4:
		return "eyJhbGciOiJIUzI1NiJ9." + pick(letters, r.Intn(30)) + "." + pick(letters, r.Intn(30))
	case 5:
		return "-----BEGIN " + []string{"RSA ", "", "EC ", "PGP "}[r.Intn(4)] + "PRIVATE KEY-----\n" + pick(letters, r.Intn(99))
	case 6:
		return "\n-----END PRIVATE KEY-----"
	case 7:
		return "4111111111111111"[:12+r.Intn(5)]
	case 8:
		return []string{"4111 1111 1111 1111", "4111-1111-1111-1111", "378282246310005", "card ", "1234 "}[r.Intn(5)]
	case 9:
		return pick(digits, 1+r.Intn(24))
	case 10:
		return "$2b$12$" + pick(letters, 50+r.Intn(6))
	case 11:
		return "host=h password=" + pick(letters+"' \\", r.Intn(9))
	case 12:
		return []string{"&", "?", ""}[r.Intn(3)] + "password=" + pick(letters, r.Intn(5))
	case 13:
		return "[masked-" + []string{"card_number", "jwt", "uri_password", "x"}[r.Intn(4)] + "]"
	case 14:
		return "Authorization: Basic " + pick(letters, r.Intn(20))
	case 15:
		return "aws_secret_access_key=" + pick(letters+"/+=", 38+r.Intn(4))
	case 17:
		return []string{`"password":"`, `'passwd' => '`, `\"pwd\":\"`, "\npassword: ", "<password>", "PGPASSWORD=", "\nx.password="}[r.Intn(7)] +
			pick(letters+" \\\"'<&;", r.Intn(12)) + []string{`"`, `'`, `\"`, "\n", "</password>", ""}[r.Intn(6)]
	case 18:
		return []string{"?token=", "&access_token=", "X-API-Key: ", `"client_secret":"`, "SECRET_KEY="}[r.Intn(5)] + pick(letters+"._-", 8+r.Intn(20)) + []string{`"`, "\n", "&", ""}[r.Intn(4)]
	case 19:
		return []string{"$1$", "$5$", "$6$rounds=5000$", "$y$j9T$", "$apr1$", "_J9..", "{SSHA}", "$argon2id$v=19$"}[r.Intn(8)] + pick(letters, 8) + "$" + pick(letters+"./", 20+r.Intn(70))
	case 20:
		return "Authorization: " + []string{"Digest ", "OAuth ", "Token ", "X-Y ", ""}[r.Intn(5)] + pick(letters+"=,\" ", r.Intn(40)) + []string{"\n", `"`, ""}[r.Intn(3)]
	case 21:
		return `{"kty":"EC","d":"` + pick(letters, r.Intn(50)) + []string{`"}`, `"`, ""}[r.Intn(3)]
	case 22:
		return []string{"4242\u00a04242\u00a04242\u00a04242", "4242 4242 4242 4242 5555 5555 5555 4444", ";4242424242424242=2912101000", "4242424242424242,12/29", "%B4242424242424242^"}[r.Intn(5)]
	case 23:
		return `"auth":"` + []string{"YXBwOmh1bnRlcjI", "b2F1dGgy", "YTpi"}[r.Intn(3)] + `"`
	case 24:
		return []string{"glpat-", "dp.st.prd.", "ATATT3x", "sntrys_", "xai-", "sk-", "sq0csp-", "hvs.", "figd_"}[r.Intn(9)] + pick(letters+"._-=", 10+r.Intn(80))
	case 16:
		return "[masked-uri_password"[:1+r.Intn(20)]
	default:
		return pick(letters, 3) + "8Q~" + pick(letters, 28+r.Intn(8))
	}
}

// hostileText strings fragments together, some of them many times.
func hostileText(r *rand.Rand) string {
	all := fragments()
	var text strings.Builder
	for range r.Intn(24) {
		var part string
		switch n := r.Intn(10); {
		case n < 6:
			part = all[r.Intn(len(all))]
		case n < 8:
			part = secretParts(r)
		case n < 9:
			part = string(utf8.AppendRune(nil, rune(r.Intn(0x110000))))
		default:
			part = strings.Repeat(all[r.Intn(len(all))], r.Intn(40))
		}
		text.WriteString(part)
	}
	if r.Intn(8) == 0 { // a value of one sort only, such as a bytea
		const hexadecimal = "0123456789abcdef"
		text.Reset()
		text.WriteString(`\x`)
		for range r.Intn(80) {
			text.WriteByte(hexadecimal[r.Intn(16)])
		}
	}
	return text.String()
}
