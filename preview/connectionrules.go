package preview

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/origin"
	"github.com/op-data/sqlpreview/sanitize"
)

// ConnectionRules are the rules of one connection id where they differ from those
// of the Config.
type ConnectionRules struct {
	// Limits may lower those of the Config. A zero field takes the Config's.
	Limits Limits
	// Policy replaces that of the Config; nil keeps it.
	Policy *Policy
	// Sanitize replaces that of the Config; nil keeps it.
	Sanitize *sanitize.Config
	// Session is set for every preview of the connection, over what is stored for it.
	Session Session
}

// applyRules makes the rules ready and gives them to the Previewer. fault gets every
// error.
func (p *Previewer) applyRules(limits Limits, policy Policy, values sanitize.Config, fault func(error)) {
	p.limits = limits
	var err error
	p.policy, err = guard.NewPolicy(policy.rules(limits.MaxSQLBytes))
	fault(err)
	fault(policy.checkMasking())
	p.strictMasking = policy.Masking == strictMasking
	if values.MaxCharacters != 0 {
		fault(fmt.Errorf("Config.Sanitize.MaxCharacters is set; set Limits.MaxCellCharacters"))
	}
	values.MaxCharacters = limits.MaxCellCharacters
	p.sanitizer, err = sanitize.New(values)
	fault(err)
	if p.policy != nil && p.sanitizer != nil {
		p.masks = origin.New(p.sanitizer, p.policy)
	}
}

// addConnections makes a Previewer for each id with rules of its own. They share
// sessions, permits and what the catalogs said.
func (p *Previewer) addConnections(config Config, faults *[]error) {
	p.byConnection = make(map[string]*Previewer, len(config.ByConnection))
	for _, id := range slices.Sorted(maps.Keys(config.ByConnection)) {
		rules := config.ByConnection[id]
		fault := func(err error) {
			if err != nil {
				*faults = append(*faults, fmt.Errorf("preview: Config.ByConnection[%q]: %w", id, err))
			}
		}
		own := *p
		own.rules = rules
		policy, values := config.Policy, config.Sanitize
		if rules.Policy != nil {
			policy = *rules.Policy
		}
		if rules.Sanitize != nil {
			values = *rules.Sanitize
		}
		var wrong []error
		own.applyRules(rules.Limits.below(p.limits, &wrong), policy, values, fault)
		for _, err := range wrong {
			fault(err)
		}
		fault(rules.Session.check())
		p.byConnection[id] = &own
	}
}

// of returns the Previewer with the rules of a connection id.
func (p *Previewer) of(id string) *Previewer {
	if own, ok := p.byConnection[cmp.Or(id, DefaultConnectionID)]; ok {
		return own
	}
	return p
}
