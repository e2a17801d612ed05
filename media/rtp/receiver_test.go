package rtp

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/hotline-cc/hotline/media/dtmf"
)

var (
	peerAddress = netip.MustParseAddrPort("192.0.2.1:4000")
	beginning   = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

// wire is a socket that keeps the last packets written, without allocating.
type wire struct {
	sent [][]byte
	n    int
	fail error
}

func newWire() *wire {
	w := &wire{sent: make([][]byte, 64)}
	for i := range w.sent {
		w.sent[i] = make([]byte, 0, maxPacket)
	}
	return w
}

func (w *wire) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) {
	return 0, netip.AddrPort{}, w.fail
}
func (w *wire) SetReadDeadline(time.Time) error { return nil }
func (w *wire) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) {
	if w.fail != nil {
		return 0, w.fail
	}
	slot := &w.sent[w.n%len(w.sent)]
	*slot = append((*slot)[:0], b...)
	w.n++
	return len(b), nil
}

type spellingEncoder struct{}

func (spellingEncoder) Encode(dst []byte, pcm []int16) ([]byte, error) {
	for _, v := range pcm {
		dst = append(dst, byte(v>>8))
	}
	return dst, nil
}

// testTerms agree on testCodec spelt, with telephone-event.
func testTerms() Terms {
	return Terms{
		Codec: testCodec, Encoder: spellingEncoder{}, Decoder: spellingDecoder{}, SendType: 8, ReceiveType: 8,
		KeySendType: 101, KeyReceiveType: 101, Remote: peerAddress,
	}
}

// newTestSession returns a session on a wire whose keys are noted.
func newTestSession(t testing.TB, w *wire, terms Terms, onKey func(dtmf.Event)) *Session {
	t.Helper()
	s, err := New(Config{
		Terms: terms, RTP: w, CNAME: "test", Clock: &handClock{now: beginning}, OnKey: onKey, Learning: LearnNear,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// datagramOf writes a packet.
func datagramOf(t testing.TB, ssrc uint32, seq uint16, timestamp uint32, payloadType uint8, payload string) []byte {
	t.Helper()
	b, err := (&rtp.Packet{Header: rtp.Header{
		Version: 2, SSRC: ssrc, SequenceNumber: seq, Timestamp: timestamp, PayloadType: payloadType,
	}, Payload: []byte(payload)}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// listen sends a letter every 20 ms from a tick on, ticks beside it and returns what is heard.
func listen(t testing.TB, s *Session, tick int, ssrc uint32, seq uint16, letters string) string {
	t.Helper()
	var heard strings.Builder
	for i := range len(letters) {
		now := beginning.Add(time.Duration(tick+i) * 20 * ms)
		if letters[i] != ' ' {
			b := datagramOf(t, ssrc, seq+uint16(i), uint32(tick+i)*160, 8, strings.Repeat(letters[i:i+1], 160))
			s.in.datagram(b, peerAddress, now, false)
		}
		pcm, _ := s.in.tick(now, true)
		if pcm[80] == 0 {
			heard.WriteByte('.')
		} else {
			heard.WriteByte(byte(pcm[80] >> 8))
		}
	}
	return heard.String()
}

func TestReceiverHearsThePeerAcrossALossAndAWrap(t *testing.T) {
	s := newTestSession(t, newWire(), testTerms(), nil)
	if got, want := listen(t, s, 0, 7, 65533, "ABC EFGHIJ"), "..ABC?EFGH"; got != want {
		t.Errorf("heard %q, want %q", got, want)
	}
	stats := s.Stats()
	if stats.Received != (Count{9, 9 * 160}) || stats.Expected != 10 || stats.Lost != 1 || stats.Concealed != 20*ms {
		t.Errorf("received %v, expected %d, lost %d, concealed %v; want {9 1440}, 10, 1, 20ms", stats.Received,
			stats.Expected, stats.Lost, stats.Concealed)
	}
	if stats.Remote != peerAddress || stats.Discarded != (Discards{}) || stats.MOS < 1 || stats.MOS > 4.5 {
		t.Errorf("remote %v, discarded %+v, MOS %v", stats.Remote, stats.Discarded, stats.MOS)
	}
}

func TestAnotherStreamIsTakenOnlyAfterThePeersOwnFellSilent(t *testing.T) {
	s := newTestSession(t, newWire(), testTerms(), nil)
	listen(t, s, 0, 7, 100, "AAAA")
	// Within 200 ms it is foreign; after, five packets in sequence make it believed.
	if heard := listen(t, s, 4, 8, 5000, "BBBBBBBBB"); strings.Contains(heard, "B") {
		t.Errorf("heard %q of a foreign stream", heard)
	}
	d := s.Stats().Discarded
	if d.ForeignStream != 9 || d.Unproven != 0 {
		t.Errorf("foreign %d, unproven %d; want 9, 0", d.ForeignStream, d.Unproven)
	}
	heard := listen(t, s, 13, 8, 5009, "CCCCDEFGHIJK")
	// The end of the old stream is covered up to tick 16; D comes at tick 17 and waits for two more.
	if want := "???...DEFGHI"; heard != want {
		t.Errorf("heard %q, want %q", heard, want)
	}
	stats := s.Stats()
	if stats.Discarded.Unproven != 4 || stats.Lost != 0 {
		t.Errorf("unproven %d, lost %d; want 4, 0", stats.Discarded.Unproven, stats.Lost)
	}
}

func TestPacketsThatAreNotWantedAreCountedByWhy(t *testing.T) {
	good := datagramOf(t, 7, 100, 0, 8, "A")
	padded := append([]byte(nil), good...)
	padded[0] |= 0x20
	padded[len(padded)-1] = 9
	held := testTerms()
	held.Direction = SendOnly
	for _, c := range []struct {
		name   string
		terms  Terms
		packet []byte
		from   string
		want   Discards
	}{
		{"from elsewhere", testTerms(), good, "198.51.100.9:9", Discards{ForeignSource: 1}},
		{"from another port, on probation", testTerms(), good, "192.0.2.1:9", Discards{Unproven: 1}},
		{"too short", testTerms(), good[:11], "", Discards{Malformed: 1}},
		{"of version 1", testTerms(), append([]byte{0x40}, good[1:]...), "", Discards{Malformed: 1}},
		{"with an extension cut off", testTerms(), append([]byte{0x90}, good[1:12]...), "", Discards{Malformed: 1}},
		{"with more padding than payload", testTerms(), padded, "", Discards{Malformed: 1}},
		{"of another type", testTerms(), datagramOf(t, 7, 1, 0, 3, "A"), "", Discards{PayloadType: 1}},
		{"while on hold", held, good, "", Discards{OnHold: 1}},
		{"a key cut short", testTerms(), datagramOf(t, 7, 1, 0, 101, "A"), "", Discards{Keys: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newTestSession(t, newWire(), c.terms, nil)
			from := peerAddress
			if c.from != "" {
				from = netip.MustParseAddrPort(c.from)
			}
			s.in.datagram(c.packet, from, beginning, false)
			if got := s.Stats().Discarded; got != c.want {
				t.Errorf("discarded %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestOurOwnStreamComeBackIsAnsweredWithAnotherNumberOnce(t *testing.T) {
	s := newTestSession(t, newWire(), testTerms(), nil)
	for i := range uint16(3) {
		s.in.datagram(datagramOf(t, s.out.ssrc(), i, 0, 8, "A"), peerAddress, beginning, false)
		if got, want := s.in.takeCollision(), i == 0; got != want {
			t.Errorf("packet %d: collision %v, want %v", i, got, want)
		}
	}
	if got := s.Stats().Discarded.Looped; got != 3 {
		t.Errorf("looped %d, want 3", got)
	}
}

func TestDuplicatesAndStragglersAreCounted(t *testing.T) {
	s := newTestSession(t, newWire(), testTerms(), nil)
	listen(t, s, 0, 7, 100, "AB DEFG")
	send := func(seq uint16) {
		b := datagramOf(t, 7, seq, uint32(seq-100)*160, 8, strings.Repeat("x", 160))
		s.in.datagram(b, peerAddress, beginning.Add(130*ms), false)
	}
	send(106) // G again
	send(102) // the one missing, long after its turn
	got := s.Stats()
	if got.Duplicated != 1 || got.Late != 1 || got.Reordered != 1 {
		t.Errorf("duplicated %d, late %d, reordered %d; want 1 each", got.Duplicated, got.Late, got.Reordered)
	}
}

func TestAKeyIsToldOnceHoweverOftenItIsSent(t *testing.T) {
	var keys []dtmf.Event
	s := newTestSession(t, newWire(), testTerms(), func(e dtmf.Event) { keys = append(keys, e) })
	for i := range uint16(6) {
		payload := []byte{5, 10, 0, 0}
		binary.BigEndian.PutUint16(payload[2:], 160*(i+1))
		if i >= 3 {
			payload[1] |= 0x80
		}
		b := datagramOf(t, 7, 100+i, 8000, 101, string(payload))
		s.in.datagram(b, peerAddress, beginning.Add(time.Duration(i)*20*ms), false)
	}
	if len(keys) != 1 {
		t.Errorf("told %v, want one key", keys)
	}
}
