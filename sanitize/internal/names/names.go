// Package names tells from the name of a column whether it holds secrets.
package names

import (
	"fmt"
	"strings"
	"unicode"
)

// Builtin is the list of names that are secret wherever they stand as whole
// words of a column's name: password in user_password and passwordHash, and not
// in passwordless. A phrase of several words is also found written as one, and one
// word written as several.
func Builtin() []string {
	return []string{
		"password", "passwd", "pwd", "passphrase", "passcode", "rolpassword",
		"secret", "credential", "credentials", "conninfo", "subconninfo", "srvoptions", "umoptions",
		"api key", "access key", "account key", "auth key", "encryption key", "license key",
		"master key", "private key", "secret key", "shared key", "signing key", "ssh key",
		"token", "connection string", "database url",
		"recovery code", "backup code", "otp", "totp", "mfa seed",
		"ssn", "social security number", "card number", "credit card number", "cc number", "pan number",
		"cvv", "cvv2", "cvc", "cvc2",
	}
}

// about are the words that, at the end of a name, say that the column tells
// something of a secret and does not hold it: password_changed_at.
var about = map[string]bool{
	"at": true, "on": true, "date": true, "time": true, "count": true, "length": true, "type": true,
	"expires": true, "expiry": true, "expiration": true, "expired": true, "enabled": true, "required": true,
	"policy": true, "version": true, "status": true, "attempts": true, "age": true, "ttl": true, "days": true,
	"algorithm": true, "algo": true, "updated": true, "created": true, "changed": true, "verified": true,
}

// List is a set of secret names.
type List struct {
	phrases map[string]bool // words joined by nothing
	letters int             // of the longest phrase without its blanks
}

// NewList makes a List of names, each of one or several words in any of the
// usual spellings (api_key, apiKey, "api key").
func NewList(all []string) (*List, error) {
	list := &List{phrases: map[string]bool{}}
	for _, name := range all {
		words := split(name)
		if len(words) == 0 {
			return nil, fmt.Errorf("name %q holds no word", name)
		}
		joined := strings.Join(words, "")
		list.phrases[joined] = true
		list.letters = max(list.letters, len(joined))
	}
	return list, nil
}

// Secret tells whether a column of that name holds secrets. Where a name is cut
// into words does not matter as long as whole words make up one of the list:
// "Pass Word", pass-word and PASSWord are password.
func (l *List) Secret(column string) bool {
	words := split(column)
	if len(words) == 0 || about[words[len(words)-1]] {
		return false
	}
	for i := range words {
		joined := ""
		for _, word := range words[i:] {
			if joined += word; len(joined) > l.letters+len("s") {
				break
			}
			if l.phrases[joined] {
				return true
			}
			// The plural of all but token: "tokens" counts what a model has read.
			if singular, plural := strings.CutSuffix(joined, "s"); plural && singular != "token" && l.phrases[singular] {
				return true
			}
		}
	}
	return false
}

// split cuts a name into its words in lower case: at everything that is neither
// letter nor digit, and inside camelCase and HTTPServer.
func split(name string) []string {
	var words []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			end()
			continue
		case unicode.IsUpper(r) && len(word) > 0:
			before := word[len(word)-1]
			beforeLower := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if !unicode.IsUpper(before) || beforeLower {
				end()
			}
		}
		word = append(word, r)
	}
	end()
	return words
}
