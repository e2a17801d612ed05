package webrtc

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	pion "github.com/pion/webrtc/v4"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/dtmf"
)

func TestSoundGoesBothWays(t *testing.T) {
	for _, codec := range []string{codecs.NameOpus, codecs.NamePCMA, codecs.NamePCMU} {
		t.Run(codec, func(t *testing.T) {
			g := start(t, nil)
			b := launch(t, g, codec).call()
			l, ear := g.leg(t)
			ear.hears(t, "the browser's")
			b.ear.hears(t, "our")
			if l.Codec().Name != codec || l.Format().Rate != l.Codec().PCMRate || l.Held() {
				t.Errorf("codec %v, format %v, held %v", l.Codec(), l.Format(), l.Held())
			}
			s := l.Stats()
			if s.MOS < 2.5 || s.Lost != 0 || s.Discarded.Unauthenticated != 0 || s.Remote != b.socket.address() {
				t.Errorf("stats are %+v", s)
			}
			if a := l.Admission(); a.Conversation != "c1" || a.Subject != "visitor" {
				t.Errorf("admitted as %+v", a)
			}
		})
	}
}

func TestKeysComeOnceAndGoOut(t *testing.T) {
	g := start(t, nil)
	b := launch(t, g, codecs.NameOpus).call()
	l, ear := g.leg(t)
	ear.hears(t, "the browser's")
	var got []string
	for _, k := range []dtmf.Key{'1', '1', '#'} {
		b.voice.keys <- k
		select {
		case e := <-l.Keys():
			got = append(got, e.Key.String()+" "+string(e.Source))
		case <-within(t).Done():
			t.Fatal("no key came")
		}
	}
	if diff := cmp.Diff([]string{"1 rfc4733", "1 rfc4733", "# rfc4733"}, got); diff != "" {
		t.Error(diff)
	}
	if err := l.SendKeys(0, '5'); err != nil {
		t.Error(err)
	}
}

func TestCandidatesMayTrickle(t *testing.T) {
	g := start(t, nil)
	b := launch(t, g, codecs.NamePCMA)
	offer := b.offer(nil)
	candidates := grep(offer, "a=candidate")
	if candidates == "" {
		t.Fatal("the browser has no candidates")
	}
	b.post(strings.ReplaceAll(offer, candidates, ""))
	fragment := grep(offer, "a=ice-ufrag", "a=ice-pwd") + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n" + candidates + "a=candidate:9 1 udp 1 9d2c1c1e-5.local 50000 typ host\r\na=end-of-candidates\r\n"
	if res, text := b.patch(fragment, b.etag); res.StatusCode != http.StatusNoContent {
		t.Fatalf("fragment answered %d: %s", res.StatusCode, text)
	}
	_, ear := g.leg(t)
	ear.hears(t, "the browser's")
}

func TestEachSideMayHangUp(t *testing.T) {
	for name, c := range map[string]struct {
		hangUp func(*browser, *Leg)
		want   hotline.Ended
	}{
		"browser deletes": {func(b *browser, _ *Leg) {
			if res, text := do(b.t, http.MethodDelete, b.url, b.token, "", ""); res.StatusCode != http.StatusOK {
				b.t.Errorf("DELETE answered %d: %s", res.StatusCode, text)
			}
		}, hotline.Ended{By: "caller"}},
		"browser closes": {func(b *browser, _ *Leg) { _ = b.pc.Close() }, hotline.Ended{By: "caller"}},
		"we": {func(b *browser, l *Leg) {
			if err := l.Hangup(within(b.t), "enough"); err != nil {
				b.t.Error(err)
			}
			eventually(b.t, "the browser notices", func() bool {
				return b.pc.ConnectionState().String() == "closed" || b.pc.SCTP() == nil || b.pc.SCTP().Transport().State().String() == "closed"
			})
		}, hotline.Ended{By: "system", Reason: "enough"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t, nil)
			b := launch(t, g, codecs.NamePCMA).call()
			l, ear := g.leg(t)
			ear.hears(t, "the browser's")
			c.hangUp(b, l)
			if diff := cmp.Diff(c.want, ending(t, l)); diff != "" {
				t.Error(diff)
			}
			if res, _ := do(t, http.MethodDelete, b.url, b.token, "", ""); res.StatusCode != http.StatusNotFound {
				t.Errorf("DELETE of an ended leg answered %d", res.StatusCode)
			}
			if s := g.Stats(); s.Legs != 0 || s.SettingUp != 0 {
				t.Errorf("a place is still taken: %+v", s)
			}
		})
	}
}

func TestRestartResumesTheLeg(t *testing.T) {
	g := start(t, nil)
	b := launch(t, g, codecs.NamePCMA).call()
	l, ear := g.leg(t)
	ear.hears(t, "the browser's")
	before := l.wire.path.Load()
	b.restart()
	eventually(t, "another path", func() bool { return l.wire.path.Load() != before })
	wait(t, "the old path ends", before.ctx.Done())
	ear.hears(t, "the browser's")
	b.ear.hears(t, "our")
	if s := g.Stats(); s.Restarts != 1 || s.Legs != 1 {
		t.Errorf("stats are %+v", s)
	}
	if res, text := b.patch("a=candidate:9 1 udp 1 127.0.0.1 9 typ host\r\n", `"`+before.ours.ufrag+`"`); res.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("a candidate of the session before answered %d: %s", res.StatusCode, text)
	}
}

func TestLostNetworkMayComeBack(t *testing.T) {
	g := start(t, func(c *Config) { c.Linger = time.Minute })
	b := launch(t, g, codecs.NamePCMA).call()
	l, ear := g.leg(t)
	ear.hears(t, "the browser's")
	b.socket.cut.Store(true)
	eventually(t, "the loss is noticed", l.Lost)
	b.socket.cut.Store(false)
	b.restart()
	ear.hears(t, "the browser's")
	b.ear.hears(t, "our")
	// The first sound may still have come over the old path.
	eventually(t, "the leg no longer counts as lost", func() bool { return !l.Lost() })
}

func TestLostNetworkEndsTheLeg(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 8 s")
	}
	g := start(t, func(c *Config) { c.Linger = time.Second })
	b := launch(t, g, codecs.NamePCMA).call()
	l, ear := g.leg(t)
	ear.hears(t, "the browser's")
	b.socket.cut.Store(true)
	if end := ending(t, l); end.By != "network" {
		t.Errorf("ended by %+v", end)
	}
	eventually(t, "nothing more is sent to a browser that has gone", func() bool { // but for what is on its way
		before := b.socket.received.Load()
		time.Sleep(200 * time.Millisecond)
		return b.socket.received.Load() <= before+2 // RTCP and DTLS say goodbye
	})
}

func TestBrowserMayUseTCP(t *testing.T) {
	g := start(t, func(c *Config) { c.TCP = Bind{Address: netip.AddrPortFrom(loopback, 0)} })
	b := launch(t, g, codecs.NamePCMA, func(s *pion.SettingEngine) {
		s.SetICEUDPMux(nil)
		s.SetNetworkTypes([]pion.NetworkType{pion.NetworkTypeTCP4})
	}).call()
	l, ear := g.leg(t)
	ear.hears(t, "the browser's")
	b.ear.hears(t, "our")
	if local := l.wire.path.Load().conn.LocalAddr().Network(); local != "tcp" {
		t.Errorf("the path is over %s", local)
	}
}

func TestEveryAddressOfANATIsTold(t *testing.T) {
	g := start(t, func(c *Config) {
		c.UDP = []Bind{
			{Address: netip.MustParseAddrPort("127.0.0.1:0"), Advertise: []netip.Addr{netip.MustParseAddr("203.0.113.5"), netip.MustParseAddr("198.51.100.7")}, AdvertisePort: 5000},
			{Address: netip.MustParseAddrPort("0.0.0.0:0"), Advertise: []netip.Addr{loopback}},
		}
	})
	list := g.listeners.candidates()
	want := []string{
		"candidate:1 1 udp 2130706431 203.0.113.5 5000 typ host",
		"candidate:2 1 udp 2130706175 198.51.100.7 5000 typ host",
	}
	if diff := cmp.Diff(want, list[:2]); diff != "" || len(list) != 3 {
		t.Errorf("%s\n%s", diff, list)
	}
	b := launch(t, g, codecs.NamePCMA).call() // by the unspecified one
	_, ear := g.leg(t)
	ear.hears(t, "the browser's")
	b.ear.hears(t, "our")
}
