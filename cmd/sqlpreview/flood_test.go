package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/op-data/sqlpreview/preview/pgtest"
)

const (
	// floodConnections is how many connections a flood holds, nearly as many as
	// the sidecar takes by default.
	floodConnections = 240
	// floodStreams is how many requests it opens on one, as many as the sidecar
	// allows.
	floodStreams = 128
	// floodHeader is how long their header is, just below what is allowed.
	floodHeader = 15_000
)

const (
	previewPath = "/opdata.preview.v1.PreviewService/PreviewQuery"
	healthPath  = "/grpc.health.v1.Health/Check"
)

type flood struct {
	name string
	run  func(context.Context, *attacker) error
	raw  bool // run begins HTTP/2 itself, or does not speak it
}

// floods are what a peer can send. Each function keeps one
// connection busy until its peer ends it or the context does.
var floods = []flood{
	{"large headers, answers not read", func(_ context.Context, a *attacker) error {
		return a.each(func(id uint32) error { return a.headers(id, previewPath, "application/grpc", floodHeader, true) })
	}, false},
	{"too large headers, answers not read", func(_ context.Context, a *attacker) error {
		return a.each(func(id uint32) error { return a.headers(id, previewPath, "application/grpc", 2*floodHeader, true) })
	}, false},
	{"large headers, no window for answers", func(_ context.Context, a *attacker) error {
		go io.Copy(io.Discard, a.Conn)
		if err := a.greet(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}); err != nil {
			return err
		}
		return a.each(func(id uint32) error { return a.headers(id, previewPath, "application/json", floodHeader, true) })
	}, true},
	{"headers that do not end", func(_ context.Context, a *attacker) error {
		return a.each(func(id uint32) error {
			if id > 1 {
				return a.framer.WriteContinuation(1, false, make([]byte, 16<<10))
			}
			a.block.Reset()
			return a.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: a.fields(previewPath, "application/grpc", 8<<10)})
		})
	}, false},
	{"requests reset at once", func(ctx context.Context, a *attacker) error {
		go io.Copy(io.Discard, a.Conn)
		for id := uint32(1); ctx.Err() == nil; id += 2 {
			if err := a.headers(id, previewPath, "application/grpc", floodHeader, false); err != nil {
				return err
			}
			if err := a.framer.WriteRSTStream(id, http2.ErrCodeCancel); err != nil {
				return err
			}
		}
		return nil
	}, false},
	{"requests reset at once, answers not read", func(ctx context.Context, a *attacker) error {
		for id := uint32(1); ctx.Err() == nil; id += 2 {
			if err := a.headers(id, previewPath, "application/json", floodHeader, false); err != nil {
				return err
			}
			if err := a.framer.WriteRSTStream(id, http2.ErrCodeCancel); err != nil {
				return err
			}
		}
		return nil
	}, false},
	{"bodies that do not end", func(_ context.Context, a *attacker) error {
		go io.Copy(io.Discard, a.Conn)
		return a.each(func(id uint32) error {
			if err := a.headers(id, previewPath, "application/json", 1000, false); err != nil {
				return err
			}
			return a.framer.WriteData(id, false, make([]byte, 2000))
		})
	}, false},
	{"health checks that do not end", func(_ context.Context, a *attacker) error {
		go io.Copy(io.Discard, a.Conn)
		return a.each(func(id uint32) error { return a.headers(id, healthPath, "application/grpc", floodHeader, false) })
	}, false},
	{"pings, answers not read", func(ctx context.Context, a *attacker) error {
		return a.repeat(ctx, func(f *http2.Framer) error { return f.WritePing(false, [8]byte{}) })
	}, false},
	{"settings, answers not read", func(ctx context.Context, a *attacker) error {
		return a.repeat(ctx, func(f *http2.Framer) error { return f.WriteSettings() })
	}, false},
	{"frames as large as can be", func(ctx context.Context, a *attacker) error {
		for ctx.Err() == nil {
			if err := a.framer.WriteRawFrame(0xee, 0, 0, make([]byte, 1<<20)); err != nil {
				return err
			}
		}
		return nil
	}, false},
	{"half a request of HTTP/1.1", func(_ context.Context, a *attacker) error {
		_, err := io.WriteString(a.Conn, "POST "+previewPath+" HTTP/1.1\r\nHost: localhost\r\nX-Long: "+strings.Repeat("x", floodHeader))
		if err == nil {
			_, err = a.Read(make([]byte, 1)) // until the server ends it
		}
		return err
	}, true},
	{"requests of HTTP/1.1 in a row, answers not read", func(ctx context.Context, a *attacker) error {
		request := "POST " + previewPath + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Long: " +
			strings.Repeat("x", floodHeader) + "\r\nContent-Length: 0\r\n\r\n"
		for ctx.Err() == nil {
			if _, err := io.WriteString(a.Conn, request); err != nil {
				return err
			}
		}
		return nil
	}, true},
	{"half a body of HTTP/1.1", func(_ context.Context, a *attacker) error {
		_, err := io.WriteString(a.Conn, "POST "+previewPath+" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+
			"Content-Length: 500000\r\n\r\n"+`{"sql":"`+strings.Repeat("x", 400_000))
		if err == nil {
			_, err = a.Read(make([]byte, 1))
		}
		return err
	}, true},
	{"connections without a word", func(_ context.Context, a *attacker) error {
		_, err := a.Read(make([]byte, 1))
		return err
	}, true},
}

// flooded is a sidecar with its admin listener.
type flooded struct {
	pid            int
	network        string
	address, admin string
	roots          *x509.CertPool // nil without TLS
}

// startFlooded starts the sidecar on a unix socket, on TCP, or on TCP with TLS, and
// asks for a token; or on TCP, and lets everybody in.
func startFlooded(t *testing.T, binary, transport string) *flooded {
	t.Helper()
	dir := t.TempDir()
	f := &flooded{network: "tcp", admin: filepath.Join(dir, "admin")}
	env := []string{"OP_PREVIEW_DSN=" + pgtest.Shared(t).Database(t, ""), "OP_PREVIEW_ADMIN_LISTEN=unix:" + f.admin}
	if transport != "let in" {
		env = append(env, "OP_PREVIEW_TOKEN_FILE="+filepath.Join(dir, "token"))
	}
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("honest:correct-horse-battery-staple\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	switch transport {
	case "unix":
		f.network, f.address = "unix", filepath.Join(dir, "s")
		env = append(env, "OP_PREVIEW_LISTEN=unix:"+f.address)
	default:
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		f.address = listener.Addr().String()
		listener.Close()
		env = append(env, "OP_PREVIEW_LISTEN="+f.address)
	}
	if transport == "TLS" {
		authority, authorityKey := certificate(t, nil, nil, "ca", x509.ExtKeyUsageAny)
		cert, key := certificate(t, authority, authorityKey, "localhost", x509.ExtKeyUsageServerAuth)
		for name, content := range map[string]string{"tls.crt": pemOf(t, cert, nil), "tls.key": pemOf(t, nil, key)} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		f.roots = x509.NewCertPool()
		f.roots.AddCert(authority)
		env = append(env, "OP_PREVIEW_TLS_CERT_FILE="+filepath.Join(dir, "tls.crt"), "OP_PREVIEW_TLS_KEY_FILE="+filepath.Join(dir, "tls.key"))
	}
	serve := exec.Command(binary, "serve")
	serve.Env = env
	if os.Getenv("OP_PREVIEW_TEST_VERBOSE") != "" {
		serve.Stderr = os.Stderr
	}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	f.pid = serve.Process.Pid
	t.Cleanup(func() {
		serve.Process.Kill()
		serve.Wait()
	})
	waitFor(t, f.admin)
	return f
}

// floodVariable names the flood that a process of its own sends: attackers would
// else take the processor time of the probes beside them.
const floodVariable = "OP_PREVIEW_TEST_FLOOD"

// flood has another process send a flood, and returns how many connections it made.
func (f *flooded) flood(t *testing.T, name string, lasting time.Duration) (connections int) {
	t.Helper()
	text, err := json.Marshal(order{f.network, f.address, name, f.roots != nil, lasting})
	if err != nil {
		t.Fatal(err)
	}
	attack := exec.Command(os.Args[0], "-test.run=^TestAttack$", "-test.v")
	attack.Env = append(os.Environ(), floodVariable+"="+string(text))
	out, err := attack.Output()
	if err != nil {
		t.Fatalf("the attackers: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if _, err := fmt.Sscanf(line, "connections: %d", &connections); err == nil {
			return connections
		}
	}
	t.Fatalf("the attackers say nothing: %s", out)
	return 0
}

// check asks for the health of the process, as a new probe does.
func (f *flooded) check() error {
	transport := insecure.NewCredentials()
	if f.roots != nil {
		transport = credentials.NewTLS(&tls.Config{RootCAs: f.roots, ServerName: "localhost", MinVersion: tls.VersionTLS12})
	}
	conn, err := grpc.NewClient("passthrough:///localhost", grpc.WithTransportCredentials(transport),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, f.network, f.address)
		}))
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err = healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{}, grpc.WaitForReady(true))
	return err
}

// livez asks the admin listener in the same way.
func (f *flooded) livez() error {
	client := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", f.admin)
		}}}
	response, err := client.Get("http://localhost/livez")
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// TestFloods: whatever is sent, by strangers or by callers who are let in, the
// sidecar stays below its bound of memory and goes on answering probes.
func TestFloods(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the peak of resident memory is read from /proc")
	}
	binary := sidecarBinary(t)
	// Strangers' floods run for some seconds over one transport each; with this
	// variable, for as long as it says over all.
	all, lasting := false, 2*time.Second
	if text := os.Getenv("OP_PREVIEW_TEST_FLOODS"); text != "" {
		var err error
		if lasting, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
		all = true
	}
	strangers := []string{"tcp", "TLS", "unix"}
	for i, transport := range append(strangers, "let in") {
		t.Run(transport, func(t *testing.T) {
			f := startFlooded(t, binary, transport)
			for j, flood := range floods {
				if all || transport == "let in" || j%len(strangers) == i {
					t.Run(flood.name, func(t *testing.T) { f.endure(t, transport, flood.name, lasting) })
				}
			}
		})
	}
}

// endure has the sidecar flooded while probes ask it.
func (f *flooded) endure(t *testing.T, transport, name string, lasting time.Duration) {
	ctx, cancel := context.WithCancel(t.Context())
	var probes sync.WaitGroup
	var checks, livez probed
	probes.Go(func() { checks = repeatedly(ctx, f.check) })
	probes.Go(func() { livez = repeatedly(ctx, f.livez) })
	opened := f.flood(t, name, lasting)
	cancel()
	probes.Wait()
	most := peak(t, f.pid)
	t.Logf("| %s | %s | %d connections | %d MiB | health %v | /livez %v |", name, transport, opened, most>>10, checks, livez)
	if most > mostMemory {
		t.Errorf("the sidecar took %d MiB", most>>10)
	}
	if !checks.mostly() || !livez.mostly() {
		t.Errorf("probes: health %v, %v; /livez %v, %v", checks, checks.failure, livez, livez.failure)
	}
}

// TestAdminListenerAnswersDuringAFlood: half requests keep no probe out.
func TestAdminListenerAnswersDuringAFlood(t *testing.T) {
	f := startFlooded(t, sidecarBinary(t), "unix")
	for range 300 {
		conn, err := net.Dial("unix", f.admin)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: localhost\r\n")
	}
	for range 6 {
		if got := get(t, f.admin, "/livez"); got != "alive\n" {
			t.Errorf("got %q", got)
		}
	}
	// A body, which the admin listener never reads, keeps no other caller out either.
	for range 64 {
		conn, err := net.Dial("unix", f.admin)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n")
		if status, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(status, " 413 ") {
			t.Errorf("a request with a body: %q, %v", status, err)
		}
	}
	if got := get(t, f.admin, "/livez"); got != "alive\n" {
		t.Errorf("got %q", got)
	}
}

// sidecarBinary builds the command without the race detector, whose memory would
// be measured too. OP_PREVIEW_TEST_BINARY names one that is there already.
func sidecarBinary(t testing.TB) string {
	t.Helper()
	if binary := os.Getenv("OP_PREVIEW_TEST_BINARY"); binary != "" {
		return binary
	}
	binary := filepath.Join(t.TempDir(), "sqlpreview")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("building the sidecar: %v\n%s", err, out)
	}
	return binary
}
