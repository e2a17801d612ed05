package webrtc

import (
	"errors"
	"net/netip"
	"strings"

	"github.com/pion/ice/v4"
)

// validate checks credentials of the browser (RFC 8839 section 5.4).
func (c credentials) validate() error {
	if len(c.ufrag) < 4 || len(c.ufrag) > 256 || len(c.pwd) < 22 || len(c.pwd) > 256 || !isICE(c.ufrag) || !isICE(c.pwd) {
		return errors.New("a=ice-ufrag or a=ice-pwd is missing or malformed")
	}
	return nil
}

func isICE(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '+' && r != '/'
	})
}

// meet tells the path an address of the browser. Those that we would not send checks to are left out without a word, as are
// names of multicast DNS: such a browser finds us, and ICE learns where it is from its checks.
func (p *path) meet(text string, loopback bool) {
	c, err := ice.UnmarshalCandidate(strings.TrimPrefix(text, "candidate:"))
	if err != nil || c.Component() != ice.ComponentRTP || c.NetworkType().IsTCP() {
		return
	}
	a, err := netip.ParseAddr(c.Address())
	if err != nil || c.Port() == 0 || !reachable(a.Unmap(), loopback) {
		return
	}
	_ = p.agent.AddRemoteCandidate(c) // fails when the path has ended
}

// reachable tells whether an address may be a browser's. What is not is never sent anything.
func reachable(a netip.Addr, loopback bool) bool {
	switch {
	case a.IsLoopback():
		return loopback
	case a.IsUnspecified(), a.IsMulticast(), a.IsLinkLocalUnicast(), a.Zone() != "":
		return false
	case a.Is4():
		first := a.As4()[0]
		return first != 0 && first < 240
	}
	return true
}
