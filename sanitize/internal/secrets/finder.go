// Package secrets finds secrets in text.
//
// A secret is found by what is certain about it: a prefix that its issuer
// documents, a structure, a check digit. One pass over the text (see prefilter)
// says where any of the detectors could match; only there they look closer, and
// none looks at a stretch of text more than once.
package secrets

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Match is a secret in a text, by byte offsets.
type Match struct {
	Start, End int
	Detector   string
}

// Hints is what is known of a text beside itself.
type Hints struct {
	// Partial says that the text goes on: what could be the beginning of a secret
	// at its end is one.
	Partial bool
	// Number says that the text is a number, not something a person wrote.
	Number bool
	// Column is the name of the column, or empty.
	Column string
}

// Finder finds the secrets of the detectors that it was made with. It is safe
// for concurrent use.
type Finder struct {
	rules    []rule
	filter   *prefilter
	cards    bool
	on       map[string]bool // detectors by name
	optional []optional
	allowed  map[string]bool
}

// New makes a Finder with the default detectors, without those of disable and
// with those of enable. A match that equals one of the texts of allow is none.
func New(disable, enable, allow []string) (*Finder, error) {
	on := map[string]bool{}
	known := map[string]bool{}
	for _, d := range Detectors() {
		known[d.Name], on[d.Name] = true, d.Default
	}
	for _, change := range []struct {
		names []string
		value bool
	}{{disable, false}, {enable, true}} {
		for _, name := range change.names {
			if slices.Contains(Removed(), name) {
				continue
			}
			if !known[name] {
				return nil, fmt.Errorf("no detector is called %q", name)
			}
			on[name] = change.value
		}
	}
	f := &Finder{cards: on["card_number"], on: on, allowed: map[string]bool{}}
	for _, r := range slices.Concat(tokenRules(), serviceRules(), specialRules()) {
		if on[r.detector] || slices.ContainsFunc(r.also, func(name string) bool { return on[name] }) {
			f.rules = append(f.rules, r)
		}
	}
	for _, o := range optionals() {
		if on[o.detector] {
			f.optional = append(f.optional, o)
		}
	}
	for _, text := range allow {
		if text == "" {
			return nil, errors.New("an allowed text is empty")
		}
		f.allowed[text] = true
	}
	f.filter = newPrefilter(f.rules)
	return f, nil
}

// Find returns the secrets of a text, in order and apart from each other.
func (f *Finder) Find(text string, hints Hints) []Match {
	var found []Match
	if len(f.rules) > 0 || f.cards {
		s := scan{finder: f, text: text, hints: hints}
		s.pass()
		found = s.matches
	}
	if detector := wholeSecret(text); detector != "" {
		s := scan{finder: f, text: text}
		s.add(0, len(text), detector)
		found = append(found, s.matches...)
	}
	if len(f.optional) > 0 {
		found = append(found, f.findOptional(text)...)
	}
	if len(found) == 0 {
		return nil
	}
	return merge(found)
}

// findOptional runs the detectors that take a pass each.
func (f *Finder) findOptional(text string) []Match {
	s := scan{finder: f, text: text}
	for _, o := range f.optional {
		o.find(&s)
	}
	return s.matches
}

// merge sorts the matches and joins those that overlap. The one that begins
// first, or is the longest, gives its name, unless another's says more.
func merge(matches []Match) []Match {
	slices.SortStableFunc(matches, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	kept := matches[:1]
	for _, m := range matches[1:] {
		if last := &kept[len(kept)-1]; m.Start < last.End {
			last.End = max(last.End, m.End)
			if certainty(m.Detector) > certainty(last.Detector) {
				last.Detector = m.Detector
			}
		} else {
			kept = append(kept, m)
		}
	}
	return kept
}

// certainty orders detectors by how much their names say: those that go by the
// name of a value, then those that speak of any service, then the rest.
func certainty(detector string) int {
	switch {
	case strings.HasPrefix(detector, "assigned_"):
		return 0
	case detector == "service_token":
		return 1
	default:
		return 2
	}
}

// scan is the state of one search.
type scan struct {
	finder  *Finder
	text    string
	hints   Hints
	runs    [charsets]run
	matches []Match

	digits    int      // up to here the digits have been looked at
	row       row      // the last row of groups of four digits
	cardWords []place  // the words that speak of cards; see words
	worded    bool     // cardWords has been filled
	keyEnd    int      // of the last private key
	valueEnd  int      // of the last value that a key was found for
	objectEnd int      // of the last JSON Web Key
	noHeader  int      // the end of the last stretch that is no token's header
	settings  tristate // whether the text holds the settings of a connection
}

// match looks for the rule's secret, whose literal stands at start.
func (s *scan) match(r *rule, start int) {
	after := start + len(r.literal)
	switch r.kind {
	case findToken:
		s.token(r, start, after)
	case findCrypted:
		s.crypted(r.layout, start, after)
	case findAwsKey:
		s.awsKey(start, after)
	case findJSONWebToken:
		s.jsonWebToken(start, after)
	case findPrivateKey:
		s.privateKey(start, after)
	case findPuttyKey:
		s.puttyKey(start, after)
	case findJSONWebKey:
		s.jsonWebKey(start, after)
	case findKeyData:
		s.keyData(start, after)
	case findURIPassword:
		s.uriPassword(start, after)
	case findAwsSecret:
		s.awsSecret(start, after)
	case findAuthorization:
		s.authorization(start, after)
	case findAzureKey:
		s.azureKey(start, after)
	case findAzureSecret:
		s.azureSecret(start, after)
	case findAzureSignature:
		s.azureSignature(start, after)
	case findOpenAILegacy:
		s.openAILegacy(start, after)
	case findMailchimpKey:
		s.mailchimpKey(start, after)
	case findTerraformToken:
		s.terraformToken(start, after)
	case findSendGridKey:
		s.sendGridKey(start, after)
	case findTelegramToken:
		s.telegramToken(start, after)
	case findWebhook:
		s.webhook(start, after)
	case findDockerAuth:
		s.dockerAuth(start, after)
	case findPassword:
		s.password(start, after)
	case findAssignedToken:
		s.assignedToken(start, after)
	case findPhc:
		s.phc(start, after)
	case findLdapHash:
		s.ldapHash(start, after)
	case findExtendedDES:
		s.extendedDES(start, after)
	case findOnePasswordKey:
		s.onePasswordKey(start, after)
	case findMaxMindKey:
		s.maxMindKey(start, after)
	}
}

// add records a match, unless its text is allowed or a mask already.
func (s *scan) add(start, end int, detector string) {
	if text := s.text[start:end]; s.finder.on[detector] && !s.finder.allowed[text] && !isMask(text, end == len(s.text)) {
		s.matches = append(s.matches, Match{start, end, detector})
	}
}

// token matches a literal and its body at the edge of a word.
func (s *scan) token(r *rule, start, after int) {
	if s.wordBefore(start) {
		return
	}
	end := s.runEnd(r.body, after)
	for end > after && s.text[end-1] == '.' { // the end of a sentence
		end--
	}
	length := end - after
	if r.max > 0 && length > r.max {
		return
	}
	if body := s.text[after:end]; length >= r.min && isOpaque(body) && !isFiller(body) || s.cutShort(end, length) {
		s.add(start, end, r.detector)
	}
}

// isFiller reports whether the body of a token is nothing but the letter x, as
// documentations write it.
func isFiller(body string) bool { return strings.Trim(body, "xX-_.") == "" }

// isOpaque reports whether the body of a token is more than words: one in lower
// case throughout, of words and hyphens, has a digit beside those of a year.
func isOpaque(body string) bool {
	const enough = 256 // whole words of that length are none
	body = body[:min(len(body), enough)]
	for i := 0; i < len(body); i++ {
		switch b := body[i]; {
		case b >= 'A' && b <= 'Z':
			return true
		case isDigit(b):
			end := i
			for end < len(body) && isDigit(body[end]) {
				end++
			}
			year := end-i == 4 && (body[i:i+2] == "19" || body[i:i+2] == "20") &&
				(i == 0 || !alnum.has(body[i-1])) && (end == len(body) || !alnum.has(body[end]))
			if !year {
				return true
			}
			i = end
		}
	}
	return false
}

// leastPartial is how much of a secret must be there to tell it from nothing
// but its prefix, where the text was cut.
const leastPartial = 4

// cutShort reports whether a secret whose body has length bytes up to end may
// have been cut with the text.
func (s *scan) cutShort(end, length int) bool {
	return s.hints.Partial && end == len(s.text) && length >= leastPartial
}

// Mask is what stands for a secret that the detector has found. It has nothing
// in it that parts a URI, a connection string or JSON, so that what was around
// the secret reads as before.
func Mask(detector string) string { return "[masked-" + detector + "]" }

// isMask reports whether the text is what Mask returns, or the beginning of that
// at the end of a text that was cut.
func isMask(text string, last bool) bool {
	const begin = "[masked-"
	name, isMask := strings.CutPrefix(text, begin)
	if !isMask {
		return last && text != "" && strings.HasPrefix(begin, text)
	}
	name, closed := strings.CutSuffix(name, "]")
	return (closed || last) && strings.Trim(name, lowers+digits+"_") == ""
}
