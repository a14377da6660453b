package names

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed vocabulary.txt
var source string

// vocabulary is what is known of words and phrases.
type vocabulary struct {
	strong, weak, harmless map[string]bool // phrases, their words joined by nothing
	tail, about, before    map[string]bool // words
	folded, owners, plural map[string]bool // words
	words                  map[string]bool // all words, to part those that are written as one
	longest                int             // letters of the longest phrase
}

// builtin is the vocabulary of every List.
var builtin = func() *vocabulary {
	v, err := parseVocabulary(source)
	if err != nil {
		panic(err) // the file is compiled in, and a test reads it
	}
	return v
}()

func parseVocabulary(text string) (*vocabulary, error) {
	v := &vocabulary{words: map[string]bool{}}
	kinds := map[string]*map[string]bool{
		"strong": &v.strong, "weak": &v.weak, "harmless": &v.harmless, "tail": &v.tail, "about": &v.about, "before": &v.before,
		"folded": &v.folded, "owners": &v.owners, "plural": &v.plural, "words": &v.words,
	}
	for _, kind := range kinds {
		if *kind == nil {
			*kind = map[string]bool{}
		}
	}
	for number, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		kind, rest, found := strings.Cut(line, ":")
		set := kinds[kind]
		if !found || set == nil {
			return nil, fmt.Errorf("vocabulary, line %d: no kind %q", number+1, kind)
		}
		for _, phrase := range strings.Fields(rest) {
			parts := strings.Split(phrase, "_")
			joined := strings.Join(parts, "")
			(*set)[joined] = true
			v.longest = max(v.longest, len(joined))
			for _, part := range parts {
				if len(part) > 2 || kind == "words" || kind == "owners" || part == "id" || part == "at" {
					v.words[part] = true
				}
			}
		}
	}
	// Short or common words would part others in the wrong places.
	for _, word := range strings.Fields("pass pin salt pot ion less free ring par sin nie dni nif bin set age cap sum den art her") {
		if word != "less" {
			delete(v.words, word)
		}
	}
	return v, nil
}
