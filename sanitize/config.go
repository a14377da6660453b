package sanitize

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/op-data/sqlpreview/sanitize/internal/secrets"
)

const (
	// DefaultMaxCharacters is Config.MaxCharacters' default.
	DefaultMaxCharacters = 1024
	maxMaxCharacters     = 1 << 20
)

// rules counts the changes of this package that alter what comes out for the
// same value and Config.
const rules = 3

// Config says how values are bounded and masked. The zero Config is safe: all
// that is certain to be a secret is masked.
type Config struct {
	// MaxCharacters is the most code points of a sanitized value, from 1 to
	// 1048576. Default (0): 1024.
	MaxCharacters int
	// DisableDetectors turns detectors of secrets off, by their names; see
	// Detectors. Default: those with Default set are on.
	DisableDetectors []string
	// EnableDetectors turns detectors on that are off by default.
	EnableDetectors []string
	// Allow lists texts that look like secrets and are none, such as the keys of
	// a documentation. What a detector finds is kept if it equals one of them.
	Allow []string
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
	finder, err := secrets.New(config.DisableDetectors, config.EnableDetectors, config.Allow)
	if err != nil {
		return nil, fmt.Errorf("sanitize: %w", err)
	}
	columns, err := newColumnPolicy(config.Columns)
	if err != nil {
		return nil, err
	}
	version, err := policyVersion(config)
	if err != nil {
		return nil, err
	}
	return &Sanitizer{limit: limit, secrets: finder, columns: columns, version: version}, nil
}

// policyVersion names the rules of this package and a digest of the settings.
func policyVersion(config Config) (string, error) {
	// The order of lists has no meaning.
	for _, list := range []*[]string{
		&config.DisableDetectors, &config.EnableDetectors, &config.Allow,
		&config.Columns.Names, &config.Columns.Mask, &config.Columns.Keep,
	} {
		*list = slices.Compact(slices.Sorted(slices.Values(*list)))
	}
	// Nor have detectors that are no more.
	for _, list := range []*[]string{&config.DisableDetectors, &config.EnableDetectors} {
		if *list = slices.DeleteFunc(*list, isRemoved); len(*list) == 0 {
			*list = nil
		}
	}
	settings, err := json.Marshal(config)
	if err != nil {
		return "", fmt.Errorf("sanitize: settings: %w", err)
	}
	digest := sha256.Sum256(settings)
	return fmt.Sprintf("%d-%s", rules, hex.EncodeToString(digest[:8])), nil
}

// Warnings says what the operator should change in settings that New accepts:
// the names of detectors that earlier versions had. Nil: nothing.
func (c Config) Warnings() []string {
	var warnings []string
	for _, name := range slices.Concat(c.EnableDetectors, c.DisableDetectors) {
		if isRemoved(name) {
			warnings = append(warnings, fmt.Sprintf("there is no detector %q any more; remove it from the settings", name))
		}
	}
	return warnings
}

func isRemoved(name string) bool { return slices.Contains(secrets.Removed(), name) }

// Detector describes one detector of secrets.
type Detector struct {
	// Name is what Changes.Detector and the mask call it.
	Name string
	// Default says whether it is on unless Config.DisableDetectors names it.
	Default bool
	// Finds says what it finds.
	Finds string
}

// Detectors lists all detectors. The slice is the caller's.
func Detectors() []Detector {
	var all []Detector
	for _, d := range secrets.Detectors() {
		all = append(all, Detector(d))
	}
	return all
}
