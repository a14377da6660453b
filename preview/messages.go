package preview

import "github.com/op-data/sqlpreview/sanitize"

// sanitizeMessages cleans texts that quote the author's words: a message goes
// where values go, to terminals, logs and pages. Most texts are plain ASCII and
// stay as they are.
func sanitizeMessages(texts ...*string) {
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

// sanitizeNames is sanitizeMessages for a list, which it changes and returns.
func sanitizeNames(names []string) []string {
	texts := make([]*string, len(names))
	for i := range names {
		texts[i] = &names[i]
	}
	sanitizeMessages(texts...)
	return names
}

// isPrintable reports whether a text is printable ASCII, spaces included.
func isPrintable(text string) bool {
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
