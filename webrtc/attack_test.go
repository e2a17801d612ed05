package webrtc

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/stun/v4"

	"github.com/hotline-cc/hotline/media/codecs"
)

func TestWrongFingerprintEndsTheCall(t *testing.T) {
	ends := make(chan string, 1)
	g := start(t, func(c *Config) { c.Logger = endings(ends) })
	b := launch(t, g, codecs.NamePCMA)
	offer := b.offer(nil)
	other, err := newIdentity(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	b.post(strings.Replace(offer, grep(offer, "a=fingerprint"), "a=fingerprint:"+other.fingerprint+"\r\n", 1))
	select {
	case reason := <-ends:
		if !strings.Contains(reason, errFingerprint.Error()) {
			t.Errorf("ended because %q", reason)
		}
	case <-within(t).Done():
		t.Fatal("the call has not ended")
	}
	if s := g.Stats(); s.Answered != 0 || s.Failed != 1 {
		t.Errorf("stats are %+v", s)
	}
}

func TestBrowserWithoutOurSRTPProfilesIsRefused(t *testing.T) {
	ends := make(chan string, 1)
	g := start(t, func(c *Config) { c.Logger = endings(ends) })
	launch(t, g, codecs.NamePCMA, weakProfile).call()
	select {
	case reason := <-ends:
		if !strings.HasPrefix(reason, "DTLS") {
			t.Errorf("ended because %q", reason)
		}
	case <-within(t).Done():
		t.Fatal("the call has not ended")
	}
}

// stranger sends from an address that is not the browser's.
type stranger struct {
	net.Conn
	t        testing.TB
	received chan int
}

func (g *gateway) stranger(t testing.TB) *stranger {
	t.Helper()
	conn, err := net.Dial("udp", g.listeners.told[0].String())
	if err != nil {
		t.Fatal(err)
	}
	s := &stranger{Conn: conn, t: t, received: make(chan int, 1)}
	var reading sync.WaitGroup
	reading.Go(func() {
		got := 0
		buffer := make([]byte, 2048)
		for {
			if _, err := conn.Read(buffer); err != nil {
				s.received <- got
				return
			}
			got++
		}
	})
	t.Cleanup(func() {
		_ = conn.Close()
		reading.Wait()
	})
	return s
}

// answers closes the socket and returns how many packets came.
func (s *stranger) answers() int {
	_ = s.Close()
	return <-s.received
}

func (s *stranger) send(b []byte) {
	if _, err := s.Write(b); err != nil {
		s.t.Error(err)
	}
}

// check builds a connectivity check. Without a password it has no MESSAGE-INTEGRITY.
func check(t testing.TB, username, password string) []byte {
	t.Helper()
	parts := []stun.Setter{stun.BindingRequest, stun.TransactionID, stun.NewUsername(username), ice.UseCandidate(), ice.AttrControlling(7), ice.PriorityAttr(1 << 30)}
	if password != "" {
		parts = append(parts, stun.NewShortTermIntegrity(password))
	}
	m, err := stun.Build(append(parts, stun.Fingerprint)...)
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

func rtpPacket(t testing.TB, ssrc uint32, seq uint16) []byte {
	t.Helper()
	p := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 8, SSRC: ssrc, SequenceNumber: seq, Timestamp: uint32(seq) * 160}, Payload: make([]byte, 170)}
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestStrangersChangeNothing(t *testing.T) {
	for name, attack := range map[string]func(testing.TB, *stranger, *path){
		"checks without integrity": func(t testing.TB, s *stranger, p *path) {
			for range 500 {
				s.send(check(t, p.ours.ufrag+":"+p.theirs.ufrag, ""))
			}
		},
		"checks with a wrong password": func(t testing.TB, s *stranger, p *path) {
			for range 500 {
				s.send(check(t, p.ours.ufrag+":"+p.theirs.ufrag, "0123456789012345678901"))
			}
		},
		"checks of no session": func(t testing.TB, s *stranger, _ *path) {
			for range 500 {
				s.send(check(t, "abcdefgh:ijkl", "0123456789012345678901"))
			}
		},
		"RTP": func(t testing.TB, s *stranger, p *path) {
			s.send(check(t, p.ours.ufrag+":"+p.theirs.ufrag, "0123456789012345678901"))
			for seq := range uint16(500) {
				s.send(rtpPacket(t, 1, seq))
			}
		},
		"ClientHello": func(t testing.TB, s *stranger, p *path) {
			s.send(check(t, p.ours.ufrag+":"+p.theirs.ufrag, "0123456789012345678901"))
			hello(t, s, 300*time.Millisecond)
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t, nil)
			b := launch(t, g, codecs.NamePCMA).call()
			l, ear := g.leg(t)
			ear.hears(t, "the browser's")
			p := l.wire.path.Load()
			s := g.stranger(t)
			attack(t, s, p)
			ear.hears(t, "the browser's")
			b.ear.hears(t, "our")
			if l.Remote() != b.socket.address() {
				t.Errorf("the sound goes to %v, the browser is at %v", l.Remote(), b.socket.address())
			}
			if n := s.answers(); n != 0 {
				t.Errorf("the stranger got %d packets", n)
			}
			if st := l.Stats(); st.Lost > 0 || ear.foreign.Load() > concealed {
				t.Errorf("%d lost, %d ticks of other sound", st.Lost, ear.foreign.Load())
			}
		})
	}
}

// hello says ClientHello from a stranger's address for a while.
func hello(t testing.TB, s *stranger, d time.Duration) {
	t.Helper()
	id, err := newIdentity(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: loopback.AsSlice()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	client, err := dtls.ClientWithOptions(relayed{conn, s}, s.RemoteAddr(), dtls.WithCertificates(id.certificate),
		dtls.WithInsecureSkipVerify(true), dtls.WithFlightInterval(10*time.Millisecond), dtls.WithSRTPProtectionProfiles(dtls.SRTP_NULL_HMAC_SHA1_80))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := client.HandshakeContext(ctx); err == nil {
		t.Error("a stranger has shaken hands")
	}
	_ = client.Close()
}

// relayed sends through the stranger's socket and hears nothing.
type relayed struct {
	*net.UDPConn
	s *stranger
}

func (r relayed) WriteTo(b []byte, _ net.Addr) (int, error) { return r.s.Write(b) }

func TestClientHelloBeforeTheBrowsersChangesNothing(t *testing.T) {
	g := start(t, nil)
	b := launch(t, g, codecs.NamePCMA)
	b.socket.cut.Store(true) // nothing of the browser arrives yet
	b.call()
	p := g.find(b.url[strings.LastIndex(b.url, "/")+1:]).current()
	s := g.stranger(t)
	for round := range 20 { // t = 0…2 s
		s.send(check(t, p.ours.ufrag+":"+p.theirs.ufrag, "0123456789012345678901"))
		hello(t, s, 100*time.Millisecond)
		if round == 5 {
			b.socket.cut.Store(false)
		}
	}
	_, ear := g.leg(t)
	ear.hears(t, "the browser's")
	b.ear.hears(t, "our")
	if n := s.answers(); n != 0 {
		t.Errorf("the stranger got %d packets", n)
	}
}

// One who knows the password, as a hostile page would, may nominate an address that never answers a check.
func TestAnAddressThatAnswersNoCheckGetsNothingAndIsNotHeard(t *testing.T) {
	g := start(t, nil)
	b := launch(t, g, codecs.NamePCMA).call()
	l, ear := g.leg(t)
	ear.hears(t, "the browser's")
	p := l.wire.path.Load()
	s := g.stranger(t)
	for range 2000 {
		s.send(check(t, p.ours.ufrag+":"+p.theirs.ufrag, p.ours.pwd))
	}
	hello(t, s, 300*time.Millisecond)
	for seq := range uint16(500) {
		s.send(rtpPacket(t, 1, seq))
	}
	ear.hears(t, "the browser's")
	b.ear.hears(t, "our")
	if l.Remote() != b.socket.address() {
		t.Errorf("the sound goes to %v, which has answered no check", l.Remote())
	}
	st := g.Stats()
	if st.Excess < 1000 {
		t.Errorf("of 2000 checks %d were too many", st.Excess)
	}
	if st.Foreign < 500 {
		t.Errorf("the gate stopped %d packets", st.Foreign)
	}
	if d := l.Stats().Discarded; d.Unauthenticated != 0 || d.Malformed != 0 {
		t.Errorf("foreign packets came through to the sound: %+v", d)
	}
	if n := s.answers(); n > 1000 {
		t.Errorf("the stranger got %d packets for its flood", n)
	}
}

func TestRightKeysFromAnotherStreamAreNotMixedIn(t *testing.T) {
	g := start(t, nil)
	b := launch(t, g, codecs.NamePCMA).call()
	l, ear := g.leg(t)
	ear.hears(t, "the browser's")
	for seq := range uint16(50) {
		var p rtp.Packet
		if err := p.Unmarshal(rtpPacket(t, 0xdead, seq)); err != nil {
			t.Fatal(err)
		}
		b.voice.inject <- &p // it goes out under the browser's own keys
	}
	ear.hears(t, "the browser's")
	if s := l.Stats(); s.Discarded.ForeignStream == 0 || ear.foreign.Load() > concealed {
		t.Errorf("%d packets of the other stream were dropped, %d ticks of it heard", s.Discarded.ForeignStream, ear.foreign.Load())
	}
}

func TestCandidatesThatCannotBeABrowsers(t *testing.T) {
	for text, want := range map[string]bool{
		"192.168.1.7": true, "203.0.113.9": true, "2001:db8::1": true, "fd00::1": true,
		"0.0.0.0": false, "0.1.2.3": false, "127.0.0.1": false, "::1": false, "169.254.169.254": false, "224.0.0.1": false,
		"255.255.255.255": false, "240.0.0.1": false, "fe80::1": false, "ff02::1": false, "::": false,
	} {
		if got := reachable(netip.MustParseAddr(text), false); got != want {
			t.Errorf("%s: reachable is %v", text, got)
		}
	}
}

func TestTooManyConnectionsOfOneAddressAreClosed(t *testing.T) {
	g := start(t, func(c *Config) {
		c.TCP = Bind{Address: netip.AddrPortFrom(loopback, 0)}
		c.Limits.PerSource = 2
	})
	var closed atomic.Int32
	for range 4 {
		conn, err := net.Dial("tcp", g.listeners.tls[0].String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		go func() {
			if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
				closed.Add(1)
			}
		}()
	}
	eventually(t, "two connections are closed", func() bool { return closed.Load() >= 2 })
	time.Sleep(200 * time.Millisecond)
	if n := closed.Load(); n != 2 {
		t.Errorf("%d of 4 connections were closed, want 2", n)
	}
}
