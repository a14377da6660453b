package main

import (
	"bytes"
	"errors"
	"os"
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
	policy, err := r.policy()
	return policy, r.masking(), errors.Join(r.maskingFaults(), settingError(err, "policy_file"))
}

// maskingFaults returns the faults of what is masked.
func (r rules) maskingFaults() error {
	var faults []error
	// Each setting by itself, so that a fault has its name.
	for _, part := range []struct {
		key    string
		list   []string
		config sanitize.Config
	}{
		{"disable_detectors", r.DisableDetectors, sanitize.Config{DisableDetectors: r.DisableDetectors}},
		{"enable_detectors", r.EnableDetectors, sanitize.Config{EnableDetectors: r.EnableDetectors}},
		{"keep_columns", r.KeepColumns, sanitize.Config{Columns: sanitize.ColumnRules{Keep: r.KeepColumns}}},
		{"mask_columns", r.MaskColumns, sanitize.Config{Columns: sanitize.ColumnRules{Mask: r.MaskColumns}}},
		{"mask_names", r.MaskNames, sanitize.Config{Columns: sanitize.ColumnRules{Names: r.MaskNames}}},
	} {
		if len(part.list) == 0 {
			continue
		}
		if _, err := sanitize.New(part.config); err != nil {
			faults = append(faults, settingError(errors.New(strings.TrimPrefix(operatorText(err), part.key+": ")), part.key))
		}
	}
	if _, err := sanitize.New(r.masking()); err != nil && len(faults) == 0 {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
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
