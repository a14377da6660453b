package preview

import "github.com/op-data/sqlpreview/sanitize"

// told cleans what an answer says in the author's words: a message that quotes a
// name goes where values go, to terminals, logs and pages. Most texts are plain
// ASCII and stay as they are.
func told(texts ...*string) {
	var cleaner *sanitize.Sanitizer
	for _, text := range texts {
		if isPrintable(*text) {
			continue
		}
		if cleaner == nil {
			var err error
			if cleaner, err = sanitize.New(sanitize.Config{}); err != nil {
				*text = ""
				continue
			}
		}
		*text, _ = cleaner.Text(*text)
	}
}

// toldNames is told for a list.
func toldNames(names []string) []string {
	texts := make([]*string, len(names))
	for i := range names {
		texts[i] = &names[i]
	}
	told(texts...)
	return names
}

// isPrintable tells whether a text is printable ASCII, spaces included.
func isPrintable(text string) bool {
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
