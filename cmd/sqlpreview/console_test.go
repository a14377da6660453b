package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/pgtest"
)

const validatePath = "/opdata.preview.v1.PreviewService/ValidateQuery"

// TestConsole walks the way of a user: the link, the page, its session, a preview,
// another link, the end.
func TestConsole(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, schema)
	p := startConsole(t, dsn)
	base, token := p.link(t)
	for path, want := range map[string]string{"/": "<!doctype html>", "/console/config": `"mode":"link"`, "/console/NOTICES.txt": "@codemirror"} {
		response, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		content, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != http.StatusOK || !strings.Contains(string(content), want) || response.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %d %s", path, response.StatusCode, content)
		}
	}
	mustAsk(t, 401, base+previewPath, "", `{"sql":"select 1"}`)
	mustAsk(t, 401, base+previewPath, token, `{"sql":"select 1"}`)
	mustAsk(t, 401, base+"/console/session", "", `{"token":"wrong"}`)
	session := exchange(t, base, token)
	mustAsk(t, 401, base+"/console/session", "", `{"token":"`+token+`"}`)
	if answer := mustAsk(t, 200, base+previewPath, session, `{"sql":"select name from people where id = 1"}`); !strings.Contains(answer, `"text":"Anna"`) {
		t.Errorf("the answer is %s", answer)
	}

	// Another link opens another session and ends none; one that was not used is void.
	p.enter(t)
	_, unused := p.link(t)
	p.enter(t)
	_, fresh := p.link(t)
	mustAsk(t, 401, base+"/console/session", "", `{"token":"`+unused+`"}`)
	another := exchange(t, base, fresh)
	mustAsk(t, 200, base+validatePath, session, `{"sql":"select 1"}`)
	mustAsk(t, 200, base+validatePath, another, `{"sql":"select 1"}`)

	// A page of another origin, and a name that was rebound.
	for name, header := range map[string]http.Header{
		"origin": {"Origin": {"http://evil.example.com"}}, "site": {"Sec-Fetch-Site": {"same-site"}}, "host": nil,
	} {
		for _, path := range []string{previewPath, "/console/session"} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+path, strings.NewReader(`{}`))
			if err != nil {
				t.Fatal(err)
			}
			if header == nil {
				request.Host = "rebound.example.com"
			} else {
				request.Header = header.Clone()
			}
			request.Header.Set("Content-Type", "application/json")
			request.Header.Set("Authorization", "Bearer "+session)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != http.StatusForbidden {
				t.Errorf("%s, %s: %d", path, name, response.StatusCode)
			}
		}
	}
	p.stop(t, os.Interrupt)
	said := p.stderr.String()
	if !strings.Contains(said, "Enter prints another one, Ctrl-C ends the console") {
		t.Errorf("it does not say what to do: %s", said)
	}
	for _, secret := range []string{token, session, "host=", "Anna"} {
		if strings.Contains(said, secret) {
			t.Errorf("standard error holds %q: %s", secret, said)
		}
	}
}

// TestConsoleEnds: it needs no standard input, and ends in good order when it is told
// to stop or its terminal closes, also while a preview runs.
func TestConsoleEnds(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, "")
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		p := startConsole(t, dsn, "--no-open")
		base, token := p.link(t)
		if err := p.stdin.Close(); err != nil {
			t.Fatal(err)
		}
		session := exchange(t, base, token)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _, _ = ask(t.Context(), base+previewPath, session, `{"sql":"`+slowQuery+`"}`)
		}()
		waitForQuery(t, dsn)
		p.stop(t, signal)
		<-ended
		waitForNoQuery(t, dsn)
	}
}

const slowQuery = "select count(*) from generate_series(1, 1000000000) a, generate_series(1, 1000) b"

// TestConsoleCancels: when the page aborts its request, the query ends in the
// database long before its time is up.
func TestConsoleCancels(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, "")
	p := startConsole(t, dsn, "--no-open")
	base, token := p.link(t)
	session := exchange(t, base, token)
	for range 3 {
		ctx, abort := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, _, err := ask(ctx, base+previewPath, session, `{"sql":"`+slowQuery+`"}`)
			ended <- err
		}()
		waitForQuery(t, dsn)
		aborted := time.Now()
		abort()
		if err := <-ended; err == nil {
			t.Error("the aborted request was answered")
		}
		waitForNoQuery(t, dsn)
		t.Logf("the backend was done %s after the request was aborted", time.Since(aborted).Round(time.Millisecond))
	}
	// The next one is answered as if nothing had been.
	mustAsk(t, 200, base+previewPath, session, `{"sql":"select 1"}`)
	p.stop(t, os.Interrupt)
}

// waitForNoQuery waits until no preview runs in the database, and fails when one is
// about to be ended by its own time limit of 10 s instead of by a cancel request.
func waitForNoQuery(t *testing.T, dsn string) {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for {
		results, err := conn.Exec(t.Context(), `select count(*), coalesce(bool_or(clock_timestamp() - query_start > '9 s'), false)
			from pg_stat_activity where datname = current_database() and state = 'active' and query like '%preview_query%'
			and pid <> pg_backend_pid()`).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		row := results[0].Rows[0]
		if string(row[0]) == "0" {
			return
		}
		if string(row[1]) == "t" {
			t.Fatal("the query was not cancelled")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// TestConsoleRefusesToStart: what is wrong is known before a page is opened.
func TestConsoleRefusesToStart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env       []string
		arguments []string
		status    int
		say       string
	}{
		"no database":             {nil, nil, 2, "no database"},
		"a setting that is not":   {nil, []string{"--set", "consle=true"}, 2, `there is no setting "consle"`},
		"a connection string":     {[]string{"OP_PREVIEW_DSN=mysql://u:hunter22@h/d"}, nil, 2, "OP_PREVIEW_DSN"},
		"a file that is not":      {nil, []string{"--dsn-file", "/nonexistent/dsn"}, 2, "dsn_file"},
		"an argument too many":    {nil, []string{"shop"}, 2, "see sqlpreview console --help"},
		"a grade that is not met": {[]string{"OP_PREVIEW_DSN=DSN", "OP_PREVIEW_MIN_GRADE=A"}, nil, 1, "grade"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := exec.Command("sqlpreview", append([]string{"console", "--no-open"}, test.arguments...)...)
			command.Env = append(os.Environ(), "OP_PREVIEW_DSN=")
			for _, variable := range test.env {
				if strings.HasSuffix(variable, "=DSN") {
					variable = strings.TrimSuffix(variable, "DSN") + pgtest.Shared(t).Database(t, "")
				}
				command.Env = append(command.Env, variable)
			}
			var stdout, stderr bytes.Buffer
			command.Stdout, command.Stderr = &stdout, &stderr
			_ = command.Run()
			if command.ProcessState.ExitCode() != test.status || !strings.Contains(stderr.String(), test.say) || stdout.Len() > 0 || strings.Contains(stderr.String(), "hunter22") {
				t.Errorf("status %d\nstdout: %s\nstderr: %s", command.ProcessState.ExitCode(), &stdout, &stderr)
			}
		})
	}
}

// TestConsoleOfServe: serve mounts the page, which tells how callers prove who they
// are; the RPCs ask for it as ever.
func TestConsoleOfServe(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, "")
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("a-token-for-this-test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		env  []string
		mode string
		// bare is the status of an RPC without credentials.
		bare int
	}{
		{"with a token", []string{"OP_PREVIEW_TOKEN_FILE=" + token}, "token", 401},
		{"without", nil, "open", 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			serve := exec.Command("sqlpreview", "serve", "--listen", "127.0.0.1:0", "--set", "console=true")
			serve.Env = append(append(os.Environ(), "OP_PREVIEW_DSN="+dsn), test.env...)
			log, err := serve.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := serve.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = serve.Process.Kill() })
			lines := bufio.NewScanner(log)
			base := ""
			for base == "" && lines.Scan() {
				if match := regexp.MustCompile(`"msg":"serving".*"address":"([^"]+)"`).FindStringSubmatch(lines.Text()); match != nil {
					base = "http://" + match[1]
				}
			}
			go func() { _, _ = io.Copy(io.Discard, log) }()
			for path, want := range map[string]string{"/": "<!doctype html>", "/console/config": `"mode":"` + test.mode + `"`} {
				response, err := http.Get(base + path)
				if err != nil {
					t.Fatal(err)
				}
				content, _ := io.ReadAll(response.Body)
				response.Body.Close()
				if response.StatusCode != http.StatusOK || !strings.Contains(string(content), want) {
					t.Errorf("%s: %d %s", path, response.StatusCode, content)
				}
			}
			mustAsk(t, test.bare, base+previewPath, "", `{"sql":"select 1"}`)
			mustAsk(t, 200, base+previewPath, map[string]string{"token": "a-token-for-this-test"}[test.mode], `{"sql":"select 1"}`)
			// There is no link, so nothing to exchange.
			if status, _, _ := ask(t.Context(), base+"/console/session", "", `{"token":""}`); status == 200 {
				t.Error("a session was given")
			}
			if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if err := serve.Wait(); err != nil {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

// TestNoConsole: a binary without the page says so.
func TestNoConsole(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds a binary")
	}
	binary := filepath.Join(t.TempDir(), "sqlpreview")
	if out, err := exec.Command("go", "build", "-tags", "no_console", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(content, []byte("csp-nonce")) {
		t.Error("the page is in the binary")
	}
	for _, arguments := range [][]string{{"console", "--no-open"}, {"serve", "--listen", "127.0.0.1:0", "--set", "console=true"}} {
		command := exec.Command(binary, arguments...)
		command.Env = append(os.Environ(), "OP_PREVIEW_DSN=host=127.0.0.1 port=1 user=u dbname=d")
		out, err := command.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "built without the console (build tag no_console)") {
			t.Errorf("%q: %v: %s", arguments, err, out)
		}
	}
}
