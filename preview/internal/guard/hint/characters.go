package hint

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// characters are those that documents and chat programs put into a text. They look
// like something else or like nothing; PostgreSQL takes them for letters.
var characters = map[rune]struct{ name, hint string }{
	'\u00a0': {"no-break space", spaceHint}, '\u1680': {"Ogham space", spaceHint}, '\u202f': {"narrow no-break space", spaceHint},
	'\u205f': {"mathematical space", spaceHint}, '\u3000': {"ideographic space", spaceHint},
	'\u2000': {"en quad", spaceHint}, '\u2001': {"em quad", spaceHint}, '\u2002': {"en space", spaceHint}, '\u2003': {"em space", spaceHint},
	'\u2004': {"space of a third em", spaceHint}, '\u2005': {"space of a quarter em", spaceHint}, '\u2006': {"space of a sixth em", spaceHint},
	'\u2007': {"figure space", spaceHint}, '\u2008': {"punctuation space", spaceHint}, '\u2009': {"thin space", spaceHint}, '\u200a': {"hair space", spaceHint},
	'\u0085': {"next line", "replace it with a newline"}, '\u2028': {"line separator", "replace it with a newline"}, '\u2029': {"paragraph separator", "replace it with a newline"},
	'\u00ad': {"soft hyphen", removeHint}, '\u200b': {"zero-width space", removeHint}, '\u200c': {"zero-width non-joiner", removeHint},
	'\u200d': {"zero-width joiner", removeHint}, '\u200e': {"left-to-right mark", removeHint}, '\u200f': {"right-to-left mark", removeHint},
	'\u2060': {"word joiner", removeHint}, '\ufeff': {"byte order mark", removeHint}, '\u180e': {"vowel separator", removeHint},
	'\u202a': {"direction mark", removeHint}, '\u202b': {"direction mark", removeHint}, '\u202c': {"direction mark", removeHint},
	'\u202d': {"direction mark", removeHint}, '\u202e': {"direction mark", removeHint}, '\u2066': {"direction mark", removeHint},
	'\u2067': {"direction mark", removeHint}, '\u2068': {"direction mark", removeHint}, '\u2069': {"direction mark", removeHint},
	'\ufffd': {"replacement character", "the text was damaged on its way; paste it again"},

	'\u2018': {"typographic quote", stringHint}, '\u2019': {"typographic quote", stringHint}, '\u201a': {"typographic quote", stringHint}, '\u201b': {"typographic quote", stringHint},
	'\u00b4': {"accent", stringHint}, '\u2032': {"prime", stringHint}, '\uff07': {"full-width quote", stringHint},
	'\u201c': {"typographic quote", quotesHint}, '\u201d': {"typographic quote", quotesHint}, '\u201e': {"typographic quote", quotesHint}, '\u201f': {"typographic quote", quotesHint},
	'\u00ab': {"typographic quote", quotesHint}, '\u00bb': {"typographic quote", quotesHint}, '\u2033': {"double prime", quotesHint}, '\uff02': {"full-width quote", quotesHint},
	'\u2010': {"hyphen", dashHint}, '\u2011': {"no-break hyphen", dashHint}, '\u2012': {"figure dash", dashHint}, '\u2013': {"en dash", dashHint}, '\u2014': {"em dash", dashHint}, '\u2212': {"minus sign", dashHint},
	'\u2022': {"bullet", removeHint}, '\u00b7': {"middle dot", removeHint}, '\u25aa': {"bullet", removeHint}, '\u25cf': {"bullet", removeHint},
	'\u00d7': {"multiplication sign", "write *"}, '\u00f7': {"division sign", "write /"}, '\u2260': {"not-equal sign", "write <>"}, '\u2264': {"less-or-equal sign", "write <="},
	'\u2265': {"greater-or-equal sign", "write >="}, '\u2217': {"asterisk operator", "write *"}, '\u22c5': {"dot operator", "write *"}, '\u2026': {"ellipsis", "write out what it stands for"},
	'\u2190': {"arrow", "write <-"}, '\u2192': {"arrow", "write ->"}, '\u21d2': {"arrow", "write =>"},
	'\uff08': {"full-width parenthesis", "write ("}, '\uff09': {"full-width parenthesis", "write )"}, '\uff0c': {"full-width comma", "write ,"}, '\u3001': {"ideographic comma", "write ,"},
	'\uff1b': {"full-width semicolon", "write ;"}, '\uff1a': {"full-width colon", "write :"}, '\uff0e': {"full-width full stop", "write ."}, '\u3002': {"ideographic full stop", "write ."},
	'\uff1d': {"full-width equals sign", "write ="}, '\uff1c': {"full-width less-than sign", "write <"}, '\uff1e': {"full-width greater-than sign", "write >"},
	'\uff0a': {"full-width asterisk", "write *"}, '\uff0b': {"full-width plus sign", "write +"}, '\uff0d': {"full-width hyphen", "write -"}, '\uff0f': {"full-width slash", "write /"},
}

const (
	spaceHint  = "replace it with an ordinary space"
	removeHint = "remove it"
	stringHint = "write ' around strings"
	quotesHint = `write ' around strings and " around names`
	dashHint   = "write -"
)

// character finds the first such character outside of strings, quoted names and
// comments, up to the token at which the grammar stopped.
func character(s *source) (Finding, bool) {
	for i := range min(s.stop+2, len(s.tokens)) {
		if f, ok := characterIn(s.tokens[i].Token, s.sql); ok {
			return f, true
		}
	}
	return Finding{}, false
}

func characterIn(t pgtree.Token, sql string) (Finding, bool) {
	if t.Kind != pgtree.TokenWord && t.Kind != pgtree.TokenOther && t.Kind != pgtree.TokenBad && t.Kind != pgtree.TokenNumber {
		return Finding{}, false
	}
	text := sql[t.Start:t.End]
	if t.Kind == pgtree.TokenBad && strings.ContainsAny(text[:1], `'"$/`) {
		return Finding{}, false // a string or comment that does not end
	}
	for i, r := range text {
		if r < 0x80 {
			if t.Kind == pgtree.TokenBad && (r == '\'' || r == '"') {
				return Finding{}, false
			}
			continue
		}
		c, known := characters[r]
		switch {
		case known:
		case unicode.IsSpace(r) || unicode.Is(unicode.Cf, r):
			c.name, c.hint = "character that is not visible", removeHint
		case unicode.Is(unicode.So, r):
			c.name, c.hint = "symbol", removeHint
		default:
			continue
		}
		at := t.Start + i
		return Finding{
			Start: at, End: at + utf8.RuneLen(r), Hint: c.hint,
			Message: fmt.Sprintf("there is %s %s (U+%04X) here", article(c.name), c.name, r),
		}, true
	}
	return Finding{}, false
}

func article(noun string) string {
	if strings.ContainsRune("aeiouAEIOU", rune(noun[0])) {
		return "an"
	}
	return "a"
}
