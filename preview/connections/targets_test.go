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
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.targets.allows(c.network, c.address); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}

	for _, bad := range []string{"", "db.example.com", "10.0.0.1/8", "10.0.0.0/33", "::ffff:10.0.0.0/104", "fe80::1%eth0", "*", "unix:/run"} {
		if _, err := ParseTargets([]string{"10.0.0.1", bad}); err == nil {
			t.Errorf("%q was taken for a target", bad)
		}
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
