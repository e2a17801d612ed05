package rtp

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/rtp"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
)

// bridged are two sessions on wires: what a receives b sends.
type bridged struct {
	t       testing.TB
	a, b    *Session
	wire    *wire // of b
	clock   *handClock
	forward *Forwarding
	keys    []dtmf.Event // that a was told
	now     time.Time
}

func bridge(t testing.TB, change func(a, b *Terms)) *bridged {
	t.Helper()
	br := &bridged{t: t, wire: newWire(), clock: &handClock{now: beginning}, now: beginning}
	a, b := testTerms(), testTerms()
	if change != nil {
		change(&a, &b)
	}
	br.a = br.session(a, newWire())
	br.b = br.session(b, br.wire)
	var err error
	if br.forward, err = br.a.Forward(br.b); err != nil {
		t.Fatal(err)
	}
	return br
}

func (br *bridged) session(terms Terms, w *wire) *Session {
	br.t.Helper()
	s, err := New(Config{Terms: terms, RTP: w, CNAME: "test", Clock: br.clock, OnKey: func(e dtmf.Event) { br.keys = append(br.keys, e) }})
	if err != nil {
		br.t.Fatal(err)
	}
	if err := s.SetSource(&hum{hertz: toneA}); err != nil {
		br.t.Fatal(err)
	}
	return s
}

// hears gives a packet to a.
func (br *bridged) hears(seq uint16, timestamp uint32, payloadType uint8, payload string) {
	br.t.Helper()
	br.a.in.datagram(datagramOf(br.t, 7, seq, timestamp, payloadType, payload), peerAddress, br.now, false)
}

// tick lets 20 ms go by.
func (br *bridged) tick() {
	br.clock.pass(media.Tick)
	br.now = br.now.Add(media.Tick)
	br.a.Tick(br.now)
	br.b.Tick(br.now)
}

// sent tells what b sent, beside the first packet of all.
type sent struct {
	Seq    int16
	Time   int32
	Type   uint8
	Marker bool
	First  string // letter of the payload
}

func (br *bridged) sent(packets []rtp.Packet, first rtp.Packet) (all []sent) {
	for _, p := range packets {
		if p.SSRC != br.b.out.ssrc() {
			br.t.Errorf("a packet of stream %x left", p.SSRC)
		}
		all = append(all, sent{
			int16(p.SequenceNumber - first.SequenceNumber), int32(p.Timestamp - first.Timestamp), p.PayloadType, p.Marker, string(p.Payload[:1]),
		})
	}
	return all
}

func (br *bridged) want(want []sent) {
	br.t.Helper()
	packets := br.wire.take(br.t)
	if len(packets) == 0 {
		br.t.Fatal("nothing left")
	}
	if diff := cmp.Diff(want, br.sent(packets, packets[0])); diff != "" {
		br.t.Error(diff)
	}
}

func TestForwardedPacketsLeaveAtOnceAsAPartOfOurStream(t *testing.T) {
	br := bridge(t, func(_, b *Terms) { b.SendType = 97 })
	br.hears(65534, 1000, 8, "a")
	br.hears(65535, 1160, 8, "b")
	br.hears(1, 1480, 8, "d") // c is late
	br.hears(0, 1320, 8, "c")
	br.hears(0, 1320, 8, "c")
	br.hears(4, 1960, 8, "g") // e and f are lost
	br.want([]sent{{0, 0, 97, true, "a"}, {1, 160, 97, false, "b"}, {3, 480, 97, false, "d"}, {2, 320, 97, false, "c"}, {6, 960, 97, false, "g"}})
	if got := br.a.Stats(); got.Forwarded.Packets != 5 || got.Duplicated != 1 || got.Lost != 1 {
		t.Errorf("%d forwarded, %d duplicates, %d lost; want 5, 1 and 2 less 1 that came twice", got.Forwarded.Packets, got.Duplicated, got.Lost)
	}
	if got := br.b.Stats().Sent.Packets; got != 5 {
		t.Errorf("%d packets sent", got)
	}
}

func TestOurSoundAndForwardedSoundTakeTurnsOnOneTimeline(t *testing.T) {
	br := bridge(t, nil)
	br.forward.Stop()
	br.tick() // ticks 0 and 1 are our own
	br.tick()
	var err error
	if br.forward, err = br.a.Forward(br.b); err != nil {
		t.Fatal(err)
	}
	br.hears(100, 50_000, 8, "a")
	br.tick()
	br.hears(101, 50_160, 8, "b")
	br.tick()
	br.forward.Stop()
	br.hears(102, 50_320, 8, "c")
	br.tick()
	own := string([]byte{0})
	br.want([]sent{
		{0, 0, 8, true, own}, {1, 160, 8, false, br.letterOf(1)}, {2, 320, 8, true, "a"}, {3, 480, 8, false, "b"}, {4, 640, 8, true, br.letterOf(2)},
	})
	select {
	case <-br.forward.Done():
	default:
		t.Error("not done after Stop")
	}
	if err := br.forward.Err(); err != nil {
		t.Errorf("ended by %v", err)
	}
}

// letterOf is how the first sample of a tick of our hum is spelt.
func (br *bridged) letterOf(tick int) string {
	pcm := make([]int16, 160)
	h := &hum{hertz: toneA}
	for range tick + 1 {
		h.ReadFrame(pcm)
	}
	return string([]byte{byte(pcm[0] >> 8)})
}

func TestOneLegAfterAnotherIsForwarded(t *testing.T) {
	br := bridge(t, nil)
	br.hears(100, 50_000, 8, "a")
	br.hears(101, 50_160, 8, "b")
	br.forward.Stop()
	first := br.a
	br.a = br.session(testTerms(), newWire())
	if _, err := br.a.Forward(br.b); err != nil {
		t.Fatal(err)
	}
	br.hears(7, 900, 8, "c")
	br.hears(8, 1060, 8, "d")
	br.a = first
	br.hears(102, 50_320, 8, "x")
	br.want([]sent{{0, 0, 8, true, "a"}, {1, 160, 8, false, "b"}, {2, 320, 8, true, "c"}, {3, 480, 8, false, "d"}})
}

func TestTheTimelineNeverGoesBack(t *testing.T) {
	br := bridge(t, nil)
	br.tick()
	for i := range 10 { // a burst, far ahead of time
		br.hears(uint16(i), uint32(i)*160, 8, "a")
	}
	br.forward.Stop()
	br.tick()
	packets := br.wire.take(t)
	for i := 1; i < len(packets); i++ {
		if step := int32(packets[i].Timestamp - packets[i-1].Timestamp); step != 160 {
			t.Errorf("packet %d is %d after the one before", i, step)
		}
		if packets[i].SequenceNumber != packets[i-1].SequenceNumber+1 {
			t.Errorf("packet %d has a gap before it", i)
		}
	}
}

func TestAHoldOfTheOtherSideIsAPauseAndNoLoss(t *testing.T) {
	br := bridge(t, nil)
	br.tick()
	br.hears(1, 160, 8, "a")
	terms := testTerms()
	terms.Direction = RecvOnly
	if err := br.b.Update(terms); err != nil {
		t.Fatal(err)
	}
	for i := range uint16(5) {
		br.tick()
		br.hears(2+i, uint32(2+i)*160, 8, "h")
	}
	if err := br.b.Update(testTerms()); err != nil {
		t.Fatal(err)
	}
	br.tick()
	br.hears(7, 7*160, 8, "b")
	br.want([]sent{{0, 0, 8, true, "a"}, {1, 960, 8, true, "b"}})
}

func TestKeysAreForwardedAsEvents(t *testing.T) {
	press := string([]byte{5, 0x0a, 0, 160})
	for _, c := range []struct {
		name   string
		change func(a, b *Terms)
		want   uint8 // payload type they leave with; 0 is not at all
		ticks  int
	}{
		{"with the other payload type", func(_, b *Terms) { b.KeySendType = 110 }, 110, 0},
		{"anew when its clock is another", func(_, b *Terms) { b.KeyClock = 16000 }, 101, 1},
		{"not at all when the other takes none", func(_, b *Terms) { b.KeySendType = 0 }, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			br := bridge(t, c.change)
			br.tick()
			br.hears(1, 160, 101, press)
			for range c.ticks {
				br.tick()
			}
			packets := br.wire.take(t)
			if c.want == 0 {
				if len(packets) > 0 {
					t.Errorf("%d packets left", len(packets))
				}
			} else if len(packets) != 1 || packets[0].PayloadType != c.want || packets[0].Payload[0] != 5 {
				t.Errorf("%v left, want an event of type %d", packets, c.want)
			}
			if len(br.keys) != 1 || br.keys[0].Key != '5' {
				t.Errorf("told %v, want the key 5", br.keys)
			}
		})
	}
}

func TestWhatIsNotForwardedIsNoGap(t *testing.T) {
	br := bridge(t, func(_, b *Terms) { b.KeySendType = 0 })
	br.tick()
	br.hears(1, 160, 8, "a")
	br.hears(2, 320, 101, string([]byte{5, 0x0a, 0, 160}))
	br.hears(3, 320, 101, string([]byte{5, 0x8a, 0, 160}))
	br.hears(4, 480, 8, "b")
	br.want([]sent{{0, 0, 8, true, "a"}, {1, 160, 8, true, "b"}})
}

func TestOurKeysInterruptForwardedSound(t *testing.T) {
	br := bridge(t, nil)
	br.tick()
	br.hears(1, 160, 8, "a")
	if err := br.b.SendKeys(40*time.Millisecond, '7'); err != nil {
		t.Fatal(err)
	}
	br.hears(2, 320, 8, "b")
	for i := range uint16(8) {
		br.tick()
		br.hears(3+i, uint32(3+i)*160, 8, "c")
	}
	types := map[uint8]int{}
	packets := br.wire.take(t)
	for i, p := range packets {
		types[p.PayloadType]++
		if i > 0 && p.SequenceNumber != packets[i-1].SequenceNumber+1 {
			t.Errorf("packet %d has a gap before it", i)
		}
	}
	if types[101] != 4 || types[8] < 2 || types[8] > 5 {
		t.Errorf("%v packets of each type, want 4 of the key and the sound around it", types)
	}
	if last := packets[len(packets)-1]; last.PayloadType != 8 {
		t.Errorf("the sound does not go on: %v", last)
	}
}

func TestNobodyListensSoNothingIsDecoded(t *testing.T) {
	br := bridge(t, nil)
	asked := &countingSource{}
	if err := br.b.SetSource(asked); err != nil {
		t.Fatal(err)
	}
	for i := range uint16(20) {
		br.hears(i, uint32(i)*160, 8, strings.Repeat("a", 160))
		br.tick()
	}
	if got := br.a.Stats(); got.Waiting != 0 || got.Forwarded.Packets != 20 {
		t.Errorf("%d packets wait to be decoded, %d were forwarded", got.Waiting, got.Forwarded.Packets)
	}
	if asked.n != 0 {
		t.Errorf("the source was asked %d times", asked.n)
	}
	var sink ear
	if err := br.a.SetSink(&sink); err != nil {
		t.Fatal(err)
	}
	for i := range uint16(20) {
		br.tick()
		br.hears(20+i, uint32(20+i)*160, 8, strings.Repeat("a", 160))
	}
	heard := 0
	for _, v := range sink.pcm {
		if byte(v>>8) == 'a' {
			heard++
		}
	}
	if len(sink.frames) != 20 || heard < 10*160 {
		t.Errorf("the sink got %d frames with %d samples of sound", len(sink.frames), heard)
	}
}

// countingSource counts how often it is asked.
type countingSource struct{ n int }

func (*countingSource) Format() media.Format { return media.Mono(8000) }

func (c *countingSource) ReadFrame([]int16) bool { c.n++; return false }

func TestAnotherCodecEndsForwarding(t *testing.T) {
	for name, side := range map[string]func(*bridged) *Session{
		"of who receives": func(br *bridged) *Session { return br.a },
		"of who sends":    func(br *bridged) *Session { return br.b },
	} {
		t.Run(name, func(t *testing.T) {
			br := bridge(t, nil)
			other := testTerms()
			other.Codec.Name = "other"
			other.Encoder = &struct{ spellingEncoder }{}
			other.Decoder = &struct{ spellingDecoder }{}
			if err := side(br).Update(other); err != nil {
				t.Fatal(err)
			}
			select {
			case <-br.forward.Done():
			default:
				t.Fatal("it goes on")
			}
			if err := br.forward.Err(); !errors.Is(err, errCodec) {
				t.Errorf("ended by %v", err)
			}
			br.hears(1, 160, 8, "a")
			if br.wire.n != 0 {
				t.Error("a packet was forwarded")
			}
			if _, err := br.a.Forward(br.b); !errors.Is(err, errCodec) {
				t.Errorf("forwarding between different codecs: %v", err)
			}
		})
	}
}

func TestForwardingIsRefusedTwice(t *testing.T) {
	br := bridge(t, nil)
	third := br.session(testTerms(), newWire())
	for name, c := range map[string]struct {
		from, to *Session
		want     error
	}{
		"of the same leg": {br.a, third, errTaken},
		"to the same leg": {third, br.b, errTaken},
		"to itself":       {third, third, errItself},
	} {
		if _, err := c.from.Forward(c.to); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := third.Forward(br.a); err != nil {
		t.Errorf("a refusal has left something behind: %v", err)
	}
}
