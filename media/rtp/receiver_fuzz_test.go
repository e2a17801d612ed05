package rtp

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/media/g711"
)

// FuzzReceiver gives whatever a peer may send to the receiving half, by a script. Each step of it
// is a byte that tells what to do, a length and that many bytes.
func FuzzReceiver(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 4, 0, 1, 0, 160, 3, 0, 0, 4, 0, 2, 1, 64, 3, 0, 3, 0, 3, 0})
	f.Add([]byte{0, 4, 255, 255, 128, 0, 3, 9, 0, 4, 0, 1, 127, 255, 3, 1, 3, 90, 0, 4, 0, 3, 0, 0, 3, 3})
	f.Add([]byte{1, 16, 0x80, 101, 0, 9, 0, 0, 0, 0, 0, 0, 0, 7, 5, 0x8a, 0, 160, 3, 1})
	f.Add([]byte{2, 12, 0x80, 200, 0, 2, 0, 0, 0, 7, 0, 0, 0, 0, 1, 13, 0xa0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 1})
	f.Add([]byte{0, 4, 0, 1, 0, 0, 4, 255, 127, 255, 3, 3, 4, 255, 128, 0, 3, 3})
	f.Fuzz(func(t *testing.T, script []byte) {
		terms := testTerms()
		decoder, err := g711.NewDecoder(g711.ALaw)
		if err != nil {
			t.Fatal(err)
		}
		terms.Encoder, terms.Decoder = g711.NewEncoder(g711.ALaw), decoder
		s := newTestSession(t, newWire(), terms, nil)
		now := beginning
		var seq uint16
		var timestamp uint32
		for len(script) >= 2 {
			do, n := script[0], int(script[1])
			argument := script[2:min(len(script), 2+n)]
			script = script[2+len(argument):]
			switch do % 5 {
			case 0: // media with a number and a timestamp of its choice, longer the longer the script is
				if len(argument) < 4 {
					continue
				}
				seq += binary.BigEndian.Uint16(argument)
				timestamp += uint32(binary.BigEndian.Uint16(argument[2:])) << (do / 5 % 17)
				b := datagramOf(t, 7, seq, timestamp, 8, string(make([]byte, min(len(script)*7, maxPacket-fixedHeader))))
				s.in.datagram(b, peerAddress, now, false)
			case 1: // anything as media
				s.in.datagram(argument, peerAddress, now, false)
			case 2: // anything as a report
				s.in.datagram(argument, peerAddress, now, true)
			case 3: // time goes by
				for range min(n, 100) {
					now = now.Add(20 * time.Millisecond)
					s.in.tick(now, true)
				}
			case 4: // a burst in sequence whose timestamps leap
				if len(argument) < 2 {
					continue
				}
				for range 2*n + 1 {
					seq++
					timestamp += uint32(binary.BigEndian.Uint16(argument)) << 16
					s.in.datagram(datagramOf(t, 7, seq, timestamp, 8, "A"), peerAddress, now, false)
				}
			}
			checkBounds(t, s, now)
		}
	})
}

// checkBounds checks what no packet may break.
func checkBounds(t *testing.T, s *Session, now time.Time) {
	t.Helper()
	if pcm, _ := s.in.tick(now, true); len(pcm) != s.format.TickSamples() {
		t.Fatalf("a tick of %d samples", len(pcm))
	}
	p := &s.in.playout
	if n := p.buffer.waiting(); n > slotCount {
		t.Fatalf("%d packets wait", n)
	}
	for i := range p.buffer.slots {
		if n := cap(p.buffer.slots[i].payload); n > 2*maxPacket {
			t.Fatalf("a slot of %d bytes", n)
		}
	}
	if n := cap(p.decoded); n > 4*maxPacket {
		t.Fatalf("%d samples decoded", n)
	}
	if n := cap(s.in.events); n > 2*maxPacket {
		t.Fatalf("room for %d keys", n)
	}
	stats := s.Stats()
	if stats.Target < p.buffer.cfg.Min || stats.Target > p.buffer.cfg.Max {
		t.Fatalf("target %v", stats.Target)
	}
	if stats.MOS != 0 && (stats.MOS < 1 || stats.MOS > 4.5) {
		t.Fatalf("MOS %v", stats.MOS)
	}
	if stats.Jitter < 0 || stats.Concealed < 0 || stats.Waiting < 0 {
		t.Fatalf("stats %+v", stats)
	}
}
