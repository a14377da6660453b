package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/op-data/sqlpreview/preview/client"
	"github.com/op-data/sqlpreview/preview/pgtest"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// collector is an OTLP collector that keeps what it gets.
type collector struct {
	*httptest.Server
	mu  sync.Mutex
	got map[string][]byte
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{got: map[string][]byte{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %v %v", r.URL.Path, err, r.Header)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.got[strings.TrimPrefix(r.URL.Path, "/v1/")] = append(c.got[strings.TrimPrefix(r.URL.Path, "/v1/")], body...)
	}))
	t.Cleanup(c.Close)
	return c
}

// lockedBuffer takes what the sidecar writes to standard error.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// canary begins every secret of the test; each has an ending of its own.
const canary = "canary7f3a"

// TestNoSecretInAnyStream runs the sidecar as serve does, with everything that
// can be written switched on, has it succeed and fail in every way that is known
// to quote a value, and then looks for the secrets in all that came out.
func TestNoSecretInAnyStream(t *testing.T) {
	otlp := newCollector(t)
	database := pgtest.Start(t, pgtest.Options{TCP: true})
	host, port, password := database.TCP()
	dsn := database.Database(t, `create table people (id int, note text);
		insert into people select i, '`+canary+`Value' || i from generate_series(1, 150) i;
		create function shout() returns int language plpgsql stable as $$ begin raise '`+canary+`Raised'; end $$`)
	name := dsn[strings.LastIndex(dsn, "dbname=")+len("dbname="):]
	name = strings.Trim(strings.Fields(name)[0], "'")
	dir, err := os.MkdirTemp("/tmp", "canary")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	tokenFile := filepath.Join(dir, "token")
	if err := os.WriteFile(tokenFile, []byte(canary+"Token-and-more"), 0o600); err != nil {
		t.Fatal(err)
	}
	// The exporters read their variables from the process's environment.
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp.URL)
	settings := map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": otlp.URL,
		"OP_PREVIEW_DSN":              fmt.Sprintf("host=%s port=%d user=postgres password=%s dbname='%s' sslmode=disable", host, port, password, name),
		"OP_PREVIEW_LISTEN":           "unix:" + dir + "/s",
		"OP_PREVIEW_ADMIN_LISTEN":     "unix:" + dir + "/admin",
		"OP_PREVIEW_EGRESS_DIR":       dir + "/egress",
		"OP_PREVIEW_TOKEN_FILE":       tokenFile,
	}
	var stderr lockedBuffer
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error, 1)
	go func() {
		env := &environment{stdout: io.Discard, stderr: &stderr, getenv: func(key string) string { return settings[key] }}
		done <- (&serveCommand{}).Run(ctx, env)
	}()
	waitFor(t, dir+"/admin")

	ask := caller(t, "unix:"+dir+"/s", canary+"Token-and-more")
	var answers []string
	for _, sql := range []string{
		"select id, note from people",
		"select '" + canary + "Literal', $tag$" + canary + "Dollar$tag$ from people -- " + canary + "Comment",
		"select note::int from people",
		"select ('" + canary + "Cast')::int",
		"select '" + canary + "Class'::regclass",
		"select ('{\"a\": ' || note)::json from people",
		"select shout()",
		"select '" + canary + "Unterminated",
		"select 1; select '" + canary + "Second'",
		"with w as (insert into people values (1, '" + canary + "Insert') returning *) select * from w",
		"select count(*) from people a, people b, people c, people d, people e where a.note || b.note <> '" + canary + "Slow'",
	} {
		_, err := ask.PreviewQuery(t.Context(), &previewv1.PreviewQueryRequest{Sql: sql, Timeout: durationpb.New(2 * time.Second)})
		answers = append(answers, string(client.ReasonOf(err)))
	}
	stranger := caller(t, "unix:"+dir+"/s", canary+"Wrong-and-more-of-it")
	if _, err := stranger.PreviewQuery(t.Context(), &previewv1.PreviewQueryRequest{Sql: "select '" + canary + "Stranger'"}); err == nil {
		t.Error("a stranger was let in")
	}
	want := "[  DATA_EXCEPTION DATA_EXCEPTION UNDEFINED_OBJECT DATA_EXCEPTION FUNCTION_RAISED SQL_SYNTAX_ERROR MULTIPLE_STATEMENTS DATA_MODIFYING_CTE STATEMENT_TIMEOUT]"
	if got := fmt.Sprint(answers); got != want {
		t.Errorf("the answers are\n%s, want\n%s", got, want)
	}

	streams := map[string]string{"metrics of the admin side": get(t, dir+"/admin", "/metrics"), "readiness": get(t, dir+"/admin", "/readyz")}
	stop()
	if err := <-done; err != nil {
		t.Errorf("%v: %s", err, stderr.String())
	}
	streams["log"] = stderr.String()
	record, err := os.ReadFile(filepath.Join(dir, "egress", "egress-00000000000000000001.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	streams["egress record"] = string(record)
	for _, signal := range []string{"traces", "metrics", "logs"} {
		streams["OTLP "+signal] = string(otlp.got[signal])
	}
	for stream, text := range streams {
		for name, secret := range map[string]string{"a canary": canary, "the password": password} {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("the %s holds %s: %q", stream, name, text[max(0, i-100):min(len(text), i+50)])
			}
		}
		// A stream that says nothing would hold no secret either.
		if stream != "readiness" && !strings.Contains(text, "PreviewQuery") {
			t.Errorf("the %s says nothing of the requests: %.300q", stream, text)
		}
	}
	for _, stream := range []string{"log", "egress record", "OTLP traces", "OTLP logs"} {
		if !strings.Contains(streams[stream], "STATEMENT_TIMEOUT") {
			t.Errorf("the %s says nothing of the reasons", stream)
		}
	}
	if lines := strings.Count(streams["log"], `"msg":"request"`); lines != len(answers)+1 {
		t.Errorf("%d lines for %d requests", lines, len(answers)+1)
	}
}

func caller(t *testing.T, target, token string) *client.Client {
	t.Helper()
	c, err := client.New(client.Config{Target: target, Attempts: 1, Token: func(context.Context) (string, error) { return token, nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func waitFor(t testing.TB, socket string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if conn, err := net.Dial("unix", socket); err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody listens")
		}
	}
}

func get(t *testing.T, socket, path string) string {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get("http://localhost" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
