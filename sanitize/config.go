package sanitize

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// The limits of Config.MaxCharacters.
const (
	DefaultMaxCharacters = 1024
	maxMaxCharacters     = 1 << 20
)

// rules counts the changes of this package that alter what comes out for the
// same value and Config.
const rules = 1

// Config says how values are bounded and masked. The zero Config is safe: all
// that is certain to be a secret is masked.
type Config struct {
	// MaxCharacters is the most code points of a sanitized value, from 1 to
	// 1048576. Default (0): 1024.
	MaxCharacters int
	// Columns says which columns are masked. Default: those whose name says so.
	Columns ColumnRules
}

// New returns a Sanitizer, or an error that names the first setting that
// cannot be.
func New(config Config) (*Sanitizer, error) {
	limit := config.MaxCharacters
	if limit == 0 {
		limit = DefaultMaxCharacters
	}
	if limit < 1 || limit > maxMaxCharacters {
		return nil, fmt.Errorf("sanitize: MaxCharacters is %d: choose 1 to %d, or 0 for %d", limit, maxMaxCharacters, DefaultMaxCharacters)
	}
	config.MaxCharacters = limit
	columns, err := newColumnPolicy(config.Columns)
	if err != nil {
		return nil, err
	}
	version, err := policyVersion(config)
	if err != nil {
		return nil, err
	}
	return &Sanitizer{limit: limit, columns: columns, version: version}, nil
}

// policyVersion names the rules of this package and a digest of the settings.
func policyVersion(config Config) (string, error) {
	settings, err := json.Marshal(config)
	if err != nil {
		return "", fmt.Errorf("sanitize: settings: %w", err)
	}
	digest := sha256.Sum256(settings)
	return fmt.Sprintf("%d-%s", rules, hex.EncodeToString(digest[:8])), nil
}
