package connections

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/op-data/sqlpreview/preview"
)

// Targets restricts the addresses that may be reached. The zero Targets is that of
// the word "any", see ParseTargets; [OpenAgent] makes it "remote".
type Targets struct {
	prefixes []netip.Prefix
	unix     bool
	any      bool
	remote   bool
	chosen   bool
	// agentHosts are where the agent's own database is, for remote.
	agentHosts []string
}

// The words that a list of targets may hold beside addresses and networks.
const (
	// TargetUnix: all unix sockets.
	TargetUnix = "unix"
	// TargetAny: unix sockets and every address but those that no database has:
	// link-local, multicast and unspecified ones, and the cloud providers' metadata
	// services.
	TargetAny = "any"
	// TargetRemote: those addresses but for this machine's own (loopback and those
	// of its interfaces) and the ones that the host of the agent's database has.
	TargetRemote = "remote"
)

// ErrTargetNotAllowed is wrapped by the error of a dial to an address that the
// Targets do not allow.
var ErrTargetNotAllowed = fmt.Errorf("%w: the target's address is not allowed", preview.ErrConnectionInvalid)

// metadata services hand out credentials to whoever reaches them. Most are
// link-local; these are not.
var metadata = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"),   // Amazon
	netip.MustParseAddr("fd20:ce::254"),    // Google
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("100.100.100.200"), // Alibaba
}

// ParseTargets reads a list of addresses, networks and the words above, for instance
// ["10.20.0.0/16", "192.0.2.7", "unix"]. Nothing else can then be reached.
func ParseTargets(list []string) (Targets, error) {
	targets := Targets{chosen: true}
	var faults []error
	for _, entry := range list {
		switch entry {
		case TargetUnix:
			targets.unix = true
			continue
		case TargetAny:
			targets.any, targets.unix = true, true
			continue
		case TargetRemote:
			targets.remote = true
			continue
		}
		prefix, err := parsePrefix(entry)
		if err != nil {
			faults = append(faults, fmt.Errorf("connections: the target %q is neither an address, a network such as 10.20.0.0/16, nor one of unix, any and remote", entry))
			continue
		}
		targets.prefixes = append(targets.prefixes, prefix)
	}
	return targets, errors.Join(faults...)
}

func parsePrefix(entry string) (netip.Prefix, error) {
	if strings.Contains(entry, "/") {
		prefix, err := netip.ParsePrefix(entry)
		if err == nil && (prefix.Addr().Is4In6() || prefix.Masked() != prefix) {
			return netip.Prefix{}, errors.New("bits are set behind the length")
		}
		return prefix, err
	}
	address, err := netip.ParseAddr(entry)
	if err != nil || address.Zone() != "" {
		return netip.Prefix{}, errors.New("no address")
	}
	address = address.Unmap()
	return netip.PrefixFrom(address, address.BitLen()), nil
}

// keepAlive notices a network that drops everything within half a minute.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}

// Dial connects like net.Dialer, and refuses an address that is not allowed
// before the first packet. The check sees what a name resolved to, so it cannot
// be led astray by a name that changes.
func (t Targets) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{KeepAliveConfig: keepAlive, ControlContext: func(ctx context.Context, network, address string, _ syscall.RawConn) error {
		return t.check(ctx, network, address)
	}}
	return dialer.DialContext(ctx, network, address)
}

// forAgent is for what is stored in the agent's table, where others than the
// operator choose the host: unless targets are chosen, only remote ones are left.
func (t Targets) forAgent(hosts []string) Targets {
	if !t.chosen {
		t.chosen, t.remote = true, true
	}
	t.agentHosts = hosts
	return t
}

// check decides on a resolved address.
func (t Targets) check(ctx context.Context, network, address string) error {
	if strings.HasPrefix(network, "unix") {
		return allowed(!t.chosen || t.unix)
	}
	resolved, err := netip.ParseAddrPort(address)
	if err != nil || !strings.HasPrefix(network, "tcp") {
		return ErrTargetNotAllowed
	}
	ip := plain(resolved.Addr())
	switch {
	case slices.ContainsFunc(t.prefixes, func(p netip.Prefix) bool { return p.Contains(ip) }):
		return nil
	case ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() || slices.Contains(metadata, ip):
		return ErrTargetNotAllowed
	case !t.chosen || t.any:
		return nil
	case !t.remote || ip.IsLoopback():
		return ErrTargetNotAllowed
	}
	return t.elsewhere(ctx, ip)
}

// elsewhere decides whether an address is neither this machine's nor that of the
// agent's database. What cannot be found out is not allowed.
func (t Targets) elsewhere(ctx context.Context, ip netip.Addr) error {
	own, err := net.InterfaceAddrs()
	if err != nil {
		return ErrTargetNotAllowed
	}
	for _, address := range own {
		if prefix, err := netip.ParsePrefix(address.String()); err != nil || plain(prefix.Addr()) == ip {
			return ErrTargetNotAllowed
		}
	}
	for _, host := range t.agentHosts {
		addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			return err // a name that is not resolved now may be later
		}
		if slices.ContainsFunc(addresses, func(a netip.Addr) bool { return plain(a) == ip }) {
			return ErrTargetNotAllowed
		}
	}
	return nil
}

// plain is the address alone, in the one form that it is compared in.
func plain(ip netip.Addr) netip.Addr { return ip.Unmap().WithZone("") }

func allowed(is bool) error {
	if is {
		return nil
	}
	return ErrTargetNotAllowed
}
