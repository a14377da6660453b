package connections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/internal/dsn"
	"github.com/op-data/sqlpreview/preview/internal/singleflight"
)

const (
	// DefaultCacheTime is AgentConfig.CacheTime's default.
	DefaultCacheTime = 5 * time.Second
	// lookupTimeout bounds a lookup in the agent's database, readTimeout the lookup and
	// the fetching of the secrets that a row refers to.
	lookupTimeout = 3 * time.Second
	readTimeout   = 9 * time.Second
	maxIDBytes    = 256
)

// AgentConfig says where the agent keeps its connections.
type AgentConfig struct {
	// DSN is the agent's own database (OP_AGENT_DATABASE_URL). Its role needs
	// SELECT on the table "Connection" and nothing else.
	DSN preview.Secret
	// WorkspaceID is the tenant: only its rows are visible. It must be set.
	WorkspaceID string
	// Schema is the table's schema. Default: the role's search_path decides.
	Schema string
	// CacheTime is how long a connection is used before it is looked up again,
	// and so how long a rotated password takes to be picked up. Default 5 s; with a
	// negative one it is looked up every time.
	CacheTime time.Duration
	// Policy is what a stored connection may ask for. Its Targets are by default
	// TargetRemote: a stored connection must not reach what only this machine can, such
	// as a database that trusts local users, nor the database that holds the credentials
	// of all tenants.
	Policy Policy
}

// Agent is a Resolver over the agent's table of connections.
type Agent struct {
	config AgentConfig
	db     *agentDB
	sql    string // looks up one connection's payload

	cache   *singleflight.Cache[string, preview.Connection]
	closing sync.Once
}

// maxCached bounds the connections that are remembered.
const maxCached = 4096

// OpenAgent returns a Resolver over the table "Connection" (id, type, payload,
// "workspaceId", name) of the agent's database. Only rows of the configured
// workspace whose type is postgres exist for it. It does not connect: an agent
// whose database is not up yet must not keep the sidecar from starting.
func OpenAgent(config AgentConfig) (*Agent, error) {
	var faults []error
	if config.WorkspaceID == "" {
		faults = append(faults, errors.New("connections: AgentConfig.WorkspaceID is not set; without it there is no tenant"))
	}
	if config.CacheTime == 0 {
		config.CacheTime = DefaultCacheTime
	}
	session, err := dsn.Parse(config.DSN.Reveal())
	if err != nil {
		faults = append(faults, errors.New("connections: AgentConfig.DSN is no connection string that libpq could read"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	session.RuntimeParams["application_name"] = "sqlpreview"
	config.Policy.Targets = config.Policy.Targets.forAgent(hostsOf(session))
	entries := maxCached
	if config.CacheTime < 0 {
		entries = 0
	}
	return &Agent{
		config: config, db: newAgentDB(session), sql: agentSQL(config.Schema),
		cache: singleflight.NewCache[string](singleflight.Options[preview.Connection]{Timeout: readTimeout, MaxEntries: entries}),
	}, nil
}

// hostsOf lists the hosts of a connection string that are reached over a network.
func hostsOf(config *pgconn.Config) []string {
	hosts := []string{config.Host}
	for _, fallback := range config.Fallbacks {
		hosts = append(hosts, fallback.Host)
	}
	hosts = slices.DeleteFunc(hosts, func(host string) bool {
		network, _ := pgconn.NetworkAddress(host, 1)
		return network == "unix"
	})
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// agentSQL casts what may be a text, a uuid or an enum in the agent's schema.
// The comparison of the id is on text, so that an id which is no uuid is unknown
// and not an error.
func agentSQL(schema string) string {
	return `select pg_catalog.left("payload"::pg_catalog.text, ` + fmt.Sprint(maxPayload+1) + `) from ` + agentTable(schema) + `
where "id"::pg_catalog.text operator(pg_catalog.=) $1::pg_catalog.text
and "workspaceId"::pg_catalog.text operator(pg_catalog.=) $2::pg_catalog.text
and "type"::pg_catalog.text operator(pg_catalog.=) 'postgres'`
}

func agentTable(schema string) string {
	if schema == "" {
		return `"Connection"`
	}
	return `"` + strings.ReplaceAll(schema, `"`, `""`) + `"."Connection"`
}

// Resolve implements preview.Resolver.
func (a *Agent) Resolve(ctx context.Context, id string) (preview.Connection, error) {
	if id == "" || len(id) > maxIDBytes || !utf8.ValidString(id) || strings.ContainsRune(id, 0) {
		return preview.Connection{}, preview.ErrConnectionNotFound
	}
	maxAge := a.config.CacheTime
	if preview.IsRefresh(ctx) {
		maxAge = 0
	}
	return a.cache.Get(ctx, id, maxAge, func(ctx context.Context) (preview.Connection, error) { return a.lookUp(ctx, id) })
}

// lookUp reads the row of a connection and what it refers to.
func (a *Agent) lookUp(ctx context.Context, id string) (preview.Connection, error) {
	asking, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	rows, err := a.db.query(asking, a.sql, id, a.config.WorkspaceID)
	switch {
	case err != nil:
		return preview.Connection{}, err
	case len(rows) == 0:
		return preview.Connection{}, preview.ErrConnectionNotFound
	case rows[0][0] == nil:
		return preview.Connection{}, invalid(errors.New("connections: the connection's payload is NULL"))
	default:
		return a.config.Policy.read(ctx, rows[0][0])
	}
}

// Ping reports whether the agent's database answers and its table can be read.
func (a *Agent) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	_, err := a.db.query(ctx, a.sql, "", a.config.WorkspaceID)
	return err
}

// Close closes the sessions with the agent's database when the lookups that run have
// ended.
func (a *Agent) Close() {
	a.closing.Do(a.db.close)
}
