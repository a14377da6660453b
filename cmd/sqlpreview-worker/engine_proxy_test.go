package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/op-data/sqlpreview/cmd/sqlpreview-worker/internal/stack"
)

// TestEngineBehindAProxy: with HTTPS_PROXY, worker and caller reach a Temporal that they
// can neither resolve nor connect to, and TLS goes through the proxy unbroken.
func TestEngineBehindAProxy(t *testing.T) {
	s := startStack(t, stack.Options{MutualTLS: true}, 0)
	const address = "temporal.invalid:7233"
	var tunnels atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != address {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		out, err := net.Dial("tcp", s.Temporal.Address())
		if err != nil {
			http.Error(w, "no", http.StatusBadGateway)
			return
		}
		tunnels.Add(1)
		in, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			out.Close()
			return
		}
		_, _ = io.WriteString(in, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			defer in.Close()
			_, _ = io.Copy(in, out)
		}()
		defer out.Close()
		_, _ = io.Copy(out, in)
	}))
	t.Cleanup(proxy.Close)
	settings := []string{"OP_TEMPORAL_ADDRESS=" + address, "HTTPS_PROXY=" + proxy.URL}
	w, err := s.StartWorker(t.Context(), settings...)
	if err != nil {
		t.Fatal(err)
	}
	if tunnels.Load() == 0 {
		t.Error("the worker does not use the proxy")
	}
	built, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	before := tunnels.Load()
	command := exec.CommandContext(t.Context(), built.worker, "preview", "--connection", "default", "select name from birds where id = 7")
	command.Env = append(s.Environment(), settings...)
	output, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(output), canary+"-7") || tunnels.Load() == before {
		t.Errorf("the caller: %v, %d tunnels: %s", err, tunnels.Load()-before, output)
	}
	// NO_PROXY excepts the host, which then cannot be reached.
	command = exec.CommandContext(t.Context(), built.worker, "preview", "select 1")
	command.Env = append(s.Environment(), append(settings, "NO_PROXY=temporal.invalid")...)
	before = tunnels.Load()
	if output, err := command.CombinedOutput(); err == nil || tunnels.Load() != before {
		t.Errorf("with NO_PROXY: %d tunnels: %s", tunnels.Load()-before, output)
	}
	if strings.Contains(w.Output(), "panic") {
		t.Error(w.Output())
	}
}
