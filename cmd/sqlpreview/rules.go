package main

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/sanitize"
)

// rules say what may be asked for and what is masked, beside what always is.
type rules struct {
	PolicyFile       string
	RulesFile        string
	RequestRoles     []string
	MaskColumns      []string
	MaskNames        []string
	KeepColumns      []string
	DisableDetectors []string
	EnableDetectors  []string
}

// open reads the policy and checks both, so that a fault is found at the start.
func (r rules) open() (preview.Policy, sanitize.Config, error) {
	var faults []error
	// Each setting by itself, so that a fault has its name.
	for key, part := range map[string]sanitize.Config{
		"enable_detectors":  {EnableDetectors: r.EnableDetectors},
		"disable_detectors": {DisableDetectors: r.DisableDetectors},
		"mask_columns":      {Columns: sanitize.ColumnRules{Mask: r.MaskColumns}},
		"mask_names":        {Columns: sanitize.ColumnRules{Names: r.MaskNames}},
		"keep_columns":      {Columns: sanitize.ColumnRules{Keep: r.KeepColumns}},
	} {
		if _, err := sanitize.New(part); err != nil {
			faults = append(faults, settingError(errors.New(strings.TrimPrefix(operatorText(err), key+": ")), key))
		}
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	masking := r.masking()
	if _, err := sanitize.New(masking); err != nil && len(faults) == 0 {
		faults = append(faults, err)
	}
	policy, err := r.policy()
	return policy, masking, errors.Join(append(faults, settingError(err, "policy_file"))...)
}

// masking are the rules as package sanitize takes them.
func (r rules) masking() sanitize.Config {
	return sanitize.Config{
		EnableDetectors:  r.EnableDetectors,
		DisableDetectors: r.DisableDetectors,
		Columns:          sanitize.ColumnRules{Mask: r.MaskColumns, Names: r.MaskNames, Keep: r.KeepColumns},
	}
}

func (r rules) policy() (preview.Policy, error) {
	if r.PolicyFile == "" {
		return preview.Policy{}, nil
	}
	content, err := os.ReadFile(r.PolicyFile)
	if err != nil {
		return preview.Policy{}, errors.Unwrap(err)
	}
	return preview.ParsePolicy(bytes.TrimPrefix(content, []byte(byteOrderMark)))
}
