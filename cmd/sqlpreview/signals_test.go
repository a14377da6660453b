package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/op-data/sqlpreview/preview/client"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// TestServeIgnoresSIGHUPAndSIGPIPE: neither a request to reload nor the end of the
// log's reader stops the sidecar.
func TestServeIgnoresSIGHUPAndSIGPIPE(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "signals")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	serve := exec.Command("sqlpreview", "serve")
	serve.Env = append(os.Environ(), "OP_PREVIEW_DSN=host=127.0.0.1 port=1 user=u dbname=d", "OP_PREVIEW_LISTEN=unix:"+socket)
	log, err := serve.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = serve.Process.Kill() }) // no effect on one that has ended
	lines := bufio.NewReader(log)
	next := func(want string) {
		t.Helper()
		for { // warnings of the start may stand between
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatalf("the log ends with %q %v, want %q", line, err, want)
			}
			if strings.Contains(line, want) {
				return
			}
		}
	}
	next(`"msg":"serving"`)
	if err := serve.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	next("SIGHUP changes nothing")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	sidecar, err := client.New(client.Config{Target: "unix:" + socket})
	if err != nil {
		t.Fatal(err)
	}
	defer sidecar.Close()
	// Each writes a line that nobody reads; the second shows what the first did.
	for range 2 {
		if _, err := sidecar.ValidateQuery(t.Context(), &previewv1.ValidateQueryRequest{Sql: "select 1"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := serve.Wait(); err != nil {
		t.Errorf("the sidecar ended: %v", err)
	}
}
