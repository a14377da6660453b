package sanitize

import (
	"hash/fnv"
	"math/rand"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// placeholder is {set:length} in the test data. Tokens are made only when a
// test runs, so that no file of the repository looks like it holds secrets.
var placeholder = regexp.MustCompile(`\{(alnum|lower|upper|digits|hex|HEX|base32|base64|url64|crypt64|alpha):([0-9]+)\}`)

var placeholderSets = map[string]string{
	"alnum":   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
	"lower":   "abcdefghijklmnopqrstuvwxyz",
	"upper":   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
	"digits":  "0123456789",
	"hex":     "0123456789abcdef",
	"HEX":     "0123456789ABCDEF",
	"base32":  "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
	"base64":  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	"crypt64": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./",
	"alpha":   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	"url64":   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
}

// expand puts random characters in the place of the placeholders, the same for
// the same seed and the same place.
func expand(tb testing.TB, text, seed string) string {
	tb.Helper()
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(seed)) // never fails
	base := int64(hash.Sum64())
	nth := int64(0)
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		parts := placeholder.FindStringSubmatch(found)
		length, err := strconv.Atoi(parts[2])
		if err != nil {
			tb.Fatalf("%s: %v", found, err)
		}
		nth++
		r := rand.New(rand.NewSource(base + nth))
		var out strings.Builder
		for range length {
			set := placeholderSets[parts[1]]
			out.WriteByte(set[r.Intn(len(set))])
		}
		return out.String()
	})
}
