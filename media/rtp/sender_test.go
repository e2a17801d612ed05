package rtp

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/hotline-cc/hotline/media/dtmf"
)

// take returns the packets written since it was last called.
func (w *wire) take(t testing.TB) (packets []rtp.Packet) {
	t.Helper()
	for i := range w.n {
		var p rtp.Packet
		if err := p.Unmarshal(append([]byte(nil), w.sent[i]...)); err != nil {
			t.Fatal(err)
		}
		packets = append(packets, p)
	}
	w.n = 0
	return packets
}

// say gives the sender ticks of sound, one after another.
func say(s *Session, from, to int64) {
	pcm := make([]int16, s.format.TickSamples())
	for i := range pcm {
		pcm[i] = 'A' << 8
	}
	for tick := from; tick < to; tick++ {
		s.out.tick(tick, false, pcm, peerAddress)
	}
}

// checkSpurt checks that packets follow each other, the first one at a tick with a marker.
func checkSpurt(t *testing.T, s *Session, packets []rtp.Packet, seq uint16, tick int64, units uint32) {
	t.Helper()
	for i, p := range packets {
		wantTime := s.out.base + uint32(tick*s.out.tickUnits) + uint32(i)*units
		if p.SequenceNumber != seq+uint16(i) || p.Timestamp != wantTime || p.Marker != (i == 0) {
			t.Errorf("packet %d: number %d, time %d, marker %v; want %d, %d, %v", i, p.SequenceNumber, p.Timestamp,
				p.Marker, seq+uint16(i), wantTime, i == 0)
		}
		if p.SSRC != s.out.header.SSRC || p.PayloadType != 8 || len(p.Payload) != int(units) || p.Payload[0] != 'A' {
			t.Errorf("packet %d: %v with %d bytes", i, p.Header, len(p.Payload))
		}
	}
}

func TestPacketsFollowTheTicks(t *testing.T) {
	for _, c := range []struct {
		name       string
		packetTime time.Duration
		packets    int // in six ticks
	}{
		{"10 ms", 10 * ms, 12},
		{"20 ms", 20 * ms, 6},
		{"30 ms", 30 * ms, 4},
		{"40 ms", 40 * ms, 3},
		{"60 ms", 60 * ms, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			terms, w := testTerms(), newWire()
			terms.PacketTime = c.packetTime
			s := newTestSession(t, w, terms, nil)
			s.out.seq, s.out.base = 65534, 1<<32-500 // both wrap on the way
			say(s, 0, 6)
			packets := w.take(t)
			if len(packets) != c.packets {
				t.Fatalf("%d packets, want %d", len(packets), c.packets)
			}
			checkSpurt(t, s, packets, 65534, 0, uint32(c.packetTime/ms)*8)
		})
	}
}

func TestAStreamBeginsInTheLowerHalfOfTheSequence(t *testing.T) {
	s := newTestSession(t, newWire(), testTerms(), nil)
	seen := map[uint32]bool{}
	for range 64 {
		s.out.restart()
		if s.out.seq >= 1<<15 {
			t.Fatalf("begins at %d", s.out.seq)
		}
		seen[s.out.ssrc()] = true
	}
	if len(seen) < 63 {
		t.Errorf("%d different numbers of 64", len(seen))
	}
}

func TestSoundAfterAPauseBeginsATalkSpurtAtItsTime(t *testing.T) {
	held := testTerms()
	held.Direction = RecvOnly
	for _, c := range []struct {
		name  string
		pause func(t *testing.T, s *Session) // from tick 3 to 10
	}{
		{"on hold", func(t *testing.T, s *Session) {
			if err := s.Update(held); err != nil {
				t.Fatal(err)
			}
			say(s, 3, 10)
			if err := s.Update(testTerms()); err != nil {
				t.Fatal(err)
			}
		}},
		{"no address to send to", func(_ *testing.T, s *Session) {
			for tick := range int64(7) {
				s.out.tick(3+tick, false, make([]int16, 160), netip.AddrPort{})
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWire()
			s := newTestSession(t, w, testTerms(), nil)
			first := s.out.seq
			say(s, 0, 3)
			checkSpurt(t, s, w.take(t), first, 0, 160)
			c.pause(t, s)
			if n := len(w.take(t)); n != 0 {
				t.Fatalf("%d packets in the pause", n)
			}
			say(s, 10, 13)
			packets := w.take(t)
			if len(packets) != 3 {
				t.Fatalf("%d packets, want 3", len(packets))
			}
			checkSpurt(t, s, packets, first+3, 10, 160)
		})
	}
}

func TestTicksLeftOutThrowAwayHalfAPacket(t *testing.T) {
	terms, w := testTerms(), newWire()
	terms.PacketTime = 40 * ms
	s := newTestSession(t, w, terms, nil)
	first := s.out.seq
	say(s, 0, 1)
	s.out.tick(5, true, make([]int16, 160), peerAddress)
	if n := len(w.take(t)); n != 0 {
		t.Fatalf("%d packets of two halves that do not belong together", n)
	}
	s.out.tick(6, false, make([]int16, 160), peerAddress)
	packets := w.take(t)
	if len(packets) != 1 {
		t.Fatalf("%d packets, want 1", len(packets))
	}
	p := packets[0]
	if p.SequenceNumber != first || p.Timestamp != s.out.base+5*160 || !p.Marker || p.Payload[0] != 0 {
		t.Errorf("packet %v begins with %d", p.Header, p.Payload[0])
	}
}

func TestAKeyInterruptsTheSound(t *testing.T) {
	w := newWire()
	s := newTestSession(t, w, testTerms(), nil)
	first := s.out.seq
	say(s, 0, 2)
	if err := s.out.queue(100*ms, []dtmf.Key{'5'}); err != nil {
		t.Fatal(err)
	}
	say(s, 2, 20)
	var keys, markers int
	spurt := false
	for i, p := range w.take(t) {
		if p.SequenceNumber != first+uint16(i) {
			t.Errorf("packet %d has number %d, want %d", i, p.SequenceNumber, first+uint16(i))
		}
		if p.Marker {
			markers++
		}
		switch {
		case p.PayloadType == 101:
			keys++
			if want := s.out.base + 2*160; p.Timestamp != want || p.Payload[0] != 5 {
				t.Errorf("key %d at %d, want 5 at %d", p.Payload[0], p.Timestamp, want)
			}
		case keys > 0 && !spurt:
			spurt = true
			if !p.Marker {
				t.Error("the sound after the key begins without a marker")
			}
		}
	}
	if keys < 5 || markers != 3 || !spurt {
		t.Errorf("%d packets of a key, %d markers, spurt %v; want at least 5, 3, true", keys, markers, spurt)
	}
}

func TestKeysNeedTelephoneEvent(t *testing.T) {
	terms := testTerms()
	terms.KeySendType = 0
	s := newTestSession(t, newWire(), terms, nil)
	if err := s.out.queue(0, []dtmf.Key{'1'}); !errors.Is(err, errNoKeys) {
		t.Errorf("error %v, want %v", err, errNoKeys)
	}
}

func TestPacketsTheSystemRefusesAreCounted(t *testing.T) {
	w := newWire()
	s := newTestSession(t, w, testTerms(), nil)
	w.fail = errors.New("no buffer space")
	say(s, 0, 3)
	w.fail = nil
	say(s, 3, 5)
	if got := s.Stats(); got.Unsent != 3 || got.Sent != (Count{2, 320}) {
		t.Errorf("unsent %d, sent %v; want 3, {2 320}", got.Unsent, got.Sent)
	}
	var report sending
	if _, sent := s.out.sending(&report, 5); !sent || report.packets != 2 || report.octets != 320 ||
		report.timestamp != s.out.base+5*160 {
		t.Errorf("report %+v", report)
	}
}
