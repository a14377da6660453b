package connections_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/connections"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// schemas are ways in which an agent may have declared the table.
var schemas = map[string]string{
	"text and jsonb": `create table "Connection" (id text primary key, type text not null, payload jsonb, "workspaceId" text not null, name text);`,
	"uuid, enum and json": `create type "ConnectionType" as enum ('postgres', 's3');
		create table "Connection" (id uuid primary key, type "ConnectionType" not null, payload json, "workspaceId" uuid not null, name text);`,
	"varchar and text": `create table "Connection" (id varchar(64) primary key, type varchar(20) not null, payload text, "workspaceId" varchar(64) not null, name text);`,
}

const (
	mine    = "11111111-1111-1111-1111-111111111111"
	other   = "22222222-2222-2222-2222-222222222222"
	shop    = "aaaaaaaa-0000-0000-0000-000000000001"
	bucket  = "aaaaaaaa-0000-0000-0000-000000000002"
	foreign = "aaaaaaaa-0000-0000-0000-000000000003"
	empty   = "aaaaaaaa-0000-0000-0000-000000000004"
	service = "aaaaaaaa-0000-0000-0000-000000000005"
	unknown = "aaaaaaaa-0000-0000-0000-00000000000f"
)

const rows = `
insert into "Connection" (id, type, payload, "workspaceId", name) values
('` + shop + `', 'postgres', '{"host":"db","port":5432,"database":"shop","user":"preview","password":"old-canary","sslmode":"require"}', '` + mine + `', 'Shop'),
('` + bucket + `', 's3', '{"url":"postgres://h/d"}', '` + mine + `', 'Bucket'),
('` + foreign + `', 'postgres', '{"url":"postgres://h/foreign-canary"}', '` + other + `', 'Theirs'),
('` + empty + `', 'postgres', null, '` + mine + `', 'Empty'),
('` + service + `', 'postgres', '{"url":"postgres://h/d?service=service-canary"}', '` + mine + `', 'Service');`

func openAgent(t *testing.T, config connections.AgentConfig) *connections.Agent {
	t.Helper()
	agent, err := connections.OpenAgent(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(agent.Close)
	return agent
}

func execute(t *testing.T, dsn, sql string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), sql); err != nil {
		t.Fatal(err)
	}
}

func databaseOf(t *testing.T, dsn string) string {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return config.Database
}

func TestAgentTable(t *testing.T) {
	server := pgtest.Shared(t)
	for name, schema := range schemas {
		t.Run(name, func(t *testing.T) {
			dsn := server.Database(t, schema+rows)
			agent := openAgent(t, connections.AgentConfig{DSN: preview.NewSecret(dsn), WorkspaceID: mine, CacheTime: -1})

			connection, err := agent.Resolve(context.Background(), shop)
			if err != nil {
				t.Fatal(err)
			}
			if got := connection.DSN.Reveal(); !strings.Contains(got, "password='old-canary'") || !strings.Contains(got, "host='db'") {
				t.Errorf("got %s", got)
			}

			// Another tenant's, another kind's and an unknown id are the same, to
			// the byte.
			_, want := agent.Resolve(context.Background(), unknown)
			if !errors.Is(want, preview.ErrConnectionNotFound) {
				t.Fatalf("an unknown id: %v", want)
			}
			for _, id := range []string{foreign, bucket, "", shop + "\xff", "default", "no-uuid", shop + "\x00", "' or true --", strings.Repeat("x", 5000)} {
				connection, err := agent.Resolve(context.Background(), id)
				if err == nil || err.Error() != want.Error() || !errors.Is(err, preview.ErrConnectionNotFound) {
					t.Errorf("%.50q: got %v %v", id, connection, err)
				}
			}
			for _, id := range []string{empty, service} {
				if _, err := agent.Resolve(context.Background(), id); !errors.Is(err, preview.ErrConnectionInvalid) || errors.Is(err, preview.ErrConnectionNotFound) || strings.Contains(err.Error(), "canary") {
					t.Errorf("%s: got %v", id, err)
				}
			}

			// A rotated password, a connection that moved to another tenant and one
			// that was deleted are noticed.
			execute(t, dsn, `update "Connection" set payload = '{"url":"postgres://u:new-canary@h/d"}' where id = '`+shop+`'`)
			if connection, err = agent.Resolve(context.Background(), shop); err != nil || !strings.Contains(connection.DSN.Reveal(), "new-canary") {
				t.Errorf("after the rotation: %v", err)
			}
			execute(t, dsn, `update "Connection" set "workspaceId" = '`+other+`' where id = '`+shop+`'`)
			if _, err := agent.Resolve(context.Background(), shop); !errors.Is(err, preview.ErrConnectionNotFound) {
				t.Errorf("after it moved away: %v", err)
			}
			execute(t, dsn, `delete from "Connection" where id = '`+foreign+`'`)
		})
	}
}

func TestAgentWithTheLeastRights(t *testing.T) {
	server := pgtest.Shared(t)
	dsn := server.Database(t, `create schema agent; set search_path = agent; `+schemas["text and jsonb"]+rows+`
		create role agent_reader login; grant usage on schema agent to agent_reader; grant select on agent."Connection" to agent_reader;
		-- what would be found without the schema
		create table public."Connection" as select id, type, '{"url":"postgres://h/wrong"}'::jsonb as payload, "workspaceId", name from agent."Connection";`)
	t.Cleanup(func() { execute(t, dsn, `drop owned by agent_reader; drop role agent_reader`) })
	agent := openAgent(t, connections.AgentConfig{
		DSN: preview.NewSecret(server.DSNFor("agent_reader", databaseOf(t, dsn))), WorkspaceID: mine, Schema: "agent",
	})
	connection, err := agent.Resolve(context.Background(), shop)
	if err != nil || strings.Contains(connection.DSN.Reveal(), "wrong") {
		t.Errorf("got %v", err)
	}
}

// TestAgentCache: many who ask at once cost one look-up, and what was found is
// used again until its time is over.
func TestAgentCache(t *testing.T) {
	server := pgtest.Shared(t)
	dsn := server.Database(t, schemas["text and jsonb"]+rows+`
		create sequence looks;
		alter table "Connection" rename to stored;
		create view "Connection" as select id, type, payload, "workspaceId", name from stored where nextval('looks') > 0;`)
	agent := openAgent(t, connections.AgentConfig{DSN: preview.NewSecret(dsn), WorkspaceID: mine, CacheTime: 1 << 40})
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			if _, err := agent.Resolve(context.Background(), shop); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	looks := func() (n int) {
		conn, err := pgx.Connect(context.Background(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if err := conn.QueryRow(context.Background(), `select last_value from looks`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	first := looks() // one scan counts each row that it meets
	if first > 5 {
		t.Errorf("%d rows were read for 64 callers of one id", first)
	}
	if _, err := agent.Resolve(context.Background(), shop); err != nil || looks() != first {
		t.Errorf("a look-up for what is in the cache: %v", err)
	}
}

func TestAgentFaultsHoldNoSecret(t *testing.T) {
	const canary = "agent-canary"
	if _, err := connections.OpenAgent(connections.AgentConfig{DSN: preview.NewSecret("postgres://u:" + canary + "@h:port/d")}); err == nil ||
		strings.Contains(err.Error(), canary) || !strings.Contains(err.Error(), "WorkspaceID") || !strings.Contains(err.Error(), "DSN") {
		t.Errorf("not every fault is said: %v", err)
	}
	// A server that is not there.
	agent := openAgent(t, connections.AgentConfig{
		DSN: preview.NewSecret(fmt.Sprintf("host=%s user=u password=%s dbname=d", t.TempDir(), canary)), WorkspaceID: mine,
	})
	_, err := agent.Resolve(context.Background(), shop)
	if err == nil || errors.Is(err, preview.ErrConnectionNotFound) || strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "/") {
		t.Errorf("got %v", err)
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := agent.Resolve(canceled, shop); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that went away: %v", err)
	}
}

// TestAgentDatabaseRestarts: a session that the server ended meanwhile costs
// nobody an answer.
func TestAgentDatabaseRestarts(t *testing.T) {
	server := pgtest.Shared(t)
	dsn := server.Database(t, schemas["text and jsonb"]+rows)
	agent := openAgent(t, connections.AgentConfig{DSN: preview.NewSecret(dsn), WorkspaceID: mine, CacheTime: -1})
	for range 3 {
		if _, err := agent.Resolve(context.Background(), shop); err != nil {
			t.Fatal(err)
		}
		if err := agent.Ping(context.Background()); err != nil {
			t.Fatal(err)
		}
		execute(t, dsn, `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`)
	}
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if err := agent.Ping(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var sessions int
	if err := conn.QueryRow(context.Background(), `select count(*) from pg_stat_activity where datname = current_database() and application_name = 'sqlpreview'`).Scan(&sessions); err != nil {
		t.Fatal(err)
	}
	if sessions > 4 {
		t.Errorf("%d sessions with the agent's database", sessions)
	}
	agent.Close()
	agent.Close()
}

// TestAgentRefresh: the database refused what is remembered, so the row is read
// again, and what it says is remembered.
func TestAgentRefresh(t *testing.T) {
	dsn := pgtest.Shared(t).Database(t, schemas["text and jsonb"]+rows)
	agent := openAgent(t, connections.AgentConfig{DSN: preview.NewSecret(dsn), WorkspaceID: mine, CacheTime: 1 << 60})
	expect := func(ctx context.Context, password string) {
		t.Helper()
		connection, err := agent.Resolve(ctx, shop)
		if err != nil || !strings.Contains(connection.DSN.Reveal(), "password='"+password+"'") {
			t.Errorf("not the %s password: %v", password, err)
		}
	}
	expect(t.Context(), "old-canary")
	execute(t, dsn, `update "Connection" set payload = jsonb_set(payload, '{password}', '"new-canary"') where id = '`+shop+`'`)
	expect(t.Context(), "old-canary")
	expect(preview.WithRefresh(t.Context()), "new-canary")
	expect(t.Context(), "new-canary")
}
