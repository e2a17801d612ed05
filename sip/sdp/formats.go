package sdp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pion/sdp/v3"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/rtp"
)

// eventName is the encoding name of telephone keys (RFC 4733 section 7.1.1).
const eventName = "telephone-event"

// maxName is the most bytes of an encoding name we remember.
const maxName = 64

// format is a payload type with its meaning.
type format struct {
	payloadType uint8
	name        string
	clock       int // Hz
	channels    int
}

func formatOf(c media.Codec, payloadType uint8) format {
	return format{payloadType: payloadType, name: c.Name, clock: c.RTPClock, channels: c.Channels}
}

// means reports whether two formats differ in their payload type at most. Names are compared
// without case (RFC 4855 section 3).
func (f format) means(other format) bool {
	return strings.EqualFold(f.name, other.name) && f.clock == other.clock && f.channels == other.channels
}

// String is what a=rtpmap says of the format (RFC 8866 section 6.6).
func (f format) String() string {
	if f.channels > 1 {
		return fmt.Sprintf("%s/%d/%d", f.name, f.clock, f.channels)
	}
	return fmt.Sprintf("%s/%d", f.name, f.clock)
}

// find returns the format that means the same.
func find(formats []format, as format) (format, bool) {
	i := slices.IndexFunc(formats, as.means)
	if i < 0 {
		return format{}, false
	}
	return formats[i], true
}

// readFormats returns the formats of an m= line whose meaning is told or fixed.
func readFormats(m *sdp.MediaDescription) []format {
	var told [128]string
	for _, a := range m.Attributes {
		if a.Key != "rtpmap" {
			continue
		}
		number, encoding, _ := strings.Cut(strings.TrimSpace(a.Value), " ")
		if pt, err := strconv.ParseUint(number, 10, 7); err == nil && told[pt] == "" {
			told[pt] = strings.TrimSpace(encoding)
		}
	}
	var formats []format
	for _, number := range m.MediaName.Formats {
		pt, err := strconv.ParseUint(number, 10, 7)
		if err != nil || pt >= 64 && pt <= 95 {
			continue // those are mistaken for RTCP (RFC 5761 section 4)
		}
		if f, ok := parseEncoding(uint8(pt), told[pt]); ok {
			formats = append(formats, f)
		}
	}
	return formats
}

// parseEncoding reads name/clock[/channels]. Without it the payload type may have a fixed meaning.
func parseEncoding(payloadType uint8, encoding string) (format, bool) {
	if encoding == "" {
		c, ok := codecs.Default().FindStatic(payloadType)
		return formatOf(c, payloadType), ok
	}
	parts := strings.Split(encoding, "/")
	if len(parts) < 2 || len(parts) > 3 || len(parts[0]) > maxName {
		return format{}, false
	}
	clock, err := strconv.ParseUint(parts[1], 10, 31)
	if err != nil {
		return format{}, false
	}
	f := format{payloadType: payloadType, name: parts[0], clock: int(clock), channels: 1}
	if len(parts) == 3 {
		channels, err := strconv.ParseUint(parts[2], 10, 8)
		if err != nil {
			return format{}, false
		}
		f.channels = int(channels)
	}
	return f, true
}

// preferred returns the codec of ours that we like best among formats.
func preferred(ours codecs.Set, formats []format) (media.Codec, format, bool) {
	for _, c := range ours {
		if f, ok := find(formats, formatOf(c, 0)); ok {
			return c, f, true
		}
	}
	return media.Codec{}, format{}, false
}

// foremost returns the codec of ours that comes first in an answer, because that is what the peer
// will send, with its format there and in our offer.
func foremost(ours codecs.Set, answered, offered []format) (c media.Codec, theirs, own format, ok bool) {
	for _, theirs := range answered {
		own, ok := find(offered, theirs)
		c, known := ours.Find(theirs.name, theirs.clock)
		if ok && known {
			return c, theirs, own, true
		}
	}
	return media.Codec{}, format{}, format{}, false
}

// events returns the telephone-event that goes with a codec's clock. Peers exist that offer it at
// 8000 Hz alone, beside Opus at 48000.
func events(formats []format, clock int) (format, bool) {
	var found format
	for _, f := range formats {
		known := strings.EqualFold(f.name, eventName) && f.channels == 1 && f.payloadType >= codecs.FirstDynamic
		switch {
		case known && f.clock == clock:
			return f, true
		case known && f.clock == 8000 && found.clock == 0:
			found = f
		}
	}
	return found, found.clock != 0
}

// fmtp returns the parameters we tell of a format, "" when there are none.
func (n *Negotiator) fmtp(f format) string {
	switch strings.ToLower(f.name) {
	case codecs.NameOpus:
		// What the decoder makes use of (RFC 7587 section 6.1).
		c, _ := n.cfg.Codecs.Find(f.name, f.clock)
		return fmt.Sprintf("maxplaybackrate=%d;useinbandfec=1", c.PCMRate)
	case eventName:
		return "0-16" // the keys and the flash
	}
	return ""
}

// packets returns how much sound goes into a packet to a peer.
func (n *Negotiator) packets(s *stream, c media.Codec) time.Duration {
	t := n.cfg.PacketTime
	if s.ptime > 0 {
		t = packetTime(s.ptime)
	}
	if s.maxptime > 0 {
		t = min(t, packetTime(s.maxptime))
	}
	if t == 30*time.Millisecond && c.Name == codecs.NameOpus {
		t = media.Tick // it has no frame of 30 ms
	}
	return t
}

// learn keeps what a peer's dynamic payload types mean, so that our offers do not use them
// otherwise.
func (n *Negotiator) learn(s *stream) {
	for _, f := range s.formats {
		if f.payloadType >= codecs.FirstDynamic {
			n.types[f.payloadType] = f
		}
	}
}

// payloadType returns the number of a format in our offers: its fixed one, the one it has had in
// this session, the one wished for, or one that is free; taken are those of the offer so far.
func (n *Negotiator) payloadType(f format, wish uint8, taken []format) (payloadType uint8, ok bool) {
	if wish < codecs.FirstDynamic {
		return wish, true
	}
	numbers := []uint8{wish}
	for pt := uint8(codecs.FirstDynamic); pt <= 127; pt++ {
		numbers = append(numbers, pt)
	}
	numbers = slices.DeleteFunc(numbers, func(pt uint8) bool {
		return slices.ContainsFunc(taken, func(t format) bool { return t.payloadType == pt })
	})
	i := slices.IndexFunc(numbers, func(pt uint8) bool { return n.types[pt].means(f) })
	if i < 0 {
		i = slices.IndexFunc(numbers, func(pt uint8) bool { return n.types[pt] == format{} })
	}
	if i < 0 {
		return 0, false
	}
	return numbers[i], true
}

// formats lists everything of an offer: the codec in use first, so that nothing changes without
// need, then in order of preference, then the telephone keys at each clock. What has no payload type
// left stays out.
func (n *Negotiator) formats() []format {
	set := slices.Clone(n.cfg.Codecs)
	if n.terms != nil {
		i := slices.Index(set, n.terms.Codec)
		set = slices.Insert(slices.Delete(set, i, i+1), 0, n.terms.Codec)
	}
	var formats []format
	var clocks []int
	add := func(f format, wish uint8) {
		var ok bool
		if f.payloadType, ok = n.payloadType(f, wish, formats); ok {
			formats = append(formats, f)
		}
	}
	for _, c := range set {
		add(formatOf(c, 0), c.PayloadType)
		if !slices.Contains(clocks, c.RTPClock) {
			clocks = append(clocks, c.RTPClock)
		}
	}
	slices.Sort(clocks)
	for _, clock := range clocks {
		// 101 is what most devices use, and some want.
		add(format{name: eventName, clock: clock, channels: 1}, 101)
	}
	return formats
}

// setEvents fills in the payload types of telephone keys.
func setEvents(t *rtp.Terms, send, receive format) {
	t.KeySendType, t.KeyReceiveType, t.KeyClock = send.payloadType, receive.payloadType, send.clock
}
