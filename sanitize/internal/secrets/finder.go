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
	whole    bool // detectors that look at the value as a whole
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
			if !known[name] {
				return nil, fmt.Errorf("no detector is called %q", name)
			}
			on[name] = change.value
		}
	}
	f := &Finder{cards: on["card_number"], whole: on["password_hash"], allowed: map[string]bool{}}
	for _, r := range slices.Concat(tokenRules(), specialRules()) {
		if on[r.detector] {
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
	if f.whole && isMySQLHash(text) {
		s := scan{finder: f, text: text}
		s.add(0, len(text), "password_hash")
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

// merge sorts the matches and joins those that overlap; the one that begins
// first, or is the longest, gives its name.
func merge(matches []Match) []Match {
	slices.SortStableFunc(matches, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	kept := matches[:1]
	for _, m := range matches[1:] {
		if last := &kept[len(kept)-1]; m.Start < last.End {
			last.End = max(last.End, m.End)
		} else {
			kept = append(kept, m)
		}
	}
	return kept
}

// scan is the state of one search.
type scan struct {
	finder  *Finder
	text    string
	hints   Hints
	runs    [charsets]run
	matches []Match

	digits   int      // up to here the digits have been looked at
	keyEnd   int      // of the last private key
	valueEnd int      // of the last value of a password's key
	noHeader int      // the end of the last stretch that is no token's header
	settings tristate // whether the text holds the settings of a connection
}

// match looks for the rule's secret, whose literal stands at start.
func (s *scan) match(r *rule, start int) {
	after := start + len(r.literal)
	switch r.kind {
	case prefixed:
		s.token(r, start, after)
	case jsonWebToken:
		s.jsonWebToken(start)
	case privateKey:
		s.privateKey(start, after)
	case puttyKey:
		s.puttyKey(after)
	case uriPassword:
		s.uriPassword(start, after)
	case queryPassword:
		s.queryPassword(start, after)
	case dsnPassword:
		s.dsnPassword(start, after)
	case awsSecret:
		s.awsSecret(after)
	case authorization:
		s.authorization(after)
	case azureSecret:
		s.azureSecret(start, after)
	case azureSignature:
		s.azureSignature(after)
	case openAILegacy:
		s.openAILegacy(start, after)
	case mailchimpKey:
		s.mailchimpKey(start, after)
	case terraformToken:
		s.terraformToken(start, after)
	case sendGridKey:
		s.sendGridKey(start, after)
	case telegramToken:
		s.telegramToken(start, after)
	case webhook:
		s.webhook(after)
	}
}

// add records a match, unless its text is allowed or a mask already.
func (s *scan) add(start, end int, detector string) {
	if text := s.text[start:end]; !s.finder.allowed[text] && !isMask(text, end == len(s.text)) {
		s.matches = append(s.matches, Match{start, end, detector})
	}
}

// token matches a literal and its body.
func (s *scan) token(r *rule, start, after int) {
	if !r.bare && s.wordBefore(start) {
		return
	}
	end := s.runEnd(r.body, after)
	length := end - after
	for length > 0 && s.text[end-1] == '.' { // the end of a sentence
		end--
		length--
	}
	if r.max > 0 && length > r.max {
		return
	}
	if length >= r.min || s.cutShort(end, length) {
		s.add(start, end, r.detector)
	}
}

// leastPartial is how much of a secret must be there to tell it from nothing
// but its prefix, where the text was cut.
const leastPartial = 4

// cutShort tells whether a secret whose body has length bytes up to end may
// have been cut with the text.
func (s *scan) cutShort(end, length int) bool {
	return s.hints.Partial && end == len(s.text) && length >= leastPartial
}

// isMySQLHash tells whether the whole text is MySQL's password hash.
func isMySQLHash(text string) bool {
	if len(text) != 41 || text[0] != '*' {
		return false
	}
	for i := 1; i < len(text); i++ {
		if b := text[i]; !isDigit(b) && (b < 'A' || b > 'F') {
			return false
		}
	}
	return true
}

// Mask is what stands for a secret that the detector has found. It has nothing
// in it that parts a URI, a connection string or JSON, so that what was around
// the secret reads as before.
func Mask(detector string) string { return "[masked-" + detector + "]" }

// isMask tells whether the text is what Mask returns, or the beginning of that
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
