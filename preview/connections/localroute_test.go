//go:build linux

package connections

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const inNamespace = "SQLPREVIEW_TEST_IN_NETWORK_NAMESPACE"

// TestLocalRoutes: an address that only a route makes this machine's own, not an
// interface, is not remote. It runs in a network namespace of its own.
func TestLocalRoutes(t *testing.T) {
	if os.Getenv(inNamespace) == "" {
		command := exec.Command(os.Args[0], "-test.run=^TestLocalRoutes$", "-test.v")
		command.Env = append(os.Environ(), inNamespace+"=1")
		command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		out, err := command.CombinedOutput()
		missing := errors.Is(err, syscall.EPERM) || strings.Contains(string(out), "no program ip")
		switch {
		case missing && os.Getenv("CI") != "true":
			t.Skip("no network namespace can be made here, or there is no program ip")
		case err != nil:
			t.Fatalf("%v: %s", err, out)
		}
		return
	}
	for _, command := range []string{
		"ip link set lo up",
		"ip route add local 10.99.1.0/24 dev lo",
		"ip route add local 10.99.2.0/24 dev lo src 127.0.0.1",
		"ip -6 route add local 2001:db8:99::/64 dev lo",
		"ip addr add 10.99.3.1/24 dev lo",
	} {
		words := strings.Fields(command)
		if _, err := exec.LookPath(words[0]); err != nil {
			t.Fatal("no program ip")
		}
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
	}
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	remote := Targets{}.forAgent(nil)
	listed, err := ParseTargets([]string{TargetRemote, "10.99.1.0/24"})
	if err != nil {
		t.Fatal(err)
	}
	for _, nonlocalBind := range []string{"0", "1"} {
		if err := os.WriteFile("/proc/sys/net/ipv4/ip_nonlocal_bind", []byte(nonlocalBind), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			targets Targets
			address string
			want    bool
		}{
			{Targets{}, "10.99.1.7", true}, // any
			{listed, "10.99.1.7", true},
			{remote, "10.99.1.7", false},
			{remote, "10.99.2.7", false},
			{remote, "10.99.3.1", false},
			{remote, "2001:db8:99::7", false},
			{listed, "10.99.2.7", false},
			{remote, "127.0.0.9", false},
		} {
			dialer := test.targets
			conn, err := dialer.Dial(t.Context(), "tcp", net.JoinHostPort(test.address, port))
			if err == nil {
				_ = conn.SetDeadline(time.Now()) // a test's
				_ = conn.Close()                 // a test's
			}
			if (err == nil) != test.want || err != nil && !errors.Is(err, ErrTargetNotAllowed) {
				t.Errorf("ip_nonlocal_bind %s: %s: %v, want it reached: %v", nonlocalBind, test.address, err, test.want)
			}
		}
	}
}
