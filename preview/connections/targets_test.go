package connections

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestTargets(t *testing.T) {
	few, err := ParseTargets([]string{"10.20.0.0/16", "192.0.2.7", "2001:db8::/32", "::1"})
	if err != nil {
		t.Fatal(err)
	}
	sockets, err := ParseTargets([]string{"unix"})
	if err != nil {
		t.Fatal(err)
	}
	none, err := ParseTargets(nil)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := ParseTargets([]string{TargetAny})
	if err != nil {
		t.Fatal(err)
	}
	remote, err := ParseTargets([]string{TargetRemote})
	if err != nil {
		t.Fatal(err)
	}
	more, err := ParseTargets([]string{TargetRemote, TargetUnix, "127.0.0.5", "10.9.0.0/16"})
	if err != nil {
		t.Fatal(err)
	}
	agents := Targets{}.forAgent([]string{"10.9.8.7", "::1"})
	own := ownAddress(t)
	for _, c := range []struct {
		name             string
		targets          Targets
		network, address string
		want             bool
	}{
		{"default: private", Targets{}, "tcp4", "10.0.0.1:5432", true},
		{"default: loopback", Targets{}, "tcp4", "127.0.0.1:5432", true},
		{"default: public", Targets{}, "tcp6", "[2001:db8::1]:5432", true},
		{"default: socket", Targets{}, "unix", "/run/x", true},
		{"default: metadata", Targets{}, "tcp4", "169.254.169.254:80", false},
		{"default: metadata, mapped", Targets{}, "tcp6", "[::ffff:169.254.169.254]:80", false},
		{"default: metadata, Amazon v6", Targets{}, "tcp6", "[fd00:ec2::254]:80", false},
		{"default: metadata, Azure", Targets{}, "tcp4", "168.63.129.16:80", false},
		{"default: metadata, Alibaba", Targets{}, "tcp4", "100.100.100.200:80", false},
		{"default: link-local with a zone", Targets{}, "tcp6", "[fe80::1%eth0]:5432", false},
		{"default: unspecified", Targets{}, "tcp4", "0.0.0.0:5432", false},
		{"default: multicast", Targets{}, "tcp4", "224.0.0.1:5432", false},
		{"default: another network", Targets{}, "udp4", "10.0.0.1:5432", false},
		{"few: in the network", few, "tcp4", "10.20.3.4:5432", true},
		{"few: in the network, mapped", few, "tcp6", "[::ffff:10.20.3.4]:5432", true},
		{"few: beside the network", few, "tcp4", "10.21.0.1:5432", false},
		{"few: the address", few, "tcp4", "192.0.2.7:1", true},
		{"few: the next address", few, "tcp4", "192.0.2.8:1", false},
		{"few: v6", few, "tcp6", "[2001:db8:1::1]:5432", true},
		{"few: v6 with a zone", few, "tcp6", "[::1%lo]:5432", true},
		{"few: loopback v4", few, "tcp4", "127.0.0.1:5432", false},
		{"few: socket", few, "unix", "/run/x", false},
		{"sockets: socket", sockets, "unix", "/run/x", true},
		{"sockets: address", sockets, "tcp4", "10.20.3.4:5432", false},
		{"none: socket", none, "unix", "/run/x", false},
		{"none: address", none, "tcp4", "10.20.3.4:5432", false},
		{"any: socket", whole, "unix", "/run/x", true},
		{"any: loopback", whole, "tcp4", "127.0.0.1:5432", true},
		{"any: metadata", whole, "tcp4", "169.254.169.254:80", false},
		{"remote: socket", remote, "unix", "/run/x", false},
		{"remote: private", remote, "tcp4", "10.20.3.4:5432", true},
		{"remote: public", remote, "tcp6", "[2001:db8::1]:5432", true},
		{"remote: loopback", remote, "tcp4", "127.0.0.1:5432", false},
		{"remote: loopback, mapped", remote, "tcp6", "[::ffff:127.0.0.1]:5432", false},
		{"remote: loopback, elsewhere in it", remote, "tcp4", "127.9.9.9:5432", false},
		{"remote: loopback v6", remote, "tcp6", "[::1]:5432", false},
		{"remote: this machine's own", remote, "tcp", own, false},
		{"remote: metadata", remote, "tcp4", "169.254.169.254:80", false},
		{"remote: unspecified", remote, "tcp4", "0.0.0.0:5432", false},
		{"remote and more: socket", more, "unix", "/run/x", true},
		{"remote and more: the address", more, "tcp4", "127.0.0.5:5432", true},
		{"remote and more: another of loopback", more, "tcp4", "127.0.0.1:5432", false},
		{"the agent's: socket", agents, "unix", "/run/x", false},
		{"the agent's: loopback", agents, "tcp4", "127.0.0.1:5432", false},
		{"the agent's: its database", agents, "tcp4", "10.9.8.7:5432", false},
		{"the agent's: its database's host", agents, "tcp6", "[::ffff:10.9.8.7]:6432", false},
		{"the agent's: beside its database", agents, "tcp4", "10.9.8.8:5432", true},
		{"the agent's, chosen: its database", more.forAgent([]string{"10.9.8.7"}), "tcp4", "10.9.8.7:5432", true},
		{"the agent's, none: address", none.forAgent(nil), "tcp4", "10.9.8.7:5432", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.targets.check(t.Context(), c.network, c.address)
			if (err == nil) != c.want || err != nil && !errors.Is(err, ErrTargetNotAllowed) {
				t.Errorf("got %v", err)
			}
		})
	}

	for _, bad := range []string{"", "db.example.com", "10.0.0.1/8", "10.0.0.0/33", "::ffff:10.0.0.0/104", "fe80::1%eth0", "*", "unix:/run"} {
		if _, err := ParseTargets([]string{"10.0.0.1", bad}); err == nil {
			t.Errorf("%q was taken for a target", bad)
		}
	}
}

// ownAddress is an address of this machine's, not of its loopback interface if it
// has another.
func ownAddress(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	own := "127.0.0.1"
	for _, a := range addresses {
		if network, ok := a.(*net.IPNet); ok && network.IP.IsGlobalUnicast() {
			own = network.IP.String()
		}
	}
	return net.JoinHostPort(own, "5432")
}

// TestAgentHostNotResolved: where it cannot be found out what the agent's own
// database is, nothing is dialled, and trying again may help.
func TestAgentHostNotResolved(t *testing.T) {
	err := Targets{}.forAgent([]string{"no..name"}).check(t.Context(), "tcp4", "192.0.2.1:5432")
	var dns *net.DNSError
	if !errors.As(err, &dns) || errors.Is(err, ErrTargetNotAllowed) {
		t.Errorf("got %v", err)
	}
}

func TestDialChecksTheResolvedAddress(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dir, err := os.MkdirTemp("/tmp", "dial")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	local, err := ParseTargets([]string{"127.0.0.0/8", "::1"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := ParseTargets([]string{"192.0.2.0/24"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		targets          Targets
		network, address string
		allowed          bool
	}{
		"a name that may":       {local, "tcp", "localhost:" + port, true},
		"a name that may not":   {other, "tcp", "localhost:" + port, false},
		"an address":            {other, "tcp", "127.0.0.1:" + port, false},
		"an odd spelling":       {other, "tcp", "0.0.0.0:" + port, false},
		"nothing as a name":     {other, "tcp", ":" + port, false},
		"a socket that may not": {local, "unix", socket.Addr().String(), false},
		"a socket":              {Targets{}, "unix", socket.Addr().String(), true},
	} {
		conn, err := c.targets.Dial(context.Background(), c.network, c.address)
		if err == nil {
			conn.Close()
		}
		if c.allowed && err != nil || !c.allowed && !errors.Is(err, ErrTargetNotAllowed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
