package webrtc

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/rtp"
)

// maxLines is how many media descriptions an offer may have.
const maxLines = 8

// offer is what we use of a browser's session description.
type offer struct {
	lines        []line // all of them, as an answer must have them
	audio        int    // the one we take
	theirs       credentials
	fingerprints []fingerprint
	passive      bool // the browser waits for our ClientHello
	bundled      bool
	candidates   []string
	direction    rtp.Direction // ours
	codec        media.Codec   // with the offer's payload type
	keyType      uint8         // of telephone-event, 0 for none
	keyClock     int
}

// line names one media description.
type line struct{ media, proto, format, mid string }

func badOffer(format string, args ...any) error {
	return hotline.Errorf("read offer", hotline.CodeInvalid, format, args...)
}

func unfit(format string, args ...any) error {
	return hotline.Errorf("read offer", hotline.CodeUnsupported, format, args...)
}

// parseOffer reads an offer and chooses from it, by the order of ours.
func parseOffer(b []byte, ours codecs.Set) (*offer, error) {
	var s sdp.SessionDescription
	if err := s.Unmarshal(b); err != nil {
		return nil, badOffer("%w", err)
	}
	if len(s.MediaDescriptions) == 0 {
		return nil, badOffer("there is no media description")
	}
	if len(s.MediaDescriptions) > maxLines {
		return nil, unfit("%d media descriptions are more than %d", len(s.MediaDescriptions), maxLines)
	}
	o := &offer{audio: -1}
	for i, m := range s.MediaDescriptions {
		mid, _ := m.Attribute("mid")
		if !isToken(mid) && mid != "" || !isToken(m.MediaName.Media) || len(m.MediaName.Formats) == 0 || !isToken(m.MediaName.Formats[0]) {
			return nil, badOffer("media description %d is malformed", i)
		}
		proto := strings.Join(m.MediaName.Protos, "/")
		o.lines = append(o.lines, line{m.MediaName.Media, proto, m.MediaName.Formats[0], mid})
		if o.audio < 0 && m.MediaName.Media == "audio" && strings.HasSuffix(proto, "TLS/RTP/SAVPF") {
			o.audio = i
		}
	}
	if o.audio < 0 {
		return nil, unfit("there is no audio over DTLS and SRTP")
	}
	audio := s.MediaDescriptions[o.audio]
	if group, ok := s.Attribute("group"); ok {
		names := strings.Fields(group)
		o.bundled = len(names) > 1 && names[0] == "BUNDLE" && slices.Contains(names[1:], o.lines[o.audio].mid)
	}
	if err := o.readTransport(&s, audio); err != nil {
		return nil, err
	}
	return o, o.choose(audio, ours)
}

// attribute looks in a media description and then in the session.
func attribute(s *sdp.SessionDescription, m *sdp.MediaDescription, key string) (string, bool) {
	if v, ok := m.Attribute(key); ok {
		return v, true
	}
	return s.Attribute(key)
}

func (o *offer) readTransport(s *sdp.SessionDescription, m *sdp.MediaDescription) error {
	o.theirs.ufrag, _ = attribute(s, m, "ice-ufrag")
	o.theirs.pwd, _ = attribute(s, m, "ice-pwd")
	if err := o.theirs.validate(); err != nil {
		return badOffer("%w", err)
	}
	if _, ok := m.Attribute("rtcp-mux"); !ok {
		return unfit("RTCP is not multiplexed (a=rtcp-mux)")
	}
	setup, _ := attribute(s, m, "setup")
	switch setup {
	case "actpass", "active":
	case "passive":
		o.passive = true
	default:
		return badOffer("a=setup:%s is not actpass, active or passive", setup)
	}
	prints := m.Attributes
	if _, ok := m.Attribute("fingerprint"); !ok {
		prints = s.Attributes
	}
	for _, a := range prints {
		if a.Key != "fingerprint" {
			continue
		}
		f, known, err := parseFingerprint(a.Value)
		if err != nil {
			return badOffer("%w", err)
		}
		if known && len(o.fingerprints) < 8 {
			o.fingerprints = append(o.fingerprints, f)
		}
	}
	if len(o.fingerprints) == 0 {
		return unfit("there is no fingerprint of SHA-256 or better")
	}
	for _, a := range m.Attributes {
		if a.Key == "candidate" {
			o.candidates = append(o.candidates, a.Value)
		}
	}
	return nil
}

// choose picks direction, codec and the type of keys.
func (o *offer) choose(m *sdp.MediaDescription, ours codecs.Set) error {
	o.direction = rtp.SendRecv
	for _, a := range m.Attributes {
		switch a.Key {
		case "sendonly":
			o.direction = rtp.RecvOnly
		case "recvonly":
			o.direction = rtp.SendOnly
		case "inactive":
			return unfit("the audio is inactive")
		}
	}
	offered := payloads(m)
	i := slices.IndexFunc(ours, func(c media.Codec) bool {
		return slices.ContainsFunc(offered, func(p payload) bool { return p.is(c.Name, c.RTPClock) })
	})
	if i < 0 {
		return unfit("none of the codecs is one of %s", ours)
	}
	o.codec = ours[i]
	for _, p := range offered {
		switch {
		case p.is(o.codec.Name, o.codec.RTPClock):
			o.codec.PayloadType = p.number
		case strings.EqualFold(p.name, "telephone-event") && p.number >= codecs.FirstDynamic && (o.keyType == 0 || p.clock == o.codec.RTPClock):
			o.keyType, o.keyClock = p.number, p.clock
		}
	}
	return nil
}

// payload is one payload type of an offer.
type payload struct {
	number uint8
	name   string
	clock  int
}

func (p payload) is(name string, clock int) bool {
	return strings.EqualFold(p.name, name) && p.clock == clock
}

// payloads lists the payload types of a description, last first so that the first of a name is found last and counts.
func payloads(m *sdp.MediaDescription) []payload {
	maps := make(map[string]string)
	for _, a := range m.Attributes {
		if number, text, ok := strings.Cut(a.Value, " "); ok && a.Key == "rtpmap" {
			maps[number] = text
		}
	}
	var list []payload
	for _, format := range slices.Backward(m.MediaName.Formats) {
		number, err := strconv.ParseUint(format, 10, 7)
		if err != nil {
			continue
		}
		name, rest, _ := strings.Cut(maps[format], "/")
		clock, _, _ := strings.Cut(rest, "/")
		hz, err := strconv.Atoi(clock)
		if static, ok := codecs.Default().FindStatic(uint8(number)); ok && maps[format] == "" {
			name, hz, err = static.Name, static.RTPClock, nil
		}
		if err == nil && hz >= 8000 && hz <= 48000 {
			list = append(list, payload{uint8(number), name, hz})
		}
	}
	return list
}

// isToken reports whether s may stand in our own description (RFC 8866 section 9).
func isToken(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"(),/:;<=>?@[\\]", r)
	})
}
