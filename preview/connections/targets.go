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
)

// Targets restricts the addresses that may be reached. The zero Targets allows
// unix sockets and every address but those that no database has: link-local,
// multicast and unspecified ones, and the cloud providers' metadata services.
type Targets struct {
	prefixes []netip.Prefix
	unix     bool
	chosen   bool
}

// ErrTargetNotAllowed is wrapped by the error of a dial to an address that the
// Targets do not allow.
var ErrTargetNotAllowed = errors.New("connections: the target's address is not allowed")

// metadata services hand out credentials to whoever reaches them. Most are
// link-local; these are not.
var metadata = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"),   // Amazon
	netip.MustParseAddr("fd20:ce::254"),    // Google
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("100.100.100.200"), // Alibaba
}

// ParseTargets reads a list of addresses and networks, for instance
// ["10.20.0.0/16", "192.0.2.7", "unix"]; unix stands for all unix sockets.
// Nothing else can then be reached.
func ParseTargets(list []string) (Targets, error) {
	targets := Targets{chosen: true}
	var faults []error
	for _, entry := range list {
		if entry == "unix" {
			targets.unix = true
			continue
		}
		prefix, err := parsePrefix(entry)
		if err != nil {
			faults = append(faults, fmt.Errorf("connections: the target %q is neither an address, a network such as 10.20.0.0/16, nor unix", entry))
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
	dialer := net.Dialer{KeepAliveConfig: keepAlive, Control: func(network, address string, _ syscall.RawConn) error {
		if !t.allows(network, address) {
			return ErrTargetNotAllowed
		}
		return nil
	}}
	return dialer.DialContext(ctx, network, address)
}

// allows decides on a resolved address.
func (t Targets) allows(network, address string) bool {
	if strings.HasPrefix(network, "unix") {
		return !t.chosen || t.unix
	}
	resolved, err := netip.ParseAddrPort(address)
	if err != nil || !strings.HasPrefix(network, "tcp") {
		return false
	}
	ip := resolved.Addr().Unmap().WithZone("")
	if t.chosen {
		return slices.ContainsFunc(t.prefixes, func(p netip.Prefix) bool { return p.Contains(ip) })
	}
	return !ip.IsLinkLocalUnicast() && !ip.IsMulticast() && !ip.IsUnspecified() && !slices.Contains(metadata, ip)
}
