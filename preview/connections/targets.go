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

// metadata has the metadata services that are not link-local, as most are. They give
// credentials to every process that reaches them.
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
// before the first packet. The check is on what a name resolved to, so a name
// that changes cannot evade it. Where only remote addresses are allowed, a
// connection that turns out to lead to this machine is closed before anything is
// sent on it.
func (t Targets) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{KeepAliveConfig: keepAlive, ControlContext: func(ctx context.Context, network, address string, _ syscall.RawConn) error {
		return t.check(ctx, network, address)
	}}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if t.onlyAsRemote(network, conn.RemoteAddr()) && leadsHere(conn) {
		return nil, errors.Join(ErrTargetNotAllowed, conn.Close())
	}
	return conn, nil
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
	case t.listed(ip):
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

// listed reports whether an address is among those that the operator names.
func (t Targets) listed(ip netip.Addr) bool {
	return slices.ContainsFunc(t.prefixes, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// onlyAsRemote reports whether an address is allowed for being remote alone.
func (t Targets) onlyAsRemote(network string, address net.Addr) bool {
	if !t.chosen || t.any || strings.HasPrefix(network, "unix") {
		return false
	}
	ip, ok := addressOf(address)
	return !ok || !t.listed(ip)
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
	if isOwn(ip) {
		return ErrTargetNotAllowed
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

// unassigned are addresses for documentation (RFC 5737, RFC 3849), which no machine
// has.
var unassigned = map[bool]netip.Addr{true: netip.MustParseAddr("192.0.2.1"), false: netip.MustParseAddr("2001:db8::1")}

// isOwn reports whether this machine takes packets for an address although none of
// its interfaces has it, as with "ip route add local". Only such an address can be
// bound, unless the kernel lets every one be bound (ip_nonlocal_bind).
func isOwn(ip netip.Addr) bool { return canBind(ip) && !canBind(unassigned[ip.Is4()]) }

func canBind(ip netip.Addr) bool {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
	if err != nil {
		return false
	}
	_ = conn.Close() // nothing was sent
	return true
}

// leadsHere reports whether the other end of a connection is on this machine. A
// connection to an address of one's own has the same address on both ends, or one
// of loopback on this end.
func leadsHere(conn net.Conn) bool {
	local, localOK := addressOf(conn.LocalAddr())
	remote, remoteOK := addressOf(conn.RemoteAddr())
	return !localOK || !remoteOK || local == remote || local.IsLoopback()
}

func addressOf(address net.Addr) (netip.Addr, bool) {
	tcp, ok := address.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	return plain(tcp.AddrPort().Addr()), true
}

// plain is the address alone, in the one form that it is compared in.
func plain(ip netip.Addr) netip.Addr { return ip.Unmap().WithZone("") }

func allowed(is bool) error {
	if is {
		return nil
	}
	return ErrTargetNotAllowed
}
