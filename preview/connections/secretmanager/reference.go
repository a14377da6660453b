package secretmanager

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Secret names one version of a secret in a manager.
type Secret struct {
	// Name is the whole name, the operator's prefix included.
	Name string
	// Version is the version's number or id, or empty for the current one.
	Version string
	// Stage is the label of a version, for managers that have such labels.
	Stage string
}

var (
	nameForm    = regexp.MustCompile(`^[A-Za-z0-9_@+=.-]+(/[A-Za-z0-9_@+=.-]+)*$`)
	versionForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)
	keyForm     = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)
)

// maxName is what the strictest of the managers takes for a name.
const maxName = 255

// parse reads SCHEME:NAME[?version=V|?stage=S][#KEY] and returns the secret,
// whose name is still without the prefix, and the key. There is one spelling for
// one secret: nothing is decoded, cleaned or ignored.
func parse(scheme, reference string) (secret Secret, key string, err error) {
	rest, ok := strings.CutPrefix(reference, scheme+":")
	if !ok {
		return Secret{}, "", fmt.Errorf("the reference does not begin with %q", scheme+":")
	}
	rest, key, hasKey := strings.Cut(rest, "#")
	if hasKey && !keyForm.MatchString(key) {
		return Secret{}, "", errors.New("the key behind # must be 1 to 128 letters, digits, or characters of _.-")
	}
	name, selector, hasSelector := strings.Cut(rest, "?")
	if hasSelector {
		kind, value, _ := strings.Cut(selector, "=")
		switch {
		case !versionForm.MatchString(value):
			err = errVersion
		case kind == "version":
			secret.Version = value
		case kind == "stage":
			secret.Stage = value
		default:
			err = errVersion
		}
		if err != nil {
			return Secret{}, "", err
		}
	}
	isDots := func(segment string) bool { return strings.Trim(segment, ".") == "" }
	if len(name) > maxName || !nameForm.MatchString(name) || slices.ContainsFunc(strings.Split(name, "/"), isDots) {
		return Secret{}, "", errors.New("the secret's name must be parts of letters, digits and characters of _@+=.- with one / between them, " +
			"and is taken below the operator's prefix")
	}
	secret.Name = name
	return secret, key, nil
}

var errVersion = errors.New("behind ? there may be one version=V or stage=S, of letters, digits and characters of _.-")

// CheckPrefix checks an operator's prefix. It must end with one of the
// separators, since with "shop" a row could read "shop-of-another/password".
func CheckPrefix(prefix, separators string) error {
	end := len(prefix) - 1
	if end < 1 || !strings.ContainsAny(prefix[end:], separators) {
		return fmt.Errorf("it must be set, to what the names of all secrets begin with that payloads may refer to, and end with one of the characters %s", separators)
	}
	segments := strings.Split(strings.TrimSuffix(prefix, "/"), "/")
	if !nameForm.MatchString(strings.TrimSuffix(prefix, "/")) || slices.Contains(segments, ".") || slices.Contains(segments, "..") {
		return errors.New("it must be parts of letters, digits and characters of _@+=.- with one / between them")
	}
	return nil
}
