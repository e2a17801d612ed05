package sdp

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/rtp"
)

func TestMediaGoesToHostsOnly(t *testing.T) {
	const v4, v6, loopback = ourAddress, "[2001:db8::1]:30000", "127.0.0.1:30000"
	const linkLocal, linkLocal6 = "169.254.1.1:30000", "[fe80::9]:30000"
	for _, c := range []struct {
		ours, to string
		ok       bool
	}{
		{v4, "IP4 198.51.100.7", true},
		{v4, "IP4 10.0.0.1", true},
		{v4, "IP6 ::ffff:198.51.100.7", true},
		{v6, "IP6 2001:db8::2", true},
		{loopback, "IP4 127.0.0.1", true},
		{linkLocal, "IP4 169.254.2.2", true},
		{linkLocal6, "IP6 fe80::1", true},
		{linkLocal6, "IP6 fe80::1%eth0", false},
		{v4, "IP4 127.0.0.1", false},
		{v4, "IP6 ::ffff:127.0.0.1", false},
		{v4, "IP6 ::ffff:224.0.0.1", false},
		{v4, "IP4 169.254.169.254", false},
		{v4, "IP4 224.0.0.1", false},
		{v4, "IP4 224.2.36.42/127", false},
		{v4, "IP4 255.255.255.255", false},
		{v4, "IP4 240.0.0.1", false},
		{v4, "IP4 0.0.0.1", false},
		{v4, "IP6 2001:db8::2", false},
		{v4, "IP6 198.51.100.7", false},
		{v4, "IP4 2001:db8::2", false},
		{v4, "IP4 010.0.0.1", false},
		{v4, "IP4 localhost", false},
		{v4, "IP4 media.example.com", false},
		{v6, "IP6 ff02::1", false},
		{v6, "IP6 ::1", false},
		{v6, "IP6 fe80::1", false},
		{v6, "IP6 fe80::1%eth0", false},
		{v6, "IP6 ::ffff:198.51.100.7", false},
		{v6, "IP4 198.51.100.7", false},
	} {
		for _, offer := range [][]byte{
			body("v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN "+c.to, "t=0 0", "m=audio 4000 RTP/AVP 8"),
			body("v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 host.invalid", "t=0 0", "m=audio 4000 RTP/AVP 8", "c=IN "+c.to),
			body("v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN "+at(c.ours), "t=0 0", "m=audio 4000 RTP/AVP 8", "a=rtcp:4001 IN "+c.to),
		} {
			_, terms, err := newNegotiator(t, Config{Address: netip.MustParseAddrPort(c.ours)}).Answer(offer)
			if c.ok != (err == nil) {
				t.Errorf("from %s to %s: error %v and %v, %v", c.ours, c.to, err, terms.Remote, terms.RemoteRTCP)
			}
			if !c.ok {
				wantCode(t, err, hotline.CodeUnsupported)
			}
		}
	}
}

// at is what stands in a c= line for an address.
func at(address string) string {
	if a := netip.MustParseAddrPort(address).Addr(); a.Is6() {
		return "IP6 " + a.String()
	}
	return "IP4 " + netip.MustParseAddrPort(address).Addr().String()
}

func TestNonsenseIsInvalid(t *testing.T) {
	head := "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n"
	for name, description := range map[string]string{
		"nothing":                "",
		"no description":         "hello\r\n",
		"binary":                 "\x00\x01\x02\x03",
		"no version":             strings.TrimPrefix(head, "v=0\r\n") + "m=audio 4000 RTP/AVP 8\r\n",
		"another version":        strings.Replace(head, "v=0", "v=1", 1) + "m=audio 4000 RTP/AVP 8\r\n",
		"no origin":              "v=0\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n",
		"a broken origin":        "v=0\r\no=- one 1 IN IP4 192.0.2.9\r\nm=audio 4000 RTP/AVP 8\r\n",
		"two descriptions":       head + head + "m=audio 4000 RTP/AVP 8\r\n",
		"no address":             "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n",
		"an empty address":       head + "m=audio 4000 RTP/AVP 8\r\nc=IN IP4\r\n",
		"an unknown network":     head + "m=audio 4000 RTP/AVP 8\r\nc=ATM NSAP 47.0091\r\n",
		"no formats":             head + "m=audio 4000 RTP/AVP\r\n",
		"a port of words":        head + "m=audio port RTP/AVP 8\r\n",
		"a port over all":        head + "m=audio 65536 RTP/AVP 8\r\n",
		"a port below all":       head + "m=audio -1 RTP/AVP 8\r\n",
		"a hidden line":          head + "m=audio 4000 RTP/AVP 8\ra=sendrecv\r\n",
		"a NUL":                  head + "m=audio 4000 RTP/AVP 8\r\na=x:\x00\r\n",
		"an RTCP port of words":  head + "m=audio 4000 RTP/AVP 8\r\na=rtcp:x\r\n",
		"an RTCP port over all":  head + "m=audio 4000 RTP/AVP 8\r\na=rtcp:65536\r\n",
		"half an RTCP address":   head + "m=audio 4000 RTP/AVP 8\r\na=rtcp:4001 IN IP4\r\n",
		"line without separator": head + "m=audio 4000 RTP/AVP 8\r\nasendrecv\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := newNegotiator(t, Config{}).Answer([]byte(description))
			wantCode(t, err, hotline.CodeInvalid)
			if err != nil && len(err.Error()) > 250 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		})
	}
}

func TestNothingToTakeIsUnsupported(t *testing.T) {
	for name, media := range map[string][]string{
		"no streams": nil,
		"video":      {"m=video 4000 RTP/AVP 31"},
		"fax":        {"m=image 4000 udptl t38"},
		"small type": {"m=AUDIO 4000 RTP/AVP 8"},
		"port 0":     {"m=audio 0 RTP/AVP 8"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := newNegotiator(t, Config{}).Answer(offered(media...))
			wantCode(t, err, hotline.CodeUnsupported)
		})
	}
}

// numbered returns n lines of a pattern.
func numbered(pattern string, n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf(pattern, i)
	}
	return lines
}

func TestLimits(t *testing.T) {
	audio := "m=audio 4000 RTP/AVP 8"
	crypto := "a=crypto:1 " + suite80 + " inline:" + secret30 + " -x="
	for name, c := range map[string]struct {
		within, over []byte
	}{
		"streams": {offered(append(numbered("m=video %d RTP/AVP 31", maxLines-1), audio)...),
			offered(append(numbered("m=video %d RTP/AVP 31", maxLines), audio)...)},
		"formats": {offered(audio + strings.Repeat(" 18", maxFormats-1)), offered(audio + strings.Repeat(" 18", maxFormats))},
		"formats of a foreign stream": {offered(audio, "m=video 1 RTP/AVP"+strings.Repeat(" 31", maxFormats)),
			offered(audio, "m=video 1 RTP/AVP"+strings.Repeat(" 31", maxFormats+1))},
		"attributes": {offered(append([]string{audio}, numbered("a=candidate:%d", maxAttributes)...)...),
			offered(append([]string{audio}, numbered("a=candidate:%d", maxAttributes+1)...)...)},
		"attributes of the session": {offered(append(numbered("a=x:%d", maxAttributes), audio)...),
			offered(append(numbered("a=x:%d", maxAttributes+1), audio)...)},
		"crypto": {offered(audio, crypto+strings.Repeat("y", maxCrypto-len(crypto))),
			offered(audio, crypto+strings.Repeat("y", maxCrypto-len(crypto)+1))},
		"bytes": {padded(t, maxBody), padded(t, maxBody+1)},
	} {
		t.Run(name, func(t *testing.T) {
			answer(t, newNegotiator(t, Config{SRTP: SRTPOptional}), c.within)
			_, _, err := newNegotiator(t, Config{}).Answer(c.over)
			wantCode(t, err, hotline.CodeTooLarge)
		})
	}
}

// padded is an offer of n bytes.
func padded(t *testing.T, n int) []byte {
	t.Helper()
	bare := len(offered("m=audio 4000 RTP/AVP 8", "a=fmtp:8 "))
	return offered("m=audio 4000 RTP/AVP 8", "a=fmtp:8 "+strings.Repeat("x", n-bare))
}

// worst is an offer that takes the most work within the limits.
func worst() []byte {
	var media []string
	for range maxLines {
		media = append(media, "m=audio 4000 RTP/SAVP 96"+strings.Repeat(" 97", maxFormats-1), "a=rtpmap:96 opus/48000/2")
		media = append(media, numbered("a=crypto:%d AES_CM_128_HMAC_SHA1_80 inline:x", 16)...)
	}
	return offered(media...)
}

func BenchmarkAnswer(b *testing.B) {
	for name, offer := range map[string][]byte{
		"trunk": offered("m=audio 4000 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/8000"),
		"opus":  offered("m=audio 4000 RTP/AVP 96", "a=rtpmap:96 opus/48000/2"),
		"worst": worst(),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _, _ = newNegotiator(b, Config{SRTP: SRTPOptional}).Answer(offer)
			}
		})
	}
}

// FuzzAnswer lets anything be an offer. What is answered is a description with as many streams as
// the offer, one of them taken, that a peer reads again; a second time the answer is the same.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(nil), byte(0))
	f.Add(offered("m=audio 4000 RTP/AVP 96 0 101", "a=rtpmap:96 opus/48000/2", "a=rtpmap:101 telephone-event/48000", "a=ptime:30"), byte(0))
	f.Add(offered("m=image 1 udptl t38", "m=audio 4000 RTP/SAVP 8", "c=IN IP4 0.0.0.0", "a=crypto:1 "+suite80+" inline:"+secret30), byte(1))
	f.Add(offered("m=audio 4000/2 RTP/AVPF 9", "a=rtcp:5 IN IP4 198.51.100.8", "a=rtcp-mux", "a=sendonly",
		"a=crypto:1 "+suiteGCM+" inline:"+secret28[:38]+"|2^20"), byte(2))
	f.Add(worst(), byte(1))
	f.Fuzz(func(t *testing.T, offer []byte, policy byte) {
		n := newNegotiator(t, Config{SRTP: SRTP(policy % 3), Rand: seeded(1)})
		got, terms, err := n.Answer(offer)
		if err != nil {
			if code := hotline.CodeOf(err); code == hotline.CodeInternal || len(err.Error()) > 500 {
				t.Fatalf("code %s, %v", code, err)
			}
			return
		}
		valid(t, terms, true)
		theirs, err := read("read", offer)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := read("read", got)
		if err != nil {
			t.Fatalf("our answer: %v\n%s", err, got)
		}
		taken := 0
		for _, l := range ours {
			if l.stream != nil && l.err == nil {
				taken++
			}
		}
		if len(ours) != len(theirs) || taken != 1 {
			t.Fatalf("%d streams offered, %d answered, %d taken:\n%s", len(theirs), len(ours), taken, got)
		}
		again, terms2, err := n.Answer(offer)
		if err != nil || string(again) != string(got) {
			t.Fatalf("the second answer (%v)\n%s\nto the same offer is not\n%s", err, again, got)
		}
		valid(t, terms2, false)
		equalTerms(t, terms2, terms)
		next, err := n.Offer(rtp.SendOnly)
		if err != nil {
			t.Fatal(err)
		}
		if lines, err := read("read", next); err != nil || len(lines) != len(theirs) {
			t.Fatalf("our offer (%v):\n%s", err, next)
		}
	})
}

// FuzzAccept lets anything answer our offer.
func FuzzAccept(f *testing.F) {
	f.Add(offered("m=audio 4000 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/8000"), byte(0))
	f.Add(offered("m=audio 4000 RTP/SAVP 0", "a=crypto:1 "+suite80+" inline:"+secret30, "a=recvonly"), byte(1))
	f.Fuzz(func(t *testing.T, answer []byte, policy byte) {
		n := newNegotiator(t, Config{SRTP: SRTP(policy % 3), Rand: seeded(1)})
		offer(t, n, rtp.SendRecv)
		terms, err := n.Accept(answer)
		if err != nil {
			return
		}
		valid(t, terms, true)
		if policy%3 == byte(SRTPRequired) && terms.SendKey == nil {
			t.Fatal("no key")
		}
	})
}
