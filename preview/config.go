package preview

import (
	"errors"
	"fmt"
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/sanitize"
)

// Config says which databases may be previewed and how. Only Resolver must be
// set; every other zero field takes its safe default.
type Config struct {
	// Resolver finds the database of a connection id. Required.
	Resolver Resolver
	// Connections lists what the Resolver finds, for ListConnections. Default: the
	// Resolver itself, if it is a ConnectionLister; else nothing is listed.
	Connections ConnectionLister
	// Limits bounds every preview. Default: DefaultLimits.
	Limits Limits
	// Policy adjusts what the guard allows. Default: the built-in policy.
	Policy Policy
	// Sanitize says which values and columns are masked. MaxCharacters must be 0:
	// Limits.MaxCellCharacters decides. Default: every certain secret is masked.
	Sanitize sanitize.Config
	// ByConnection has the rules of connection ids that need others. Default: the
	// rules above hold for every id.
	ByConnection map[string]ConnectionRules
	// RequestRoles are the roles that a RequestSession may name. Default: none.
	RequestRoles []string
	// RequestVariables are the variables that a RequestSession sets. Every preview
	// must have all of them, from its RequestSession or its connection's Session;
	// without one it fails with INSUFFICIENT_PRIVILEGE. Default: none.
	RequestVariables []string
	// Pool bounds the sessions that previews hold in the databases.
	Pool Pool
	// LargeAnswers is how many answers of more than about 64 KiB may be made at a time,
	// over all connections. One more waits as long as Pool.QueueWait says and then fails
	// with CONCURRENCY_LIMIT. Each needs about 20 times Limits.MaxResponseBytes of
	// memory, and up to 30 times in the worst case. Default 4, most 1,000. See
	// HoldLargeAnswers.
	LargeAnswers int
}

// New validates a Config and returns a Previewer. It opens no connection. The
// error names every fault.
func New(config Config) (*Previewer, error) {
	var faults []error
	fault := func(err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("preview: %w", err))
		}
	}
	if config.Resolver == nil {
		fault(errors.New("Config.Resolver is nil; set one, for instance SingleConnection"))
	}
	fault(guard.CheckStack())
	limits := config.Limits.withDefaults(&faults)
	pool := config.Pool.withDefaults(&faults)
	pick(&faults, "Config.LargeAnswers", &config.LargeAnswers, DefaultLargeAnswers, maxLargeAnswers)
	for _, name := range config.RequestVariables {
		if !ValidVariableName(name) {
			fault(fmt.Errorf("Config.RequestVariables has the name %.70q; it must have a dot, as in app.tenant_id", name))
		}
	}
	if lister, ok := config.Resolver.(ConnectionLister); ok && config.Connections == nil {
		config.Connections = lister
	}
	p := &Previewer{
		resolver:         config.Resolver,
		lister:           config.Connections,
		catalogs:         catalog.NewCache(0),
		checkedTexts:     newTextCache[checkedKey, *checkedText](),
		resolutions:      newTextCache[resolutionKey, *resolved](),
		large:            newLargeLimiter(config.LargeAnswers, pool.QueueWait),
		checks:           newCheckLimiter(pool.QueueWait),
		requestRoles:     slices.Clone(config.RequestRoles),
		requestVariables: slices.Clone(config.RequestVariables),
		pools:            run.NewPools(run.Limits(pool)),
	}
	p.applyRules(limits, config.Policy, config.Sanitize, fault)
	p.addConnections(config, &faults)
	if len(faults) > 0 {
		p.pools.Close()
		return nil, errors.Join(faults...)
	}
	return p, nil
}
