package webrtc

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	"github.com/hotline-cc/hotline/media/codecs"
)

// stream names what we send.
type stream struct {
	ssrc  uint32
	cname string
}

func newStream() stream {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return stream{max(1, binary.BigEndian.Uint32(b[:])), rand.Text()}
}

// answer writes our side of what was offered. Header extensions, retransmission and feedback are not taken up: for speech in
// packets of 20 ms what is sent again comes a round trip late, and Opus mends single losses by itself.
func (o *offer) answer(ours credentials, fingerprint string, s stream, candidates []string) string {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails since Go 1.24
	put("v=0")
	put("o=- %d 1 IN IP4 0.0.0.0", binary.BigEndian.Uint64(id[:])>>2)
	put("s=-")
	put("t=0 0")
	if o.bundled {
		put("a=group:BUNDLE %s", o.lines[o.audio].mid)
	}
	put("a=ice-options:trickle")
	for i, l := range o.lines {
		if i != o.audio {
			put("m=%s 0 %s %s", l.media, l.proto, l.format)
			put("c=IN IP4 0.0.0.0")
			if l.mid != "" {
				put("a=mid:%s", l.mid)
			}
			put("a=inactive")
			continue
		}
		o.answerAudio(put, l, ours, fingerprint, s)
		for _, c := range candidates {
			put("a=%s", c)
		}
		put("a=end-of-candidates")
	}
	return b.String()
}

func (o *offer) answerAudio(put func(string, ...any), l line, ours credentials, fingerprint string, s stream) {
	formats := fmt.Sprint(o.codec.PayloadType)
	if o.keyType != 0 {
		formats += fmt.Sprintf(" %d", o.keyType)
	}
	put("m=audio 9 %s %s", l.proto, formats)
	put("c=IN IP4 0.0.0.0")
	if l.mid != "" {
		put("a=mid:%s", l.mid)
	}
	put("a=%s", o.direction)
	put("a=rtcp-mux")
	put("a=ice-ufrag:%s", ours.ufrag)
	put("a=ice-pwd:%s", ours.pwd)
	put("a=fingerprint:%s", fingerprint)
	if o.passive {
		put("a=setup:active")
	} else {
		put("a=setup:passive") // as RFC 9725 section 4.4 wants of a server
	}
	channels := ""
	if o.codec.Channels > 1 {
		channels = fmt.Sprintf("/%d", o.codec.Channels)
	}
	put("a=rtpmap:%d %s/%d%s", o.codec.PayloadType, o.codec.Name, o.codec.RTPClock, channels)
	if strings.EqualFold(o.codec.Name, codecs.NameOpus) {
		put("a=fmtp:%d minptime=10;useinbandfec=1;maxplaybackrate=%[2]d;sprop-maxcapturerate=%[2]d", o.codec.PayloadType, o.codec.PCMRate)
	}
	if o.keyType != 0 {
		put("a=rtpmap:%d telephone-event/%d", o.keyType, o.keyClock)
		put("a=fmtp:%d 0-15", o.keyType)
	}
	put("a=ptime:20")
	if o.direction.Sends() {
		put("a=msid:hotline voice")
		put("a=ssrc:%d cname:%s", s.ssrc, s.cname)
	}
}

// candidates returns our own as SDP has them (RFC 8839 section 5.1): what browsers are told of each port, the first
// configured first.
func (ls *listeners) candidates() []string {
	const hostType, localMost = 126, 65535
	var list []string
	put := func(a netip.AddrPort, transport, more string, typePreference int) {
		n := len(list)
		priority := typePreference<<24 | (localMost-n)<<8 | (256 - 1)
		list = append(list, fmt.Sprintf("candidate:%d 1 %s %d %s %d typ host%s", n+1, transport, priority, a.Addr(), a.Port(), more))
	}
	for _, a := range ls.told {
		put(a, "udp", "", hostType)
	}
	for _, a := range ls.tls {
		put(a, "tcp", " tcptype passive", hostType-27)
	}
	return list
}
