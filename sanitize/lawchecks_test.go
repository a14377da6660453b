package sanitize

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"golang.org/x/text/unicode/norm"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/op-data/sqlpreview/sanitize/internal/chars"
	"github.com/op-data/sqlpreview/sanitize/internal/secrets"
)

// outside names the first character that must not come out, by the tables of
// the standard library.
func outside(text string) string {
	if !utf8.ValidString(text) {
		return "not valid UTF-8"
	}
	marks, above, below, run := 0, 0, 0, 0
	directions := map[rune]bool{0x200E: true, 0x200F: true, 0x061C: true}
	for i, r := range text {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
		case unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point):
			return fmt.Sprintf("%U at %d", r, i)
		case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x206F, r >= 0x2060 && r <= 0x2064, r == 0xFEFF, r == 0xAD,
			r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0, r >= 0xFFF9 && r <= 0xFFFB, r == 0xE0001, r == 0x17B4, r == 0x17B5:
			return fmt.Sprintf("%U at %d", r, i)
		}
		if !inPlace(text, i, r) {
			return fmt.Sprintf("%U at %d, out of place", r, i)
		}
		switch {
		case unicode.Is(unicode.M, r):
			// By the combining classes of package norm: no more above or below than are kept.
			if marks++; marks > 30 {
				return fmt.Sprintf("%d marks in a row at %d", marks, i)
			}
			switch ccc := norm.NFD.PropertiesString(string(r)).CCC(); ccc {
			case 230:
				above++
			case 220:
				below++
			}
			if above > 4 || below > 4 {
				return fmt.Sprintf("%d marks above, %d below at %d", above, below, i)
			}
		case r != 0x200C && r != 0x200D && r != 0x034F:
			marks, above, below = 0, 0, 0
		}
		if directions[r] {
			if run++; run > 2 {
				return fmt.Sprintf("%d direction marks at %d", run, i)
			}
		} else {
			run = 0
		}
	}
	return ""
}

// inPlace tells, by other means than the text pass, whether a character that is
// kept only in some places stands in one.
func inPlace(text string, i int, r rune) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
	switch {
	case r == 0x200B:
		return (joining(lastLetter(text[:i])) || joining(before) || joining(after)) && !zeroWidth(before) && !zeroWidth(after)
	case r == 0x200C || r == 0x200D:
		emoji := func(r rune) bool { return unicode.Is(unicode.So, r) || r >= 0x1F000 && r < 0x20000 } // the newest are not in Go's tables
		pictograph := emoji(before) || unicode.Is(unicode.Sk, before) || before == 0xFE0F || before == 0xE007F
		return norm.NFD.PropertiesString(string(before)).CCC() == 9 || r == 0x200C && before == 0x200D ||
			!zeroWidth(before) && (joining(lastLetter(text[:i])) || joining(before) || joining(after)) || r == 0x200D && pictograph && emoji(after)
	case r == 0x034F:
		return joining(before) && unicode.Is(unicode.M, before) && joining(after) && unicode.Is(unicode.M, after)
	case r == 0x2800:
		return unicode.Is(unicode.Braille, before) || unicode.Is(unicode.Braille, after)
	case r == 0x13441 || r == 0x13442:
		return before >= 0x13000 && before < 0x14400 || after >= 0x13000 && after < 0x14400
	case r == 0x1D159:
		return before >= 0x1D100 && before < 0x1D200 || after >= 0x1D100 && after < 0x1D200
	case r >= 0xE0000 && r <= 0xE007F:
		flags := strings.NewReplacer(
			"\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", "",
			"\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F", "",
			"\U0001F3F4\U000E0067\U000E0062\U000E0077\U000E006C\U000E0073\U000E007F", "")
		return !strings.ContainsFunc(flags.Replace(text), func(r rune) bool { return r >= 0xE0000 && r <= 0xE007F })
	case unicode.Is(unicode.Variation_Selector, r):
		return chars.Registered(before, r)
	case r == 0x180E:
		return !zeroWidth(before) && unicode.Is(unicode.Mongolian, after) && unicode.IsLetter(after)
	default:
		return true
	}
}

// zeroWidth reports whether a character is one of those that show nothing.
func zeroWidth(r rune) bool {
	return r >= 0x200B && r <= 0x200F || r == 0x061C || r == 0x180E || r == 0x034F
}

// lastLetter returns what the marks at the end of text stand on.
func lastLetter(text string) rune {
	r, _ := utf8.DecodeLastRuneInString(strings.TrimRightFunc(text, func(r rune) bool { return unicode.Is(unicode.M, r) }))
	return r
}

// joining reports whether a character belongs to none of the scripts that use no
// joiners.
func joining(r rune) bool {
	return r > 0x58F && r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsPunct(r) || unicode.IsMark(r) || unicode.IsSymbol(r) || unicode.Is(unicode.Cn, r)) &&
		!unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
			unicode.Ethiopic, unicode.Georgian, unicode.Cherokee, unicode.Braille)
}

// miscounted compares what was counted with what is to be seen: U+FFFD and
// masks that the value did not bring along.
func miscounted(out, text string, c *Changes) string {
	count := 0
	for _, r := range c.Replacements {
		count += r.Count
		if r.Count < 1 || c.Kinds&r.Kind == 0 {
			return fmt.Sprintf("%v counted %d", r.Kind.Names(), r.Count)
		}
	}
	original, removed := strings.Count(text, "\uFFFD"), inWords(text)
	cut := c.Kinds&(Truncated|MaskedValue|MaskedColumn) != 0
	if got := strings.Count(out, "\uFFFD") - original; (!cut || original == 0 && removed == 0) && (got > count || got < count-removed) {
		return fmt.Sprintf("%d replaced, up to %d removed, %d counted", got, removed, count)
	}
	if c.Kinds&(MaskedValue|Truncated) == MaskedValue {
		for _, name := range strings.Split(c.Detector, ",") {
			if mask := secrets.Mask(name); !strings.HasPrefix(mask, out) && !strings.Contains(out, mask) {
				return "no mask of " + name
			}
		}
	}
	if (c.Kinds&(MaskedValue|MaskedColumn) != 0) != (c.Detector != "") {
		return "detector " + c.Detector
	}
	if !strings.Contains(text, "[") && c.Kinds&(MaskedValue|MaskedColumn) == 0 && strings.Contains(out, "[") {
		return "a mask without its flag"
	}
	return ""
}

// inWords counts the soft hyphens and word joiners inside words, which are
// counted and leave nothing. Letters that Go's tables do not know yet may be any.
func inWords(text string) int {
	count := 0
	letter := func(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.Cn) }
	for i, r := range text {
		if r == 0xAD || r == 0x2060 {
			before, _ := utf8.DecodeLastRuneInString(text[:i])
			after, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
			if (letter(before) || unicode.Is(unicode.M, before)) && letter(after) {
				count++
			}
		}
	}
	return count
}

// split cuts the cleaned text in its own way, where nothing is masked.
func split(s *Sanitizer, out, text string, in Input, c *Changes) string {
	if c.Kinds&(MaskedValue|MaskedColumn) != 0 || c.Kinds&Truncated == 0 || in.OriginalBytes > int64(len(text)) || in.Class == Binary {
		return ""
	}
	cleaned, _, _ := clean(text)
	if s.secrets.Find(cleaned, secrets.Hints{Partial: true, Number: in.Class != Textual, Column: in.Column}) != nil {
		return "" // a mask, even one past the cut, has its own boundaries
	}
	clusters := graphemes.FromString(cleaned)
	best, first, bounds := 0, 0, []int{0}
	for clusters.Next() && utf8.RuneCountInString(cleaned[:clusters.End()]) <= s.limit {
		best = clusters.End()
		bounds = append(bounds, best)
	}
	if best == 0 {
		first = 1
		if n := utf8.RuneCountInString(out); n != s.limit {
			return fmt.Sprintf("the first cluster is longer than the limit, and was cut at %d", n)
		}
	}
	if first == 0 && out != cleaned[:best] {
		// The cut may go back over clusters that end in a joiner, or leave one as U+FFFD.
		for i := len(bounds) - 1; i >= max(0, len(bounds)-1-maxStepsBack); i-- {
			if out == cleaned[:bounds[i]] && i+1 < len(bounds) && dangles(cleaned[:bounds[i+1]]) {
				return ""
			}
		}
		if again, _, _ := clean(cleaned[:best]); out == again && dangles(cleaned[:best]) {
			return ""
		}
		return fmt.Sprintf("want %+q", cleaned[:best])
	}
	return ""
}

// lost sends the text through JSON and protobuf.
func lost(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		return err.Error()
	}
	var decoded string
	if err := json.Unmarshal(encoded, &decoded); err != nil || decoded != text {
		return fmt.Sprintf("JSON: %v", err)
	}
	wire, err := proto.Marshal(wrapperspb.String(text))
	if err != nil {
		return err.Error()
	}
	var message wrapperspb.StringValue
	if err := proto.Unmarshal(wire, &message); err != nil || message.GetValue() != text {
		return fmt.Sprintf("protobuf: %v", err)
	}
	return ""
}
