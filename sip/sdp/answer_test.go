package sdp

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/rtp"
)

func TestAnswersRealDevices(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		offer []byte
		want  []string
		terms rtp.Terms
	}{
		"Linphone with Opus, video and feedback": {
			body("v=0", "o=alice 3457 1932 IN IP4 192.168.1.20", "s=Talk", "c=IN IP4 192.168.1.20", "b=AS:1500", "t=0 0",
				"a=ice-pwd:8ffc2f9f8e7a4ea2b1b2d6c7", "a=ice-ufrag:ca9f3b1d",
				"a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics", "a=record:off",
				"m=audio 7078 RTP/AVP 96 97 98 0 8 18 101 99 100", "a=rtpmap:96 opus/48000/2", "a=fmtp:96 useinbandfec=1",
				"a=rtpmap:97 speex/16000", "a=fmtp:97 vbr=on", "a=rtpmap:98 speex/8000", "a=fmtp:98 vbr=on",
				"a=fmtp:18 annexb=yes", "a=rtpmap:101 telephone-event/48000", "a=rtpmap:99 telephone-event/16000",
				"a=rtpmap:100 telephone-event/8000", "a=rtcp-fb:* trr-int 5000",
				"m=video 9078 RTP/AVP 96 97", "a=rtpmap:96 VP8/90000", "a=rtpmap:97 H264/90000", "a=fmtp:97 profile-level-id=42801F"),
			[]string{"m=audio 30000 RTP/AVP 96 101", "a=rtpmap:96 opus/48000/2", "a=fmtp:96 maxplaybackrate=16000;useinbandfec=1",
				"a=rtpmap:101 telephone-event/48000", "a=fmtp:101 0-16", "a=ptime:20", "a=sendrecv", "m=video 0 RTP/AVP 96"},
			rtp.Terms{Codec: known(t, "opus"), SendType: 96, ReceiveType: 96, KeySendType: 101, KeyReceiveType: 101, KeyClock: 48000,
				PacketTime: 20 * ms, Remote: netip.MustParseAddrPort("192.168.1.20:7078")},
		},
		"baresip with rtcp-mux and its own RTCP port": {
			body("v=0", "o=- 3832 1 IN IP4 10.0.0.2", "s=-", "c=IN IP4 10.0.0.2", "t=0 0", "a=tool:baresip 1.0.0",
				"m=audio 23032 RTP/AVP 111 9 0 8 101", "b=AS:125", "a=rtpmap:111 OPUS/48000/2", "a=fmtp:111 stereo=1;sprop-stereo=1",
				"a=rtpmap:9 G722/8000", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000",
				"a=fmtp:101 0-15", "a=rtcp:23040", "a=sendrecv", "a=label:1", "a=rtcp-rsize", "a=rtcp-mux", "a=ssrc:1234 cname:sip:a@b",
				"a=ptime:20"),
			[]string{"m=audio 30000 RTP/AVP 111 101", "a=rtpmap:111 OPUS/48000/2", "a=fmtp:111 maxplaybackrate=16000;useinbandfec=1",
				"a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16", "a=ptime:20", "a=rtcp-mux", "a=sendrecv"},
			rtp.Terms{Codec: known(t, "opus"), SendType: 111, ReceiveType: 111, KeySendType: 101, KeyReceiveType: 101, KeyClock: 8000,
				PacketTime: 20 * ms, Remote: netip.MustParseAddrPort("10.0.0.2:23032"),
				RemoteRTCP: netip.MustParseAddrPort("10.0.0.2:23040"), Mux: true},
		},
		"Asterisk with maxptime": {
			body("v=0", "o=- 1650282516 1650282516 IN IP4 203.0.113.5", "s=Asterisk", "c=IN IP4 203.0.113.5", "t=0 0",
				"m=audio 12026 RTP/AVP 0 8 9 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:9 G722/8000",
				"a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16", "a=ptime:20", "a=maxptime:150", "a=sendrecv"),
			[]string{"m=audio 30000 RTP/AVP 9 101", "a=rtpmap:9 G722/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16",
				"a=ptime:20", "a=sendrecv"},
			rtp.Terms{Codec: known(t, "G722"), SendType: 9, ReceiveType: 9, KeySendType: 101, KeyReceiveType: 101, KeyClock: 8000,
				PacketTime: 20 * ms, Remote: netip.MustParseAddrPort("203.0.113.5:12026")},
		},
		"FreeSWITCH with comfort noise": {
			body("v=0", "o=FreeSWITCH 1699949042 1699949043 IN IP4 203.0.113.9", "s=FreeSWITCH", "c=IN IP4 203.0.113.9", "t=0 0",
				"m=audio 18634 RTP/AVP 8 101 13", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15",
				"a=rtpmap:13 CN/8000", "a=ptime:20", "a=rtcp:18635 IN IP4 203.0.113.9"),
			[]string{"m=audio 30000 RTP/AVP 8 101", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16",
				"a=ptime:20", "a=sendrecv"},
			rtp.Terms{Codec: known(t, "PCMA"), SendType: 8, ReceiveType: 8, KeySendType: 101, KeyReceiveType: 101, KeyClock: 8000,
				PacketTime: 20 * ms, Remote: netip.MustParseAddrPort("203.0.113.9:18634"),
				RemoteRTCP: netip.MustParseAddrPort("203.0.113.9:18635")},
		},
		"trunk with A-law alone, no rtpmap, 30 ms, its media elsewhere": {
			body("v=0", "o=SBC 12 34 IN IP4 198.51.100.1", "s=sip call", "t=0 0", "m=audio 5004 RTP/AVP 8 96", "c=IN IP4 198.51.100.77",
				"a=rtpmap:96 TELEPHONE-EVENT/8000", "a=ptime:30"),
			[]string{"m=audio 30000 RTP/AVP 8 96", "a=rtpmap:8 PCMA/8000", "a=rtpmap:96 TELEPHONE-EVENT/8000", "a=fmtp:96 0-16",
				"a=ptime:30", "a=sendrecv"},
			rtp.Terms{Codec: known(t, "PCMA"), SendType: 8, ReceiveType: 8, KeySendType: 96, KeyReceiveType: 96, KeyClock: 8000,
				PacketTime: 30 * ms, Remote: netip.MustParseAddrPort("198.51.100.77:5004")},
		},
		"SIPp": {
			body("v=0", "o=user1 53655765 2353687637 IN IP4 127.0.1.1", "s=-", "c=IN IP4 198.51.100.3", "t=0 0",
				"m=audio 6000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000"),
			[]string{"m=audio 30000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv"},
			rtp.Terms{Codec: known(t, "PCMU"), PacketTime: 20 * ms, Remote: netip.MustParseAddrPort("198.51.100.3:6000")},
		},
		"fax beside sound, lines out of order, bare line feeds, no s= and t=": {
			[]byte("v=0\no=- 1 1 IN IP4 198.51.100.3\na=inactive\nb=X-own:64\nc=IN IP4 198.51.100.3\nm=image 4200 udptl t38\n" +
				"a=T38FaxVersion:0\nm=audio 4000/2 RTP/AVP 8\na=sendonly \n"),
			[]string{"m=image 0 udptl t38", "m=audio 30000 RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=ptime:20", "a=recvonly"},
			rtp.Terms{Codec: known(t, "PCMA"), SendType: 8, ReceiveType: 8, PacketTime: 20 * ms, Direction: rtp.RecvOnly,
				Remote: netip.MustParseAddrPort("198.51.100.3:4000")},
		},
		"the second audio, after one over DTLS and one that has ended": {
			offered("m=audio 4000 UDP/TLS/RTP/SAVPF 111", "a=rtpmap:111 opus/48000/2", "a=setup:actpass", "m=audio 0 RTP/AVP 8",
				"m=audio 4004 RTP/AVPF 8", "m=audio 4006 RTP/AVP 8", "m=application 4008 TCP/MRCPv2 1"),
			[]string{"m=audio 0 UDP/TLS/RTP/SAVPF 111", "m=audio 0 RTP/AVP 8", "m=audio 30000 RTP/AVPF 8", "a=rtpmap:8 PCMA/8000",
				"a=ptime:20", "a=sendrecv", "m=audio 0 RTP/AVP 8", "m=application 0 TCP/MRCPv2 1"},
			rtp.Terms{Codec: known(t, "PCMA"), SendType: 8, ReceiveType: 8, PacketTime: 20 * ms,
				Remote: netip.MustParseAddrPort("198.51.100.7:4004")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, terms := answer(t, newNegotiator(t, Config{}), c.offer)
			if diff := cmp.Diff(c.want, streams(got)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			valid(t, terms, true)
			equalTerms(t, terms, c.terms)
		})
	}
}

func TestAnswersOverIPv6(t *testing.T) {
	n := newNegotiator(t, Config{Address: netip.MustParseAddrPort("[2001:db8::1]:30000")})
	got, terms := answer(t, n, body("v=0", "o=- 1 1 IN IP6 2001:db8::2", "s=-", "c=IN IP6 2001:db8::2", "t=0 0",
		"m=audio 4000 RTP/AVP 8", "a=rtcp:4010 IN IP6 2001:db8::3"))
	if c := lineOf(got, "c="); c != "c=IN IP6 2001:db8::1" {
		t.Errorf("answer has %q", c)
	}
	if want := netip.MustParseAddrPort("[2001:db8::2]:4000"); terms.Remote != want {
		t.Errorf("Remote %v, want %v", terms.Remote, want)
	}
	if want := netip.MustParseAddrPort("[2001:db8::3]:4010"); terms.RemoteRTCP != want {
		t.Errorf("RemoteRTCP %v, want %v", terms.RemoteRTCP, want)
	}
}

func TestOurOrderOfCodecsDecides(t *testing.T) {
	narrow, err := codecs.Default().Only("PCMU", "opus")
	if err != nil {
		t.Fatal(err)
	}
	offer := offered("m=audio 4000 RTP/AVP 96 8 0", "a=rtpmap:96 opus/48000/2")
	for want, set := range map[string]codecs.Set{"PCMU": narrow, "opus": nil} {
		if _, terms := answer(t, newNegotiator(t, Config{Codecs: set}), offer); terms.Codec.Name != want {
			t.Errorf("codec %v, want %s", terms.Codec, want)
		}
	}
}

func TestFormatsAreWhatTheirMapSays(t *testing.T) {
	for name, c := range map[string]struct {
		media []string
		want  string // codec, "" for none
	}{
		"in any case":                  {[]string{"m=audio 4000 RTP/AVP 100", "a=rtpmap:100 pcma/8000/1"}, "PCMA"},
		"a fixed number given away":    {[]string{"m=audio 4000 RTP/AVP 8", "a=rtpmap:8 PCMU/8000"}, "PCMU"},
		"Opus of one channel":          {[]string{"m=audio 4000 RTP/AVP 96", "a=rtpmap:96 opus/48000/1"}, ""},
		"Opus at another clock":        {[]string{"m=audio 4000 RTP/AVP 96", "a=rtpmap:96 opus/16000/2"}, ""},
		"A-law at another clock":       {[]string{"m=audio 4000 RTP/AVP 96", "a=rtpmap:96 PCMA/16000"}, ""},
		"a dynamic number without map": {[]string{"m=audio 4000 RTP/AVP 96"}, ""},
		"a map of no listed number":    {[]string{"m=audio 4000 RTP/AVP 18", "a=rtpmap:8 PCMA/8000"}, ""},
		"a broken map":                 {[]string{"m=audio 4000 RTP/AVP 96", "a=rtpmap:96 PCMA"}, ""},
		"a number of RTCP":             {[]string{"m=audio 4000 RTP/AVP 72", "a=rtpmap:72 PCMA/8000"}, ""},
		"no number":                    {[]string{"m=audio 4000 RTP/AVP 128 -1 x"}, ""},
		"keys alone":                   {[]string{"m=audio 4000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"}, ""},
	} {
		_, terms, err := newNegotiator(t, Config{}).Answer(offered(c.media...))
		if terms.Codec.Name != c.want {
			t.Errorf("%s: codec %q, want %q", name, terms.Codec.Name, c.want)
		}
		if c.want == "" {
			wantCode(t, err, hotline.CodeUnsupported)
		}
	}
}

func TestPacketTimeIsWhatThePeerWants(t *testing.T) {
	for _, c := range []struct {
		codec string
		lines []string
		want  time.Duration
	}{
		{"8", nil, 40},
		{"8", []string{"a=ptime:10"}, 10},
		{"8", []string{"a=ptime:1"}, 10},
		{"8", []string{"a=ptime:50"}, 40},
		{"8", []string{"a=ptime:200"}, 60},
		{"8", []string{"a=maxptime:30"}, 30},
		{"8", []string{"a=ptime:60", "a=maxptime:20"}, 20},
		{"8", []string{"a=ptime:many", "a=maxptime:0"}, 40},
		{"96", []string{"a=rtpmap:96 opus/48000/2", "a=ptime:30"}, 20},
	} {
		n := newNegotiator(t, Config{PacketTime: 40 * time.Millisecond})
		_, terms := answer(t, n, offered(append([]string{"m=audio 4000 RTP/AVP " + c.codec}, c.lines...)...))
		if want := c.want * time.Millisecond; terms.PacketTime != want {
			t.Errorf("%v: %v, want %v", c.lines, terms.PacketTime, want)
		}
	}
}
