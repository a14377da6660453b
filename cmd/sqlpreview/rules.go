package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/sanitize"
)

// rules say what may be asked for and what is masked, beside what always is.
type rules struct {
	PolicyFile       string
	MaskColumns      []string
	MaskNames        []string
	KeepColumns      []string
	DisableDetectors []string
	EnableDetectors  []string
}

// open reads the policy and checks both, so that a fault is found at the start.
func (r rules) open() (preview.Policy, sanitize.Config, error) {
	masking := sanitize.Config{
		EnableDetectors:  r.EnableDetectors,
		DisableDetectors: r.DisableDetectors,
		Columns:          sanitize.ColumnRules{Mask: r.MaskColumns, Names: r.MaskNames, Keep: r.KeepColumns},
	}
	_, maskingErr := sanitize.New(masking)
	policy, policyErr := r.policy()
	return policy, masking, errors.Join(policyErr, maskingErr)
}

func (r rules) policy() (preview.Policy, error) {
	if r.PolicyFile == "" {
		return preview.Policy{}, nil
	}
	content, err := os.ReadFile(r.PolicyFile)
	if err != nil {
		return preview.Policy{}, fmt.Errorf("policy_file: %w", err)
	}
	policy, err := preview.ParsePolicy(content)
	if err != nil {
		return preview.Policy{}, fmt.Errorf("policy_file %s: %w", r.PolicyFile, err)
	}
	return policy, nil
}
