package sdp

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/rtp"
)

const (
	ourAddress   = "192.0.2.1:30000"
	theirAddress = "198.51.100.7:40000"
)

func newNegotiator(t testing.TB, cfg Config) *Negotiator {
	t.Helper()
	if !cfg.Address.IsValid() {
		cfg.Address = netip.MustParseAddrPort(ourAddress)
	}
	n, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// seeded returns randomness that is the same in every run.
func seeded(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

// body joins lines as they go over the wire.
func body(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n") + "\r\n") }

// offered is a description of a peer with one stream.
func offered(media ...string) []byte {
	return body(append([]string{"v=0", "o=- 7 1 IN IP4 198.51.100.7", "s=-", "c=IN IP4 198.51.100.7", "t=0 0"}, media...)...)
}

// streams returns the lines from the first m= on.
func streams(description []byte) []string {
	lines := strings.Split(strings.TrimSuffix(string(description), "\r\n"), "\r\n")
	return lines[slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "m=") }):]
}

func lineOf(description []byte, prefix string) string {
	for l := range strings.SplitSeq(string(description), "\r\n") {
		if strings.HasPrefix(l, prefix) {
			return l
		}
	}
	return ""
}

// known returns the codec of a name as codecs has it.
func known(t testing.TB, name string) media.Codec {
	t.Helper()
	set, err := codecs.Default().Only(name)
	if err != nil {
		t.Fatal(err)
	}
	return set[0]
}

// valid checks terms the way rtp.New does.
func valid(t testing.TB, terms rtp.Terms, codersWanted bool) {
	t.Helper()
	if (terms.Encoder != nil) != codersWanted || (terms.Decoder != nil) != codersWanted {
		t.Errorf("Encoder %v and Decoder %v, want them to be there: %v", terms.Encoder, terms.Decoder, codersWanted)
	}
	if terms.Encoder == nil {
		var err error
		if terms.Encoder, terms.Decoder, err = codecs.New(terms.Codec); err != nil {
			t.Error(err)
		}
	}
	if _, err := rtp.New(rtp.Config{Terms: terms, RTP: noConn{}, CNAME: "x"}); err != nil {
		t.Errorf("rtp does not take the terms: %v", err)
	}
}

type noConn struct{ rtp.Conn }

// equalTerms compares all but the coders.
func equalTerms(t testing.TB, got, want rtp.Terms) {
	t.Helper()
	got.Encoder, got.Decoder, want.Encoder, want.Decoder = nil, nil, nil, nil
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("terms (-want +got):\n%s", diff)
	}
}

func answer(t testing.TB, n *Negotiator, offer []byte) ([]byte, rtp.Terms) {
	t.Helper()
	a, terms, err := n.Answer(offer)
	if err != nil {
		t.Fatalf("Answer: %v", err)
	}
	return a, terms
}

func offer(t testing.TB, n *Negotiator, d rtp.Direction) []byte {
	t.Helper()
	o, err := n.Offer(d)
	if err != nil {
		t.Fatalf("Offer: %v", err)
	}
	return o
}

func accept(t testing.TB, n *Negotiator, answer []byte) rtp.Terms {
	t.Helper()
	terms, err := n.Accept(answer)
	if err != nil {
		t.Fatalf("Accept: %v", err)
	}
	return terms
}

func wantCode(t testing.TB, err error, code hotline.Code) {
	t.Helper()
	if got := hotline.CodeOf(err); got != code {
		t.Errorf("code %q (%v), want %q", got, err, code)
	}
}

func TestConfigIsChecked(t *testing.T) {
	ours := netip.MustParseAddrPort(ourAddress)
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"no address":       {Config{}, "Address"},
		"unspecified":      {Config{Address: netip.MustParseAddrPort("0.0.0.0:4000")}, "Address"},
		"multicast":        {Config{Address: netip.MustParseAddrPort("224.0.0.1:4000")}, "Address"},
		"zone":             {Config{Address: netip.MustParseAddrPort("[fe80::1%eth0]:4000")}, "Address"},
		"no port":          {Config{Address: netip.MustParseAddrPort("192.0.2.1:0")}, "port"},
		"no port for RTCP": {Config{Address: netip.MustParseAddrPort("192.0.2.1:65535")}, "port"},
		"SRTP":             {Config{Address: ours, SRTP: SRTPRequired + 1}, "SRTP"},
		"packet time":      {Config{Address: ours, PacketTime: 25 * time.Millisecond}, "PacketTime"},
		"foreign codec":    {Config{Address: ours, Codecs: codecs.Set{{Name: "GSM", PayloadType: 3, PCMRate: 8000, RTPClock: 8000, Channels: 1}}}, "GSM"},
		"moved codec":      {Config{Address: ours, Codecs: codecs.Set{{Name: "PCMA", PayloadType: 9, PCMRate: 8000, RTPClock: 8000, Channels: 1}}}, "PCMA"},
	} {
		if _, err := New(c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one about %s", name, err, c.want)
		}
	}
}
