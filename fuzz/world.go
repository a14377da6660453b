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

// world is everything that a run needs.
type world struct {
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

// newWorld starts what the config does not bring along.
func newWorld(ctx context.Context, c Config, r *rand.Rand) (_ *world, err error) {
	w := &world{config: c, gateway: c.Gateway}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close(context.WithoutCancel(ctx)))
		}
	}()
	dsn := c.DSN
	if dsn == "" {
		if w.server, err = pgtest.New(ctx, pgtest.Options{Settings: fixture.Settings(), TCP: c.MCP != nil}); err != nil {
			return nil, err
		}
		dsn = w.server.DSN()
	}
	if w.fixture, err = fixture.New(ctx, dsn, r); err != nil {
		return nil, err
	}
	if c.Resolution {
		if err := w.fixture.AddTraps(ctx); err != nil {
			return nil, err
		}
	}
	w.generator = sqlgen.New(w.fixture.Schema, w.fixture.Targets)
	if w.watcher, err = effect.NewWatcher(ctx, dsn, w.fixture.Targets.Folder); err != nil {
		return nil, err
	}
	if w.version, err = w.watcher.Version(ctx); err != nil {
		return nil, err
	}
	w.superuser, w.role = dsn, roleDSN(dsn, c.testedRole(), w.fixture.Password)
	if c.LeastPrivilege {
		if err := makeLeastRole(ctx, dsn, w.fixture.Password); err != nil {
			return nil, err
		}
	}
	w.judge = judge.New(w.role, sqlgen.Effectful(), fixture.Effectful())
	if !c.Unguarded {
		if c.Resolution {
			w.resolver = resolution.New(w.role, dsn)
		}
		if w.sanitizer, err = sanitize.New(sanitize.Config{}); err != nil {
			return nil, err
		}
	}
	w.memory = newMemory(c.Pid, c.Gateway == nil && c.Sidecar == "" && c.MCP == nil)
	switch {
	case c.Unguarded:
		w.unguarded = &gateway.Unguarded{DSN: w.role, Timeout: c.TimeLimit}
		w.gateway = w.unguarded
	case c.MCP != nil:
		if err := w.attack(ctx, c.MCP); err != nil {
			return nil, err
		}
	case c.Sidecar != "":
		if w.sidecar, err = startSidecar(ctx, c.Sidecar, w.role, c.TimeLimit); err != nil {
			return nil, err
		}
		w.gateway = w.sidecar.client
		w.memory = newMemory(w.sidecar.cmd.Process.Pid, false)
	case c.Gateway == nil:
		if err := w.embed(w.role); err != nil {
			return nil, err
		}
	}
	return w, w.rebase(ctx)
}

// embed makes the embedded package the gateway, with a tap on its wire.
func (w *world) embed(dsn string) error {
	w.tap = &tap.Tap{}
	w.hostile.fixture = preview.Connection{DSN: preview.NewSecret(dsn), Dial: w.tap.Dial}
	var err error
	w.previewer, err = preview.New(preview.Config{Resolver: &w.hostile, Pool: preview.Pool{Sessions: 2}})
	if err != nil {
		return err
	}
	w.gateway = &gateway.Embedded{Previewer: w.previewer, Timeout: w.config.TimeLimit}
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
func (w *world) rebase(ctx context.Context) error {
	if err := w.fixture.Revive(ctx); err != nil {
		return err
	}
	w.generator = sqlgen.New(w.fixture.Schema, w.fixture.Targets)
	w.generator.Seed(w.seeds)
	base, err := w.watcher.Full(ctx)
	if err != nil {
		return err
	}
	w.base = base
	w.log, err = w.watcher.LogPosition(ctx)
	return err
}

// close ends everything that newWorld started.
func (w *world) close(ctx context.Context) error {
	var err error
	if w.previewer != nil {
		w.previewer.Close()
	}
	if w.sidecar != nil {
		err = errors.Join(err, w.sidecar.close())
	}
	if w.mcp != nil {
		w.mcp.Close()
	}
	if w.unguarded != nil {
		err = errors.Join(err, w.unguarded.Close(ctx))
	}
	if w.judge != nil {
		err = errors.Join(err, w.judge.Close(ctx))
	}
	if w.resolver != nil {
		err = errors.Join(err, w.resolver.Close(ctx))
	}
	if w.watcher != nil {
		err = errors.Join(err, w.watcher.Close(ctx))
	}
	if w.fixture != nil {
		w.fixture.Close()
	}
	if w.server != nil {
		err = errors.Join(err, w.server.Close())
	}
	return err
}

// Settings are the server settings that a server for [Config.DSN] should have:
// with them a run sees more and is not disturbed by the server's own work.
func Settings() map[string]string { return fixture.Settings() }
