package sdp

import (
	"net/netip"
	"slices"
	"strconv"

	"github.com/pion/sdp/v3"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/rtp"
)

// order returns the offered streams we could take: the one in use first, then as they come.
func (n *Negotiator) order(lines []line) []int {
	var order []int
	for i, l := range lines {
		switch {
		case l.stream == nil:
		case n.local != nil && i == n.local.ours:
			order = slices.Insert(order, 0, i)
		default:
			order = append(order, i)
		}
	}
	return order
}

// take makes the answer that takes stream i of an offer.
func (n *Negotiator) take(op string, lines []line, i int) (*description, rtp.Terms, error) {
	s, none := lines[i].stream, rtp.Terms{}
	if err := lines[i].err; err != nil {
		return nil, none, err
	}
	codec, f, ok := preferred(n.cfg.Codecs, s.formats)
	if !ok {
		return nil, none, unsupported(op, "none of our codecs %v is offered", n.cfg.Codecs)
	}
	t, err := n.common(op, s, codec)
	if err != nil {
		return nil, none, err
	}
	t.SendType, t.ReceiveType = f.payloadType, f.payloadType
	t.Mux = s.mux
	t.Direction = meet(n.wanted, s.direction)

	d := &description{
		lines: refused(lines), ours: i, formats: []format{f},
		direction: t.Direction, packetTime: t.PacketTime, mux: s.mux,
	}
	if e, ok := events(s.formats, codec.RTPClock); ok {
		setEvents(&t, e, e)
		d.formats = append(d.formats, e)
	}
	theirs, err := n.choose(op, s)
	if err != nil {
		return nil, none, err
	}
	if theirs.key != nil {
		own, err := n.key(theirs.key.Suite)
		if err != nil {
			return nil, none, internal(op, err)
		}
		t.SendKey, t.ReceiveKey = own, theirs.key
		d.cryptos = []crypto{{tag: theirs.tag, key: own}}
	}
	if err := n.code(op, &t); err != nil {
		return nil, none, err
	}
	if err := n.publish(d); err != nil {
		return nil, none, internal(op, err)
	}
	return d, t, nil
}

// choose returns the first key of an offer that we can use, none for a stream without.
func (n *Negotiator) choose(op string, s *stream) (crypto, error) {
	if n.cfg.SRTP == SRTPOff {
		if s.secure {
			return crypto{}, unsupported(op, "SRTP is offered, which is off")
		}
		return crypto{}, nil
	}
	for _, c := range s.cryptos {
		if !n.own(c.key) {
			return c, nil
		}
	}
	if s.secure || n.cfg.SRTP == SRTPRequired || n.secured() {
		return crypto{}, unsupported(op, "no SRTP key we can use is offered")
	}
	return crypto{}, nil
}

// everything makes an offer of all we take, beside the streams refused before.
func (n *Negotiator) everything(op string, direction rtp.Direction) (*description, error) {
	d := &description{formats: n.formats(), direction: direction, packetTime: n.cfg.PacketTime, mux: true}
	if n.local != nil {
		d.lines, d.ours, d.packetTime = n.local.lines, n.local.ours, n.local.packetTime
	} else {
		// Keys beside the plain profile are an offer that peers without SRTP take as plain.
		protos := []string{"RTP", "AVP"}
		if n.cfg.SRTP == SRTPRequired {
			protos[1] = "SAVP"
		}
		d.lines = []sdp.MediaName{{Media: "audio", Protos: protos}}
	}
	var err error
	if d.cryptos, err = n.cryptos(); err != nil {
		return nil, internal(op, err)
	}
	if err := n.publish(d); err != nil {
		return nil, internal(op, err)
	}
	return d, nil
}

// cryptos returns our keys for an offer, the one in use first.
func (n *Negotiator) cryptos() ([]crypto, error) {
	if n.cfg.SRTP == SRTPOff {
		return nil, nil
	}
	order := suites()
	if n.secured() {
		used := n.terms.SendKey.Suite
		order = slices.Insert(slices.DeleteFunc(order, func(s rtp.Suite) bool { return s == used }), 0, used)
	}
	var cryptos []crypto
	for i, suite := range order {
		key, err := n.key(suite)
		if err != nil {
			return nil, err
		}
		cryptos = append(cryptos, crypto{tag: strconv.Itoa(i + 1), key: key})
	}
	return cryptos, nil
}

// answered returns what an answer to an offer of ours agrees to.
func (n *Negotiator) answered(op string, offer *description, l line) (rtp.Terms, error) {
	none := rtp.Terms{}
	if l.stream == nil {
		return none, invalid(op, "our audio is answered with %.20q", l.name.Media)
	}
	if l.err != nil {
		return none, l.err
	}
	s := l.stream
	codec, theirs, own, ok := foremost(n.cfg.Codecs, s.formats, offer.formats)
	if !ok {
		return none, unsupported(op, "none of the codecs we offered is taken")
	}
	t, err := n.common(op, s, codec)
	if err != nil {
		return none, err
	}
	t.SendType, t.ReceiveType = theirs.payloadType, own.payloadType
	t.Mux = s.mux && offer.mux
	t.Direction = meet(offer.direction, s.direction)
	if send, ok := events(s.formats, codec.RTPClock); ok {
		if receive, ok := find(offer.formats, send); ok {
			setEvents(&t, send, receive)
		}
	}
	if t.SendKey, t.ReceiveKey, err = n.chosen(op, offer, s); err != nil {
		return none, err
	}
	err = n.code(op, &t)
	return t, err
}

// chosen returns the keys of an answer: ours of the tag it names, and its own.
func (n *Negotiator) chosen(op string, offer *description, s *stream) (send, receive *rtp.Key, err error) {
	for _, theirs := range s.cryptos {
		for _, ours := range offer.cryptos {
			if ours.tag == theirs.tag && ours.key.Suite == theirs.key.Suite && !n.own(theirs.key) {
				return ours.key, theirs.key, nil
			}
		}
	}
	if s.secure || n.cfg.SRTP == SRTPRequired || n.secured() {
		return nil, nil, unsupported(op, "it has no SRTP key that fits our offer")
	}
	return nil, nil, nil
}

// own reports whether a peer's key is one of ours sent back. Both directions would share one key
// stream then, which tells what was said.
func (n *Negotiator) own(theirs *rtp.Key) bool {
	for _, ours := range n.keys {
		if string(ours.Key) == string(theirs.Key) {
			return true
		}
	}
	return false
}

// common returns the terms that offer and answer read in the same way.
func (n *Negotiator) common(op string, s *stream, codec media.Codec) (rtp.Terms, error) {
	t := rtp.Terms{Codec: codec, PacketTime: n.packets(s, codec), Remote: s.remote, RemoteRTCP: s.rtcp}
	for _, to := range []netip.AddrPort{s.remote, s.rtcp} {
		if to.IsValid() {
			if err := n.reachable(op, to.Addr()); err != nil {
				return rtp.Terms{}, err
			}
		}
	}
	return t, nil
}

// code gives the terms an encoder and a decoder where the codec is another than before.
func (n *Negotiator) code(op string, t *rtp.Terms) (err error) {
	if n.terms != nil && n.terms.Codec == t.Codec {
		return nil
	}
	if t.Encoder, t.Decoder, err = codecs.New(t.Codec); err != nil {
		return internal(op, err)
	}
	return nil
}

func internal(op string, err error) error {
	return &hotline.Error{Op: op, Code: hotline.CodeInternal, Err: err}
}
