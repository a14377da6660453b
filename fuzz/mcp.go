package fuzz

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/fuzz/gateway"
	"github.com/op-data/sqlpreview/fuzz/internal/sqlgen"
)

// LeastRole is the role that [Run] makes as SECURITY.md advises: it may SELECT and
// nothing else.
const LeastRole = "fuzz_reader"

// MCPServer is a tool of a Model Context Protocol server to attack.
type MCPServer struct {
	// Command starts the server, by /bin/sh, with its standard input and output to speak
	// over. The database is in its environment: OP_PREVIEW_DSN, and FUZZ_URL or
	// FUZZ_HOST, FUZZ_PORT, FUZZ_DATABASE, FUZZ_USER and FUZZ_PASSWORD.
	Command string
	// URL is a running server's instead, which must read the database of Config.DSN.
	URL string
	// Tool and Argument are the tool and its argument that takes SQL.
	Tool, Argument string
}

// Peer is what a run saw of an MCP server beside the cases.
type Peer struct {
	// Name is what the server calls itself, with its version.
	Name string `json:"name"`
	// Role is the tested role.
	Role string `json:"role"`
	// Lost is how many texts had no answer: none came in time, or the server ended.
	Lost int `json:"lost"`
	// AfterCancel and AfterClose are how many of Probes backends still ran leftAfter
	// after the client had cancelled the call, and after it had gone.
	AfterCancel int `json:"afterCancel"`
	AfterClose  int `json:"afterClose"`
	Probes      int `json:"probes"`
}

const (
	// defaultProbes is Config.Probes' default.
	defaultProbes = 3
	// probeAfter is how long a query has run then, and leftAfter how long it may take to
	// end.
	probeAfter = 2 * time.Second
	leftAfter  = 5 * time.Second
	// slowQuery would take hours; it is honest, and nothing else in a run is like it.
	slowQuery = "select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b"
)

// testedRole is the role that the gateway connects as.
func (c Config) testedRole() string {
	if c.LeastPrivilege {
		return LeastRole
	}
	return Role
}

// makeLeastRole makes the role of SECURITY.md in the fixture's database.
func makeLeastRole(ctx context.Context, dsn, password string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("fuzz: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // a session of ours that has done its work
	_, err = conn.Exec(ctx, `
create role `+LeastRole+` login connection limit 10 noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls password '`+password+`';
alter role `+LeastRole+` set default_transaction_read_only = on;
do $$
declare s text;
begin
  for s in select nspname from pg_catalog.pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop
    execute pg_catalog.format('grant usage on schema %I to `+LeastRole+`', s);
    execute pg_catalog.format('grant select on all tables in schema %I to `+LeastRole+`', s);
  end loop;
end $$`)
	if err != nil {
		return fmt.Errorf("fuzz: making the role of few rights: %w", err)
	}
	return nil
}

// attack makes an MCP server the gateway.
func (e *env) attack(ctx context.Context, server *MCPServer) error {
	config, err := pgconn.ParseConfig(e.role)
	if err != nil {
		return err
	}
	host, port := config.Host, strconv.Itoa(int(config.Port))
	if e.server != nil { // not every server speaks over a unix socket
		var number int
		host, number, _ = e.server.TCP()
		port = strconv.Itoa(number)
	}
	address := url.URL{Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Path: "/" + config.Database, RawQuery: "sslmode=disable"}
	address.Host = net.JoinHostPort(host, port)
	if strings.HasPrefix(host, "/") {
		address.Host = "localhost:" + port
		address.RawQuery = url.Values{"host": {host}, "sslmode": {"disable"}}.Encode()
	}
	e.mcp = &gateway.MCP{
		Command: server.Command, URL: server.URL, Tool: server.Tool, Argument: server.Argument,
		Timeout: e.config.TimeLimit + lateTolerance,
		Environment: []string{
			"OP_PREVIEW_DSN=" + e.role, "FUZZ_URL=" + address.String(), "FUZZ_HOST=" + host, "FUZZ_PORT=" + port,
			"FUZZ_DATABASE=" + config.Database, "FUZZ_USER=" + config.User, "FUZZ_PASSWORD=" + config.Password,
		},
	}
	e.gateway = unfinished{e}
	_, err = e.mcp.Version(ctx) // one that does not start is no finding
	return err
}

// unfinished is an MCP server as the gateway. What a text without an answer has left
// running is ended, so that it blocks no later case.
type unfinished struct{ env *env }

// Query implements gateway.Gateway.
func (u unfinished) Query(ctx context.Context, sql string) (*gateway.Answer, error) {
	lost := u.env.mcp.Lost
	answer, err := u.env.mcp.Query(ctx, sql)
	if u.env.mcp.Lost > lost {
		err = errors.Join(err, u.env.endBackends(ctx))
	}
	return answer, err
}

// endBackends ends what the tested role runs.
func (e *env) endBackends(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, e.superuser)
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // a session of ours that has done its work
	_, err = conn.Exec(ctx, `select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
where usename = $1 and application_name <> 'fuzz-judge'`, e.config.testedRole())
	return err
}

// running counts the backends that run the slow query.
func (e *env) running(ctx context.Context) (n int, err error) {
	conn, err := pgx.Connect(ctx, e.superuser)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx) //nolint:errcheck // a session of ours that has done its work
	err = conn.QueryRow(ctx, `select pg_catalog.count(*)::int from pg_catalog.pg_stat_activity
where usename = $1 and state = 'active' and pg_catalog.strpos(query, 'generate_series(1, 1000000)') > 0`, e.config.testedRole()).Scan(&n)
	return n, err
}

// probePeer looks what is left running when a client cancels, and when it goes.
func (r *runner) probePeer(ctx context.Context) error {
	if r.mcp == nil {
		return nil
	}
	name, err := r.mcp.Version(ctx)
	if err != nil {
		return err
	}
	peer := &Peer{Name: name, Role: r.config.testedRole(), Lost: r.mcp.Lost, Probes: r.config.Probes}
	for range r.config.Probes {
		for _, probe := range []struct {
			leave func(ctx context.Context, sql string, after time.Duration) error
			left  *int
		}{{r.mcp.Cancel, &peer.AfterCancel}, {r.mcp.Abandon, &peer.AfterClose}} {
			if err := probe.leave(ctx, slowQuery, probeAfter); err != nil {
				return err
			}
			n, err := r.leftRunning(ctx)
			if err != nil {
				return err
			}
			*probe.left += min(n, 1)
			if err := r.endBackends(ctx); err != nil {
				return err
			}
			r.mcp.Close()
		}
	}
	r.report.Peer = peer
	return nil
}

// leftRunning waits until nothing runs any more, at most for leftAfter.
func (r *runner) leftRunning(ctx context.Context) (n int, err error) {
	for start := time.Now(); ; time.Sleep(between) {
		if n, err = r.running(ctx); err != nil || n == 0 || time.Since(start) > leftAfter {
			return n, err
		}
	}
}

// peerHead is the head of the table of MCP servers.
var peerHead = []string{
	"server", "role", "attacks", "had an effect", "leaked", "honest", "falsely refused", "no answer", "left after cancel", "left after close",
}

// WritePeer prints what became of an MCP server as a Markdown table of one line.
func (r *Report) WritePeer(w io.Writer) error {
	if r.Peer == nil {
		return nil
	}
	var attacks, honest Tally
	for name, t := range r.Techniques {
		if name == sqlgen.Honest || name == sqlgen.Value || name == collectedHonest {
			honest.add(t)
		} else {
			attacks.add(t)
		}
	}
	p := r.Peer
	of := func(n int) string { return fmt.Sprintf("%d of %d", n, p.Probes) }
	return markdown(w, [][]string{peerHead, {
		p.Name, p.Role, fmt.Sprint(attacks.Tried), fmt.Sprint(attacks.Effects + honest.Effects), fmt.Sprint(attacks.Leaks + honest.Leaks),
		fmt.Sprint(honest.Tried), fmt.Sprint(honest.FalselyRefused), fmt.Sprint(p.Lost), of(p.AfterCancel), of(p.AfterClose),
	}})
}
