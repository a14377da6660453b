//go:build upgrade

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/pgtest"
)

// programs are of one version: the sidecar, and a client that asks one of everything.
// .ci/upgrade builds them and says where they are.
type programs struct{ name, serve, ask string }

func versions(t *testing.T) [2]programs {
	t.Helper()
	var found [2]programs
	for i, name := range []string{"OLD", "NEW"} {
		dir := os.Getenv("OP_PREVIEW_TEST_" + name)
		if dir == "" {
			t.Fatal("run .ci/upgrade, which builds both versions")
		}
		found[i] = programs{strings.ToLower(name), filepath.Join(dir, "sqlpreview"), filepath.Join(dir, "ask")}
	}
	return found
}

// with runs a sidecar of one version while do runs.
func with(t *testing.T, p programs, egress string, do func(target string)) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "upgrade")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	serve := exec.Command(p.serve, "serve")
	serve.Env = append(os.Environ(), "OP_PREVIEW_LISTEN=unix:"+dir+"/s", "OP_PREVIEW_EGRESS_DIR="+egress,
		"OP_PREVIEW_DSN="+pgtest.Shared(t).Database(t, schema))
	var log bytes.Buffer
	serve.Stderr = &log
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serve.Wait() }()
	defer func() {
		_ = serve.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the %s sidecar: %v: %s", p.name, err, log.String())
			}
		case <-time.After(time.Minute):
			_ = serve.Process.Kill()
			t.Errorf("the %s sidecar does not end", p.name)
		}
	}()
	waitFor(t, dir+"/s")
	do("unix:" + dir + "/s")
}

// understood is what any client understands of any sidecar.
const understood = `{"bounds":["TRUNCATION_REASON_ROW_LIMIT"],"changes":["CHANGE_CONTROL"],"columns":["id integer","name text","note text"],"counted":2,"id":"upgrade","receipt":true,"rows":["1","Anna","plain","2","漢字","bell�"]}
{"reason":"NOT_A_SELECT","sql":"delete from people","violations":true}
{"reason":"MULTIPLE_STATEMENTS","sql":"select 1; select 2","violations":true}
{"reason":"UNDEFINED_OBJECT","sql":"select nobody from people","violations":false}
{"reason":"DATA_EXCEPTION","sql":"select 1/0","violations":false}
{"reason":"FUNCTION_NOT_ALLOWED","sql":"select pg_sleep(1)","violations":true}
{"connection":"nowhere","reason":"CONNECTION_NOT_FOUND"}
{"reason":"ROW_LOCK","validated":false}
{"described":2}
`

// TestClientsAndSidecarsOfTwoVersions: an agent and its sidecar are not upgraded at the
// same moment, in either order.
func TestClientsAndSidecarsOfTwoVersions(t *testing.T) {
	both := versions(t)
	for _, serving := range both {
		with(t, serving, t.TempDir(), func(target string) {
			for _, asking := range both {
				out, err := exec.Command(asking.ask, target).CombinedOutput()
				if err != nil || string(out) != understood {
					t.Errorf("the %s client of the %s sidecar: %v\n%s", asking.name, serving.name, err, out)
				}
			}
			out, err := exec.Command(both[1].serve, "query", "--sidecar", target, "--json", "select name from people where id = 1").CombinedOutput()
			if err != nil || !strings.Contains(string(out), "Anna") {
				t.Errorf("query of the %s sidecar: %v: %s", serving.name, err, out)
			}
			for _, asking := range both {
				health := exec.Command(asking.serve, "health", target)
				if out, err := health.CombinedOutput(); err != nil && asking.name == "new" {
					t.Errorf("health of the %s sidecar: %v: %s", serving.name, err, out)
				}
			}
		})
	}
}

// TestOlderEgressRecordGoesOn: the chain that an older version began holds, and a newer
// one goes on with it.
func TestOlderEgressRecordGoesOn(t *testing.T) {
	both, record := versions(t), t.TempDir()
	for _, p := range both {
		with(t, p, record, func(target string) {
			if out, err := exec.Command(p.ask, target).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		})
		out, err := exec.Command(both[1].serve, "verify-log", record).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "the chain holds") {
			t.Errorf("after the %s sidecar: %v: %s", p.name, err, out)
		}
	}
}

// TestOlderSettingsAreTaken: what an older version prints as its settings a newer one
// takes.
func TestOlderSettingsAreTaken(t *testing.T) {
	both := versions(t)
	out, err := exec.Command(both[0].serve, "serve", "--print-config").Output()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(file, out, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(both[1].serve, "config", "check", file).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
