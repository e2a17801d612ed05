package sdp

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/pion/sdp/v3"

	"github.com/hotline-cc/hotline/media/rtp"
)

// stream is the audio a peer describes.
type stream struct {
	protos  []string
	secure  bool     // the profile wants SRTP
	formats []format // those we could know, in the peer's order
	// remote is where it wants RTP, invalid when it wants none for now; rtcp is valid when it is not
	// the port above.
	remote, rtcp netip.AddrPort
	mux          bool
	direction    rtp.Direction // as the peer sees it
	// ptime is what it wants in a packet and maxptime the most it takes; 0 when it does not say.
	ptime, maxptime time.Duration
	cryptos         []crypto // those we can use
}

// readStream reads the m= line and what follows it, with the session's lines where it has none.
func readStream(op string, d *sdp.SessionDescription, m *sdp.MediaDescription) (*stream, error) {
	secure, _ := profile(m.MediaName.Protos)
	s := &stream{protos: m.MediaName.Protos, secure: secure, formats: readFormats(m)}
	if m.MediaName.Port.Value == 0 {
		return s, unsupported(op, "the stream is refused or ended with port 0")
	}
	where := m.ConnectionInformation
	if where == nil {
		where = d.ConnectionInformation
	}
	if where == nil || where.Address == nil {
		return s, invalid(op, "a stream has no c= line with an address")
	}
	addr, err := readAddress(op, where.AddressType, where.Address.Address)
	if err != nil {
		return s, err
	}
	var ok bool
	if s.direction, ok = readDirection(m.Attributes); !ok {
		s.direction, _ = readDirection(d.Attributes)
	}
	// The unspecified address is hold as RFC 2543 had it (RFC 3264 section 8.4): nothing is sent there.
	if addr.IsUnspecified() {
		s.direction = direction(s.direction.Sends(), false)
	} else {
		s.remote = netip.AddrPortFrom(addr, uint16(m.MediaName.Port.Value))
		if s.rtcp, err = readRTCP(op, m, addr); err != nil {
			return s, err
		}
	}
	_, s.mux = m.Attribute("rtcp-mux")
	s.ptime, s.maxptime = readMillis(m, "ptime"), readMillis(m, "maxptime")
	for _, a := range m.Attributes {
		if a.Key == "crypto" {
			if c, ok := parseCrypto(a.Value); ok {
				s.cryptos = append(s.cryptos, c)
			}
		}
	}
	return s, nil
}

// readAddress reads an IP address. Names are refused: media goes nowhere DNS could move it.
func readAddress(op, family, text string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(text)
	fits := family == "IP4" && addr.Is4() || family == "IP6" && addr.Is6()
	if err != nil || addr.Zone() != "" || !fits {
		return netip.Addr{}, unsupported(op, "%.80q is not an %.10s address", text, family)
	}
	return addr.Unmap(), nil
}

// readRTCP reads a=rtcp:port [IN IP4 address] (RFC 3605 section 2.1).
func readRTCP(op string, m *sdp.MediaDescription, addr netip.Addr) (netip.AddrPort, error) {
	value, ok := m.Attribute("rtcp")
	if !ok {
		return netip.AddrPort{}, nil
	}
	fields := strings.Fields(value)
	if len(fields) != 1 && (len(fields) != 4 || fields[1] != "IN") {
		return netip.AddrPort{}, invalid(op, "a=rtcp has %d parts", len(fields))
	}
	port, err := strconv.ParseUint(fields[0], 10, 16)
	if err != nil {
		return netip.AddrPort{}, invalid(op, "a=rtcp has port %.10q", fields[0])
	}
	if len(fields) == 4 {
		if addr, err = readAddress(op, fields[2], fields[3]); err != nil {
			return netip.AddrPort{}, err
		}
	}
	if port == 0 || addr.IsUnspecified() {
		return netip.AddrPort{}, nil
	}
	return netip.AddrPortFrom(addr, uint16(port)), nil
}

// readDirection returns the first direction among the attributes, sendrecv when there is none.
func readDirection(attributes []sdp.Attribute) (d rtp.Direction, ok bool) {
	for _, a := range attributes {
		for d := rtp.SendRecv; d <= rtp.Inactive; d++ {
			if a.Key == d.String() {
				return d, true
			}
		}
	}
	return rtp.SendRecv, false
}

// readMillis reads a time in ms, 0 when it is not there or makes no sense.
func readMillis(m *sdp.MediaDescription, key string) time.Duration {
	value, _ := m.Attribute(key)
	ms, err := strconv.ParseUint(strings.TrimSpace(value), 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}

func direction(sends, receives bool) rtp.Direction {
	switch {
	case sends && receives:
		return rtp.SendRecv
	case sends:
		return rtp.SendOnly
	case receives:
		return rtp.RecvOnly
	}
	return rtp.Inactive
}

// meet returns the direction, as we see it, that both sides want.
func meet(ours, theirs rtp.Direction) rtp.Direction {
	return direction(ours.Sends() && theirs.Receives(), ours.Receives() && theirs.Sends())
}

// reachable checks that sound may be sent to an address: a host's, of our own address family, and
// on our own machine only when we are to be reached there.
func (n *Negotiator) reachable(op string, to netip.Addr) error {
	own := n.cfg.Address.Addr()
	reserved := to.Is4() && (to.As4()[0] == 0 || to.As4()[0] >= 240) // RFC 1122 section 3.2.1.3, with broadcast
	switch {
	case to.IsMulticast() || reserved:
		return unsupported(op, "%v is not the address of a host", to)
	case to.Is4() != own.Is4():
		return unsupported(op, "%v is of another address family than %v", to, own)
	case to.IsLoopback() && !own.IsLoopback(), to.IsLinkLocalUnicast() && !own.IsLinkLocalUnicast():
		return unsupported(op, "%v is not reached from %v", to, own)
	}
	return nil
}

// packetTime returns the longest time of a packet we can send that is not over d, else the shortest.
func packetTime(d time.Duration) time.Duration {
	const ms = time.Millisecond
	for _, t := range []time.Duration{60 * ms, 40 * ms, 30 * ms, 20 * ms} {
		if d >= t {
			return t
		}
	}
	return 10 * ms
}
