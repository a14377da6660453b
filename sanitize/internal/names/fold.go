package names

import (
	"strings"
	"unicode"
)

// folded has, for letters with accents, those without.
var folded = func() map[rune]string {
	table := map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i"}
	for plain, accented := range map[string]string{
		"a": "àáâãäåāăąǎạảấầẩẫậắằẳẵặ", "c": "çćĉċč", "d": "ď", "e": "èéêëēĕėęěẹẻẽếềểễệ", "g": "ĝğġģ", "h": "ĥħ", "i": "ìíîïĩīĭįỉị",
		"j": "ĵ", "k": "ķ", "l": "ĺļľ", "n": "ñńņňŉ", "o": "òóôõöōŏőọỏốồổỗộớờởỡợơ", "r": "ŕŗř", "s": "śŝşšș", "t": "ţťț", "u": "ùúûüũūŭůűųụủứừửữựư",
		"w": "ŵ", "y": "ýÿŷỳỹ", "z": "źżž",
	} {
		for _, r := range accented {
			table[r] = plain
		}
	}
	return table
}()

// fold returns a word in lower case without accents.
func fold(word string) string {
	var out strings.Builder
	for _, r := range word {
		r = unicode.ToLower(r)
		if plain, accented := folded[r]; accented {
			out.WriteString(plain)
		} else if !unicode.Is(unicode.Mn, r) || r > 0x036F {
			out.WriteRune(r) // accents as marks of their own go too
		}
	}
	return out.String()
}

// split cuts a name into its words, folded: at everything that is neither letter,
// mark nor digit, inside camelCase and HTTPServer, and between letters and digits.
func split(name string) []string {
	var words []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			if folded := fold(string(word)); folded != "" {
				words = append(words, folded)
			}
			word = word[:0]
		}
	}
	runes := []rune(name)
	for i, r := range runes {
		if !unicode.In(r, unicode.L, unicode.M, unicode.Nd) {
			end()
			continue
		}
		if n := len(word); n > 0 {
			before := word[n-1]
			switch {
			case unicode.IsDigit(r) != unicode.IsDigit(before):
				end()
			case unicode.IsUpper(r) && (!unicode.IsUpper(before) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
				end()
			}
		}
		word = append(word, r)
	}
	end()
	return words
}
