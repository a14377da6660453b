package fuzz

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/fuzz/gateway"
	"github.com/op-data/sqlpreview/fuzz/internal/effect"
	"github.com/op-data/sqlpreview/fuzz/internal/fixture"
	"github.com/op-data/sqlpreview/fuzz/internal/judge"
	"github.com/op-data/sqlpreview/fuzz/internal/resolution"
	"github.com/op-data/sqlpreview/fuzz/internal/sqlgen"
	"github.com/op-data/sqlpreview/fuzz/internal/tap"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/sanitize"
)

// Role is the role that a gateway under test should connect as; [Run] makes
// it. It is a superuser whose session settings are hostile.
const Role = fixture.Role

// env is everything that a run needs.
type env struct {
	config    Config
	server    *pgtest.Server
	fixture   *fixture.Fixture
	generator *sqlgen.Generator
	seeds     []string // collected texts that the generator changes at random
	watcher   *effect.Watcher
	judge     *judge.Judge
	resolver  *resolution.Oracle // what the server itself would run
	gateway   gateway.Gateway
	tap       *tap.Tap
	memory    memory
	sanitizer *sanitize.Sanitizer // ours, to see whether an answer has settled
	version   string
	role      string // the connection string of the tested role
	superuser string // and of the superuser

	sidecar   *sidecar           // ours, when that is tested
	unguarded *gateway.Unguarded // ours, when that is tested
	mcp       *gateway.MCP       // when one is tested
	previewer *preview.Previewer // ours, when the embedded package is tested
	hostile   hostileTarget
	base      effect.Snapshot // how things are
	log       string          // where the log ends
}

// hostileID is the connection id of the hostile server of the moment.
const hostileID = "hostile"

// hostileTarget resolves connection ids: the hostile one, and the fixture's.
type hostileTarget struct {
	mu      sync.Mutex
	hostile string
	fixture preview.Connection
}

// Resolve implements preview.Resolver.
func (h *hostileTarget) Resolve(_ context.Context, id string) (preview.Connection, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case id == hostileID && h.hostile != "":
		return preview.Connection{DSN: preview.NewSecret(h.hostile)}, nil
	case id == "" || id == preview.DefaultConnectionID:
		return h.fixture, nil
	}
	return preview.Connection{}, preview.ErrConnectionNotFound
}

func (h *hostileTarget) point(dsn string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hostile = dsn
}

// newEnv starts what the config does not bring along.
func newEnv(ctx context.Context, c Config, r *rand.Rand) (_ *env, err error) {
	e := &env{config: c, gateway: c.Gateway}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.close(context.WithoutCancel(ctx)))
		}
	}()
	dsn := c.DSN
	if dsn == "" {
		if e.server, err = pgtest.New(ctx, pgtest.Options{Settings: fixture.Settings(), TCP: c.MCP != nil}); err != nil {
			return nil, err
		}
		dsn = e.server.DSN()
	}
	if e.fixture, err = fixture.New(ctx, dsn, r); err != nil {
		return nil, err
	}
	if err := e.fixture.AddTraps(ctx); err != nil {
		return nil, err
	}
	e.generator = sqlgen.New(e.fixture.Schema, e.fixture.Targets)
	if e.watcher, err = effect.NewWatcher(ctx, dsn, e.fixture.Targets.Folder); err != nil {
		return nil, err
	}
	if e.version, err = e.watcher.Version(ctx); err != nil {
		return nil, err
	}
	e.superuser, e.role = dsn, roleDSN(dsn, c.testedRole(), e.fixture.Password)
	if c.LeastPrivilege {
		if err := makeLeastRole(ctx, dsn, e.fixture.Password); err != nil {
			return nil, err
		}
	}
	e.judge = judge.New(e.role, sqlgen.Effectful(), fixture.Effectful())
	if !c.Unguarded {
		if c.ownPolicy() {
			e.resolver = resolution.New(e.role, dsn)
			e.resolver.Strict, e.resolver.DenySchemas, e.resolver.AllowFunctions = c.Policy.Strict, c.Policy.DenySchemas, c.Policy.AllowFunctions
		}
		if e.sanitizer, err = sanitize.New(sanitize.Config{}); err != nil {
			return nil, err
		}
	}
	e.memory = newMemory(c.Pid, c.Gateway == nil && c.Sidecar == "" && c.MCP == nil)
	switch {
	case c.Unguarded:
		e.unguarded = &gateway.Unguarded{DSN: e.role, Timeout: c.TimeLimit}
		e.gateway = e.unguarded
	case c.MCP != nil:
		if err := e.attack(ctx, c.MCP); err != nil {
			return nil, err
		}
	case c.Sidecar != "":
		if e.sidecar, err = startSidecar(ctx, c.Sidecar, e.role, c.TimeLimit); err != nil {
			return nil, err
		}
		e.gateway = e.sidecar.client
		e.memory = newMemory(e.sidecar.cmd.Process.Pid, false)
	case c.Gateway == nil:
		if err := e.embed(e.role); err != nil {
			return nil, err
		}
	}
	return e, e.rebase(ctx)
}

// embed makes the embedded package the gateway, with a tap on its wire.
func (e *env) embed(dsn string) error {
	e.tap = &tap.Tap{}
	e.hostile.fixture = preview.Connection{DSN: preview.NewSecret(dsn), Dial: e.tap.Dial}
	var err error
	e.previewer, err = preview.New(preview.Config{Resolver: &e.hostile, Policy: e.config.Policy, Pool: preview.Pool{Sessions: 2}})
	if err != nil {
		return err
	}
	e.gateway = &gateway.Embedded{Previewer: e.previewer, Timeout: e.config.TimeLimit}
	return nil
}

// roleDSN is the connection string of the tested role, in the keyword form.
func roleDSN(dsn, role, password string) string {
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return dsn
	}
	return fmt.Sprintf("host=%s port=%d dbname=%s user=%s password=%s sslmode=disable", config.Host, config.Port, config.Database, role, password)
}

// rebase takes what is now as how things are.
func (e *env) rebase(ctx context.Context) error {
	if err := e.fixture.Revive(ctx); err != nil {
		return err
	}
	e.generator = sqlgen.New(e.fixture.Schema, e.fixture.Targets)
	e.generator.Seed(e.seeds)
	base, err := e.watcher.Full(ctx)
	if err != nil {
		return err
	}
	e.base = base
	e.log, err = e.watcher.LogPosition(ctx)
	return err
}

// close ends everything that newEnv started.
func (e *env) close(ctx context.Context) error {
	var err error
	if e.previewer != nil {
		e.previewer.Close()
	}
	if e.sidecar != nil {
		err = errors.Join(err, e.sidecar.close())
	}
	if e.mcp != nil {
		e.mcp.Close()
	}
	if e.unguarded != nil {
		err = errors.Join(err, e.unguarded.Close(ctx))
	}
	if e.judge != nil {
		err = errors.Join(err, e.judge.Close(ctx))
	}
	if e.resolver != nil {
		err = errors.Join(err, e.resolver.Close(ctx))
	}
	if e.watcher != nil {
		err = errors.Join(err, e.watcher.Close(ctx))
	}
	if e.fixture != nil {
		e.fixture.Close()
	}
	if e.server != nil {
		err = errors.Join(err, e.server.Close())
	}
	return err
}

// Settings are the server settings that a server for [Config.DSN] should have:
// with them a run sees more and is not disturbed by the server's own work.
func Settings() map[string]string { return fixture.Settings() }
