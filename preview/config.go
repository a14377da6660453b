package preview

import (
	"errors"
	"fmt"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/origin"
	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/sanitize"
)

// Config says which databases may be previewed and how. Only Resolver must be
// set; every other zero field takes its safe default.
type Config struct {
	// Resolver finds the database of a connection id. Required.
	Resolver Resolver
	// Limits bounds every preview. Default: DefaultLimits.
	Limits Limits
	// Policy adjusts what the guard allows. Default: the built-in policy.
	Policy Policy
	// Sanitize says which values and columns are masked. MaxCharacters must be 0:
	// Limits.MaxCellCharacters decides. Default: every certain secret is masked.
	Sanitize sanitize.Config
	// Pool bounds the sessions that previews hold in the databases.
	Pool Pool
}

// Pool bounds the sessions that previews hold in the databases, so that
// previews never starve an application. A zero field takes its default.
type Pool struct {
	// Sessions is how many sessions one connection id may have, and so how many
	// of its previews run at a time. Default 4.
	Sessions int
	// Queue is how many previews of one id may wait for a session; one more
	// fails with CONCURRENCY_LIMIT at once. Default 16.
	Queue int
	// QueueWait is how long one waits at most. Default 2 s.
	QueueWait time.Duration
	// Connections is how many connection ids may have sessions at a time.
	// Default 64.
	Connections int
	// ConnectTimeout bounds logging in, within the preview's own limit.
	// Default 5 s.
	ConnectTimeout time.Duration
	// IdleTimeout is how long an unused session is kept. Default 60 s.
	IdleTimeout time.Duration
	// Lifetime is how old a session may get. Default 30 min.
	Lifetime time.Duration
}

// New validates a Config and returns a Previewer. It opens no connection. The
// error names the first fault.
func New(config Config) (*Previewer, error) {
	if config.Resolver == nil {
		return nil, errors.New("preview: Config.Resolver is nil; set one, for instance SingleConnection")
	}
	if err := guard.CheckStack(); err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	limits, err := config.Limits.withDefaults()
	if err != nil {
		return nil, err
	}
	policy, err := guard.NewPolicy(config.Policy.rules(limits.MaxSQLBytes))
	if err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	if config.Sanitize.MaxCharacters != 0 {
		return nil, errors.New("preview: Config.Sanitize.MaxCharacters is set; set Limits.MaxCellCharacters")
	}
	config.Sanitize.MaxCharacters = limits.MaxCellCharacters
	sanitizer, err := sanitize.New(config.Sanitize)
	if err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	return &Previewer{
		resolver:  config.Resolver,
		limits:    limits,
		policy:    policy,
		sanitizer: sanitizer,
		masks:     origin.New(sanitizer, policy),
		pools:     run.NewPools(run.Limits(config.Pool)),
		catalogs:  newCatalogs(),
	}, nil
}
