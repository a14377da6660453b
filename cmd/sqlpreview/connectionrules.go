package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/sanitize"
)

// connectionRules are the rules of one connection id in rules_file. A key that is
// left out takes the setting of the same name.
type connectionRules struct {
	MaxRows           int               `json:"max_rows"`
	Timeout           string            `json:"timeout"`
	MaxCellCharacters int               `json:"max_cell_characters"`
	MaxResponseBytes  int64             `json:"max_response_bytes"`
	Policy            json.RawMessage   `json:"policy"`
	MaskColumns       []string          `json:"mask_columns"`
	MaskNames         []string          `json:"mask_names"`
	KeepColumns       []string          `json:"keep_columns"`
	EnableDetectors   []string          `json:"enable_detectors"`
	DisableDetectors  []string          `json:"disable_detectors"`
	SearchPath        string            `json:"search_path"`
	TimeZone          string            `json:"timezone"`
	Role              string            `json:"role"`
	Variables         map[string]string `json:"variables"`
}

// openConnectionRules reads rules_file: an object of connection ids. all are the
// rules of the settings.
func openConnectionRules(path string, all sanitize.Config) (map[string]preview.ConnectionRules, error) {
	if path == "" {
		return nil, nil
	}
	content, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own setting
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	var byID map[string]connectionRules
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(content, []byte(byteOrderMark))))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&byID); err != nil {
		return nil, fmt.Errorf("it must be an object of connection ids: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is text behind the object")
	}
	var faults []error
	rules := make(map[string]preview.ConnectionRules, len(byID))
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		read, err := byID[id].open(all)
		if err != nil {
			faults = append(faults, fmt.Errorf("%q: %w", id, err))
		}
		rules[id] = read
	}
	return rules, errors.Join(faults...)
}

// open turns the rules of one id into those of the package; what they name beside a
// list of the settings adds to it.
func (c connectionRules) open(all sanitize.Config) (preview.ConnectionRules, error) {
	rules := preview.ConnectionRules{
		Limits:  preview.Limits{MaxRows: c.MaxRows, MaxCellCharacters: c.MaxCellCharacters, MaxResponseBytes: c.MaxResponseBytes},
		Session: preview.Session{SearchPath: c.SearchPath, TimeZone: c.TimeZone, Role: c.Role, Variables: c.Variables},
	}
	var faults []error
	if c.Timeout != "" {
		var err error
		if rules.Limits.Timeout, err = time.ParseDuration(c.Timeout); err != nil || rules.Limits.Timeout <= 0 {
			faults = append(faults, errors.New("timeout is no duration; write it as in 5s"))
		}
	}
	if len(c.Policy) > 0 {
		policy, err := preview.ParsePolicy(c.Policy)
		faults = append(faults, err)
		rules.Policy = &policy
	}
	if len(c.MaskColumns)+len(c.MaskNames)+len(c.KeepColumns)+len(c.EnableDetectors)+len(c.DisableDetectors) > 0 {
		values := all
		values.EnableDetectors = slices.Concat(all.EnableDetectors, c.EnableDetectors)
		values.DisableDetectors = slices.Concat(all.DisableDetectors, c.DisableDetectors)
		values.Columns.Mask = slices.Concat(all.Columns.Mask, c.MaskColumns)
		values.Columns.Names = slices.Concat(all.Columns.Names, c.MaskNames)
		values.Columns.Keep = slices.Concat(all.Columns.Keep, c.KeepColumns)
		_, err := sanitize.New(values)
		faults = append(faults, err)
		rules.Sanitize = &values
	}
	return rules, errors.Join(faults...)
}

// variableClaims reads jwt_variable_claims: claim=variable, one an entry. The claim
// may hold a = itself, the variable cannot.
func variableClaims(list []string) (map[string]string, error) {
	claims := make(map[string]string, len(list))
	var faults []error
	for _, entry := range list {
		at := strings.LastIndex(entry, "=")
		if at <= 0 || !preview.ValidVariableName(entry[at+1:]) {
			faults = append(faults, settingError(fmt.Errorf("%q is not claim=variable, as in tenant_id=app.tenant_id", entry), "jwt_variable_claims"))
			continue
		}
		if _, twice := claims[entry[:at]]; twice {
			faults = append(faults, settingError(fmt.Errorf("the claim %q stands twice", entry[:at]), "jwt_variable_claims"))
		}
		claims[entry[:at]] = entry[at+1:]
	}
	return claims, errors.Join(faults...)
}
