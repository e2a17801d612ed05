package screen

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// stopped is a clock that tests move.
type stopped struct{ at time.Time }

func (c *stopped) Now() time.Time { return c.at }

func newLimiter(t testing.TB, cfg LimiterConfig) (*Limiter, *stopped) {
	t.Helper()
	clock := &stopped{time.Unix(1_700_000_000, 0)}
	cfg.Now = clock.Now
	l, err := NewLimiter(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l, clock
}

// sent counts how many of n datagrams pass.
func sent(l *Limiter, from string, n int, data string) (passed int) {
	for range n {
		if l.Allow(netip.MustParseAddr(from), true, []byte(data)) {
			passed++
		}
	}
	return passed
}

const (
	plain   = "OPTIONS sip:a SIP/2.0\r\nUser-Agent: Yealink SIP-T46G\r\n\r\nUser-Agent: sipvicious"
	scanner = "OPTIONS sip:100@1.1.1.1 SIP/2.0\r\nVia: x\r\nUSER-AGENT : Friendly-Scanner v1\r\n\r\n"
)

func TestLimiterRatesEachSource(t *testing.T) {
	l, clock := newLimiter(t, LimiterConfig{Rate: Rate{10, 5}, Trusted: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}, Trunk: Rate{100, 50}})
	check := func(from string, n, want int) {
		t.Helper()
		if got := sent(l, from, n, plain); got != want {
			t.Errorf("%s: %d of %d passed, want %d", from, got, n, want)
		}
	}
	check("192.0.2.1", 8, 5)
	check("192.0.2.2", 8, 5) // a bucket of its own
	check("::ffff:192.0.2.2", 1, 0)
	check("2001:db8::1", 8, 5)
	check("2001:db8::2:0:0:1", 3, 0) // the same /64
	check("2001:db8:0:1::1", 3, 3)   // the next one
	check("198.51.100.7", 80, 50)
	check("::ffff:198.51.100.8", 80, 50)
	clock.at = clock.at.Add(200 * time.Millisecond)
	check("192.0.2.1", 8, 2)
	clock.at = clock.at.Add(-time.Hour) // a clock set back takes nothing away and gives nothing
	check("192.0.2.1", 1, 0)
	clock.at = clock.at.Add(time.Hour)
	check("192.0.2.1", 8, 5)
	if s := l.Stats(); s.Passed != 5+5+5+3+50+50+2+5 || s.Limited == 0 || s.Bans != 0 {
		t.Errorf("%+v", s)
	}
}

func TestLimiterBansAndUnbans(t *testing.T) {
	l, clock := newLimiter(t, LimiterConfig{Rate: Rate{1, 2}, BanAfter: 10, BanFor: time.Minute})
	source := netip.MustParseAddr("192.0.2.1")
	sent(l, "192.0.2.1", 2+9, plain)
	if l.Banned(source) {
		t.Fatal("banned one packet too early")
	}
	clock.at = clock.at.Add(time.Minute)
	sent(l, "192.0.2.1", 2+9, plain)
	if l.Banned(source) {
		t.Fatal("strikes of the minute before counted")
	}
	sent(l, "192.0.2.1", 1, plain)
	if !l.Banned(source) {
		t.Fatal("not banned")
	}
	clock.at = clock.at.Add(time.Minute - time.Second)
	if sent(l, "192.0.2.1", 1, plain) != 0 {
		t.Error("a packet passed during the ban")
	}
	clock.at = clock.at.Add(time.Second)
	if sent(l, "192.0.2.1", 1, plain) != 1 {
		t.Error("the ban has not ended")
	}
	sent(l, "192.0.2.1", 11, plain)
	l.Unban(source)
	if l.Banned(source) || sent(l, "192.0.2.1", 1, plain) != 1 {
		t.Error("still banned after Unban")
	}
	if s := l.Stats(); s.Bans != 2 || s.Banned != 1 {
		t.Errorf("%+v", s)
	}
}

func TestScannersAreDroppedButNeverBannedForOneDatagram(t *testing.T) {
	trunk := netip.MustParsePrefix("198.51.100.0/24")
	for _, after := range []int{2, 50, 500} {
		l, _ := newLimiter(t, LimiterConfig{BanAfter: after, Trusted: []netip.Prefix{trunk}})
		source := netip.MustParseAddr("192.0.2.1")
		if l.Allow(source, true, []byte(scanner)) {
			t.Error("scanner passed")
		}
		if l.Banned(source) || sent(l, "192.0.2.1", 1, plain) != 1 {
			t.Errorf("BanAfter %d: one datagram banned its alleged source", after)
		}
		sent(l, "192.0.2.1", 4, scanner)
		if !l.Banned(source) {
			t.Errorf("BanAfter %d: five datagrams of a scanner did not ban it", after)
		}
		if l.Allow(netip.MustParseAddr("192.0.2.2"), false, []byte("\r\n\r\n"+scanner)); !l.Banned(netip.MustParseAddr("192.0.2.2")) {
			t.Error("scanner over a stream not banned at once")
		}
		sent(l, "198.51.100.1", 100, scanner)
		if l.Banned(netip.MustParseAddr("198.51.100.1")) {
			t.Error("trunk banned")
		}
		if sent(l, "198.51.100.1", 1, scanner) != 0 || sent(l, "198.51.100.1", 1, plain) != 1 {
			t.Error("of a trunk, only the scanner's packets are dropped")
		}
		if s := l.Stats(); s.Bans != 2 {
			t.Errorf("%d bans pronounced, want 2", s.Bans)
		}
	}
}

func TestLimiterMemoryIsBounded(t *testing.T) {
	l, _ := newLimiter(t, LimiterConfig{MaxSources: 100})
	for i := range 10_000 {
		l.Allow(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), false, []byte(scanner))
		l.Allow(netip.AddrFrom4([4]byte{11, 0, byte(i >> 8), byte(i)}), true, []byte(plain))
	}
	if l.sources.Len() > 100 || l.bans.Len() > 100 {
		t.Errorf("%d sources, %d bans; want 100 at most", l.sources.Len(), l.bans.Len())
	}
}

func TestFilter(t *testing.T) {
	l, _ := newLimiter(t, LimiterConfig{Rate: Rate{1, 1}})
	filter := func(transport string, from net.Addr, data []byte) (int, error) {
		out, err := l.Filter(sip.TransportReadProps{Transport: transport, RemoteAddr: from}, data)
		return len(out), err
	}
	udp := &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5060}
	tcp := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 5060}
	if n, err := filter("UDP", udp, []byte(plain)); n != len(plain) || err != nil {
		t.Errorf("first datagram: %d bytes, %v", n, err)
	}
	if n, err := filter("UDP", udp, []byte(plain)); n != 0 || err != nil {
		t.Errorf("second datagram: %d bytes, %v; an error would end the listener", n, err)
	}
	if n, err := filter("TCP", tcp, []byte(plain)); n != len(plain) || err != nil {
		t.Errorf("first read: %d bytes, %v", n, err)
	}
	if _, err := filter("TCP", tcp, []byte(plain)); !errors.Is(err, ErrDropped) {
		t.Errorf("second read: %v, want the stream to end", err)
	}
	if n, err := filter("UDP", &net.UDPAddr{IP: net.IPv4(192, 0, 2, 3)}, make([]byte, MaxDatagram+1)); n != 0 || err != nil {
		t.Errorf("oversized datagram: %d bytes, %v", n, err)
	}
	if s := l.Stats(); s.Oversized != 1 || s.Limited != 2 || s.Passed != 2 {
		t.Errorf("%+v", s)
	}
}

func TestLimiterDoesNotAllocateForKnownSources(t *testing.T) {
	l, _ := newLimiter(t, LimiterConfig{Rate: Rate{1, 1000}})
	source, data := netip.MustParseAddr("2001:db8::1"), []byte(plain)
	l.Allow(source, true, data)
	if n := testing.AllocsPerRun(2000, func() { l.Allow(source, true, data) }); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

func TestLimiterConfigIsChecked(t *testing.T) {
	for name, cfg := range map[string]LimiterConfig{
		"rate":    {Rate: Rate{-1, 1}},
		"burst":   {Trunk: Rate{1, 0}},
		"ban":     {BanAfter: 1},
		"sources": {MaxSources: 1},
	} {
		if _, err := NewLimiter(cfg); err == nil || !strings.HasPrefix(err.Error(), "limiter: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkLimiter(b *testing.B) {
	l, _ := newLimiter(b, LimiterConfig{Rate: Rate{1e9, 1e9}})
	source, data := netip.MustParseAddr("192.0.2.1"), []byte(invite)
	for b.Loop() {
		l.Allow(source, true, data)
	}
}
