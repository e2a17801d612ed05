package sdp

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/rtp"
)

// pair returns two sides of a session, the second elsewhere.
func pair(t testing.TB, ours, theirs Config) (us, them *Negotiator) {
	t.Helper()
	theirs.Address = netip.MustParseAddrPort(theirAddress)
	return newNegotiator(t, ours), newNegotiator(t, theirs)
}

// exchange lets one side offer and the other answer.
func exchange(t testing.TB, from, to *Negotiator, d rtp.Direction) (offering, answering rtp.Terms) {
	t.Helper()
	a, answering := answer(t, to, offer(t, from, d))
	return accept(t, from, a), answering
}

func TestBothSidesAgree(t *testing.T) {
	for _, codec := range codecs.Default() {
		for srtp := SRTPOff; srtp <= SRTPRequired; srtp++ {
			cfg := Config{Codecs: codecs.Set{codec}, SRTP: srtp}
			us, them := pair(t, Config{SRTP: srtp}, cfg)
			a, b := exchange(t, us, them, rtp.SendRecv)
			valid(t, a, true)
			valid(t, b, true)
			want := a
			want.Codec, want.Remote = codec, netip.MustParseAddrPort(ourAddress)
			want.SendKey, want.ReceiveKey = a.ReceiveKey, a.SendKey
			equalTerms(t, b, want)
			if (a.SendKey != nil) != (srtp != SRTPOff) || a.KeySendType == 0 || !a.Mux {
				t.Errorf("%v, SRTP %d: terms %+v", codec, srtp, a)
			}
			// And the other way round in the same session.
			c, d := exchange(t, them, us, rtp.SendRecv)
			valid(t, c, false)
			valid(t, d, false)
			equalTerms(t, c, b)
			equalTerms(t, d, a)
		}
	}
}

func TestAnswerChoosesPayloadTypesOfItsOwn(t *testing.T) {
	n := newNegotiator(t, Config{})
	offer(t, n, rtp.SendRecv)
	terms := accept(t, n, offered("m=audio 4000 RTP/AVP 0 120 110 8", "a=rtpmap:0 GSM/8000", "a=rtpmap:120 opus/48000/2",
		"a=rtpmap:110 telephone-event/48000"))
	equalTerms(t, terms, rtp.Terms{Codec: known(t, "opus"), SendType: 120, ReceiveType: 96, KeySendType: 110, KeyReceiveType: 97,
		KeyClock: 48000, PacketTime: terms.PacketTime, Remote: netip.MustParseAddrPort("198.51.100.7:4000")})
}

func TestOfferKeepsWhatPayloadTypesMean(t *testing.T) {
	n := newNegotiator(t, Config{})
	answer(t, n, offered("m=audio 4000 RTP/AVP 8 96 101 97", "a=rtpmap:96 speex/16000", "a=rtpmap:101 opus/48000/2",
		"a=rtpmap:97 telephone-event/8000"))
	got := streams(offer(t, n, rtp.SendRecv))
	want := []string{"m=audio 30000 RTP/AVP 101 9 8 0 97 98", "a=rtpmap:101 opus/48000/2",
		"a=fmtp:101 maxplaybackrate=16000;useinbandfec=1", "a=rtpmap:9 G722/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000",
		"a=rtpmap:97 telephone-event/8000", "a=fmtp:97 0-16", "a=rtpmap:98 telephone-event/48000", "a=fmtp:98 0-16",
		"a=ptime:20", "a=rtcp-mux", "a=sendrecv"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("offer (-want +got):\n%s", diff)
	}
}

func TestOfferLeavesOutWhatHasNoPayloadTypeLeft(t *testing.T) {
	media := []string{"m=audio 4000 RTP/AVP 8"}
	for pt := codecs.FirstDynamic; pt <= 127; pt++ {
		media[0] += fmt.Sprintf(" %d", pt)
		media = append(media, fmt.Sprintf("a=rtpmap:%d x%d/8000", pt, pt))
	}
	n := newNegotiator(t, Config{})
	answer(t, n, offered(media...))
	if m := streams(offer(t, n, rtp.SendOnly))[0]; m != "m=audio 30000 RTP/AVP 8 9 0" {
		t.Errorf("offer has %q", m)
	}
}

func TestOfferKeepsTheCodecAndTheStreams(t *testing.T) {
	n := newNegotiator(t, Config{})
	answer(t, n, offered("m=image 4200 udptl t38", "m=audio 4000 RTP/AVP 8", "m=video 4100 RTP/AVP 31"))
	o := streams(offer(t, n, rtp.SendOnly))
	if o[0] != "m=image 0 udptl t38" || o[1] != "m=audio 30000 RTP/AVP 8 96 9 0 101 97" || o[len(o)-1] != "m=video 0 RTP/AVP 31" {
		t.Errorf("offer:\n%s", strings.Join(o, "\n"))
	}
	terms := accept(t, n, offered("m=image 0 udptl t38", "m=audio 4000 RTP/AVP 8", "a=recvonly", "m=video 0 RTP/AVP 31"))
	valid(t, terms, false)
	if terms.Direction != rtp.SendOnly {
		t.Errorf("direction %v", terms.Direction)
	}
}

func TestStreamInUseStays(t *testing.T) {
	n := newNegotiator(t, Config{})
	answer(t, n, offered("m=audio 0 RTP/AVP 8", "m=audio 4002 RTP/AVP 8"))
	if _, terms := answer(t, n, offered("m=audio 4000 RTP/AVP 8", "m=audio 4002 RTP/AVP 8")); terms.Remote.Port() != 4002 {
		t.Errorf("sends to %v", terms.Remote)
	}
	if _, terms := answer(t, n, offered("m=audio 4000 RTP/AVP 8", "m=audio 0 RTP/AVP 8")); terms.Remote.Port() != 4000 {
		t.Errorf("sends to %v", terms.Remote)
	}
}

func TestWhatThePeerWantedStays(t *testing.T) {
	n := newNegotiator(t, Config{})
	answer(t, n, offered("m=audio 4000 RTP/AVP 8", "a=ptime:30"))
	// Repeated, the answer offers no multiplexing, so none can be agreed to.
	terms := accept(t, n, offered("m=audio 4000 RTP/AVP 8", "a=rtcp:0", "a=rtcp-mux"))
	if terms.Mux || terms.RemoteRTCP.IsValid() {
		t.Errorf("Mux %v, RemoteRTCP %v", terms.Mux, terms.RemoteRTCP)
	}
	if l := lineOf(offer(t, n, rtp.SendRecv), "a=ptime"); l != "a=ptime:30" {
		t.Errorf("offer has %q", l)
	}
}

func TestAnotherCodecGetsCodersOfItsOwn(t *testing.T) {
	n := newNegotiator(t, Config{})
	for _, c := range []struct {
		formats string
		coders  bool
	}{{"8", true}, {"8 0", false}, {"0", true}, {"9 0", true}} {
		_, terms := answer(t, n, offered("m=audio 4000 RTP/AVP "+c.formats))
		valid(t, terms, c.coders)
	}
}

func TestHoldByThePeer(t *testing.T) {
	for _, c := range []struct {
		offered, answered string
		address           string
		want              rtp.Direction
	}{
		{"a=sendrecv", "a=sendrecv", "198.51.100.7", rtp.SendRecv},
		{"a=sendonly", "a=recvonly", "198.51.100.7", rtp.RecvOnly},
		{"a=recvonly", "a=sendonly", "198.51.100.7", rtp.SendOnly},
		{"a=inactive", "a=inactive", "198.51.100.7", rtp.Inactive},
		{"a=sendrecv", "a=recvonly", "0.0.0.0", rtp.RecvOnly},
		{"a=sendonly", "a=recvonly", "0.0.0.0", rtp.RecvOnly},
		{"a=recvonly", "a=inactive", "0.0.0.0", rtp.Inactive},
		{"a=inactive", "a=inactive", "0.0.0.0", rtp.Inactive},
	} {
		n := newNegotiator(t, Config{})
		first, _ := answer(t, n, offered("m=audio 4000 RTP/AVP 8"))
		got, terms := answer(t, n, offered("m=audio 4000 RTP/AVP 8", "c=IN IP4 "+c.address, "a=rtcp:4001", c.offered))
		valid(t, terms, false)
		if streams(got)[3] != c.answered || terms.Direction != c.want {
			t.Errorf("%s at %s: answer %q and direction %v", c.offered, c.address, streams(got)[3], terms.Direction)
		}
		if held := c.address == "0.0.0.0"; terms.Remote.IsValid() == held || terms.RemoteRTCP.IsValid() == held {
			t.Errorf("%s at %s: sends to %v and %v", c.offered, c.address, terms.Remote, terms.RemoteRTCP)
		}
		resumed, terms := answer(t, n, offered("m=audio 4000 RTP/AVP 8"))
		if terms.Direction != rtp.SendRecv || !bytes.Equal(withoutVersion(resumed), withoutVersion(first)) {
			t.Errorf("resumed with direction %v and\n%s", terms.Direction, resumed)
		}
	}
}

// withoutVersion removes the o= line, which has the version.
func withoutVersion(description []byte) []byte {
	return bytes.ReplaceAll(description, []byte(lineOf(description, "o=")), nil)
}

func TestHoldByUs(t *testing.T) {
	us, them := pair(t, Config{}, Config{})
	exchange(t, us, them, rtp.SendRecv)
	for _, c := range []struct{ offered, ours, theirs rtp.Direction }{
		{rtp.SendOnly, rtp.SendOnly, rtp.RecvOnly},
		{rtp.Inactive, rtp.Inactive, rtp.Inactive},
		{rtp.RecvOnly, rtp.RecvOnly, rtp.SendOnly},
		{rtp.SendRecv, rtp.SendRecv, rtp.SendRecv},
	} {
		a, b := exchange(t, us, them, c.offered)
		if a.Direction != c.ours || b.Direction != c.theirs {
			t.Errorf("offered %v: %v and %v", c.offered, a.Direction, b.Direction)
		}
		// An offer of the peer meanwhile does not end our hold.
		if b, a = exchange(t, them, us, rtp.SendRecv); a.Direction != c.ours || b.Direction != c.theirs {
			t.Errorf("offered %v, then asked: %v and %v", c.offered, a.Direction, b.Direction)
		}
	}
}

func TestRefusedHoldIsNoHold(t *testing.T) {
	us, them := pair(t, Config{}, Config{})
	exchange(t, us, them, rtp.SendRecv)
	before := us.Local()
	held := offer(t, us, rtp.Inactive)
	if !bytes.Equal(us.Local(), held) {
		t.Error("the waiting offer is not Local")
	}
	us.Rollback()
	if !bytes.Equal(us.Local(), before) {
		t.Errorf("after the refusal:\n%s", us.Local())
	}
	if _, b := exchange(t, them, us, rtp.SendRecv); b.Direction != rtp.SendRecv {
		t.Errorf("direction %v", b.Direction)
	}
}

func TestVersionGrowsWithChangesOnly(t *testing.T) {
	n := newNegotiator(t, Config{Rand: seeded(1)})
	version := func(want string, description []byte) {
		t.Helper()
		if f := strings.Fields(lineOf(description, "o=")); f[2] != want || f[1] != strings.Fields(lineOf(n.Local(), "o="))[1] {
			t.Errorf("%v, want version %s", f, want)
		}
	}
	plain, held := offered("m=audio 4000 RTP/AVP 8"), offered("m=audio 4000 RTP/AVP 8", "a=sendonly")
	for _, c := range []struct {
		offer []byte
		want  string
	}{{plain, "1"}, {plain, "1"}, {offered("m=audio 4444 RTP/AVP 8"), "1"}, {held, "2"}, {held, "2"}, {plain, "3"}} {
		a, _ := answer(t, n, c.offer)
		version(c.want, a)
	}
	version("4", offer(t, n, rtp.SendOnly))
	n.Rollback()
	version("3", n.Local())
	version("5", offer(t, n, rtp.Inactive)) // 4 was seen with other words
	accept(t, n, offered("m=audio 4000 RTP/AVP 8", "a=inactive"))
	version("5", offer(t, n, rtp.Inactive))
	n.Rollback()
	version("6", offer(t, n, rtp.SendRecv))
}

func TestRefreshIsAnsweredLikeBefore(t *testing.T) {
	us, them := pair(t, Config{SRTP: SRTPRequired}, Config{SRTP: SRTPRequired})
	a, b := exchange(t, us, them, rtp.SendOnly)
	for range 2 {
		again, terms := answer(t, them, us.Local())
		valid(t, terms, false)
		equalTerms(t, terms, b)
		if !bytes.Equal(again, them.Local()) {
			t.Error("the answer changed")
		}
		equalTerms(t, accept(t, us, again), a)
	}
	// What we answered with may be repeated as well.
	again, _ := answer(t, us, them.Local())
	equalTerms(t, accept(t, them, again), b)
}

func TestOffersCross(t *testing.T) {
	us, them := pair(t, Config{}, Config{})
	exchange(t, us, them, rtp.SendRecv)
	ours := offer(t, us, rtp.SendOnly)
	_, _, err := us.Answer(offer(t, them, rtp.SendOnly))
	wantCode(t, err, hotline.CodeConflict)
	_, err = us.Offer(rtp.SendRecv)
	wantCode(t, err, hotline.CodeConflict)
	them.Rollback()
	a, _ := answer(t, them, ours)
	accept(t, us, a)
}

func TestOutOfTurn(t *testing.T) {
	n := newNegotiator(t, Config{})
	if n.Local() != nil {
		t.Errorf("Local before any: %s", n.Local())
	}
	_, err := n.Accept(offered("m=audio 4000 RTP/AVP 8"))
	wantCode(t, err, hotline.CodeConflict)
	_, err = n.Offer(rtp.Inactive + 1)
	wantCode(t, err, hotline.CodeInvalid)
}

func TestRefusedOfferChangesNothing(t *testing.T) {
	n := newNegotiator(t, Config{})
	before, _ := answer(t, n, offered("m=audio 4000 RTP/AVP 8"))
	for _, bad := range [][]byte{
		offered("m=audio 0 RTP/AVP 8"),
		offered("m=audio 4000 RTP/AVP 3"),
		offered("m=audio 4000 RTP/AVP 8", "c=IN IP4 224.0.0.1"),
		offered("m=image 4000 udptl t38"),
	} {
		_, _, err := n.Answer(bad)
		wantCode(t, err, hotline.CodeUnsupported)
	}
	after, terms := answer(t, n, offered("m=audio 4000 RTP/AVP 8"))
	valid(t, terms, false)
	if !bytes.Equal(before, after) {
		t.Errorf("answer:\n%s\nwas\n%s", after, before)
	}
}

func TestWrongAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		answer []byte
		code   hotline.Code
	}{
		"nothing":            {nil, hotline.CodeInvalid},
		"refused":            {offered("m=audio 0 RTP/AVP 8"), hotline.CodeUnsupported},
		"more streams":       {offered("m=audio 4000 RTP/AVP 8", "m=audio 4002 RTP/AVP 8"), hotline.CodeInvalid},
		"no streams":         {offered(), hotline.CodeInvalid},
		"another medium":     {offered("m=video 4000 RTP/AVP 8"), hotline.CodeInvalid},
		"another protocol":   {offered("m=audio 4000 UDP/TLS/RTP/SAVPF 8"), hotline.CodeInvalid},
		"a codec not ours":   {offered("m=audio 4000 RTP/AVP 3"), hotline.CodeUnsupported},
		"one not offered":    {offered("m=audio 4000 RTP/AVP 0"), hotline.CodeUnsupported},
		"a multicast target": {offered("m=audio 4000 RTP/AVP 8", "c=IN IP4 239.1.1.1"), hotline.CodeUnsupported},
		"SRTP unasked":       {offered("m=audio 4000 RTP/SAVP 8", "a=crypto:1 "+suite80+" inline:"+secret30), hotline.CodeUnsupported},
	} {
		n := newNegotiator(t, Config{Codecs: codecs.Set{known(t, "PCMA")}})
		o := offer(t, n, rtp.SendRecv)
		_, err := n.Accept(c.answer)
		t.Log(name, err)
		wantCode(t, err, c.code)
		if !bytes.Equal(n.Local(), o) {
			t.Errorf("%s: the offer does not wait any more", name)
		}
		accept(t, n, offered("m=audio 4000 RTP/AVP 8")) // the right one still fits
	}
}
