package sdp

import (
	"bytes"
	"strconv"
	"time"

	"github.com/pion/sdp/v3"

	"github.com/hotline-cc/hotline/media/rtp"
)

// description is one of ours.
type description struct {
	lines      []sdp.MediaName // of every m= line; all but one are refused
	ours       int             // which of lines carries sound
	formats    []format
	direction  rtp.Direction
	packetTime time.Duration
	mux        bool
	cryptos    []crypto

	version uint64
	body    []byte
}

// refused returns the lines of a peer's description as an answer refuses them: in the same order
// with port 0. What formats it then names does not matter (RFC 3264 section 6), so one will do.
func refused(lines []line) []sdp.MediaName {
	names := make([]sdp.MediaName, len(lines))
	for i, l := range lines {
		names[i] = sdp.MediaName{Media: l.name.Media, Protos: l.name.Protos, Formats: l.name.Formats[:1]}
	}
	return names
}

// publish gives d its body. The version grows only when the body differs from the one in force, and
// is never one that a refused offer had.
func (n *Negotiator) publish(d *description) error {
	if n.local != nil {
		d.version = n.local.version
		if err := n.marshal(d); err != nil || bytes.Equal(d.body, n.local.body) {
			return err
		}
	}
	n.version++
	d.version = n.version
	return n.marshal(d)
}

func (n *Negotiator) marshal(d *description) error {
	addr := n.cfg.Address.Addr()
	family := "IP6"
	if addr.Is4() {
		family = "IP4"
	}
	full := sdp.SessionDescription{
		Origin: sdp.Origin{
			Username: "-", SessionID: n.id, SessionVersion: d.version,
			NetworkType: "IN", AddressType: family, UnicastAddress: addr.String(),
		},
		SessionName: "-",
		ConnectionInformation: &sdp.ConnectionInformation{
			NetworkType: "IN", AddressType: family, Address: &sdp.Address{Address: addr.String()},
		},
		TimeDescriptions: []sdp.TimeDescription{{}},
	}
	for i, name := range d.lines {
		m := &sdp.MediaDescription{MediaName: name}
		if i == d.ours {
			n.describe(d, m)
		}
		full.MediaDescriptions = append(full.MediaDescriptions, m)
	}
	var err error
	d.body, err = full.Marshal()
	return err
}

// describe fills in the stream that carries sound.
func (n *Negotiator) describe(d *description, m *sdp.MediaDescription) {
	m.MediaName.Port.Value = int(n.cfg.Address.Port())
	m.MediaName.Formats = nil
	for _, f := range d.formats {
		number := strconv.Itoa(int(f.payloadType))
		m.MediaName.Formats = append(m.MediaName.Formats, number)
		m.WithValueAttribute("rtpmap", number+" "+f.String())
		if p := n.fmtp(f); p != "" {
			m.WithValueAttribute("fmtp", number+" "+p)
		}
	}
	m.WithValueAttribute("ptime", strconv.Itoa(int(d.packetTime/time.Millisecond)))
	for _, c := range d.cryptos {
		m.WithValueAttribute("crypto", c.attribute())
	}
	if d.mux {
		m.WithPropertyAttribute(sdp.AttrKeyRTCPMux)
	}
	m.WithPropertyAttribute(d.direction.String())
}
