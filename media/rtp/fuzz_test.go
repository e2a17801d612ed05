package rtp

import (
	"testing"
	"time"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
)

// FuzzDatagrams feeds a session with what may come on its sockets. Each datagram is preceded by a
// byte of flags and one of its length. Whatever comes, each tick yields a whole frame, every
// datagram is accounted for at most once and only an admitted source is learnt.
func FuzzDatagrams(f *testing.F) {
	voice := append([]byte{0x80, 8, 0, 1, 0, 0, 0, 160, 0, 0, 0, 5}, make([]byte, 160)...)
	key := []byte{0x80, 0x80 | 101, 0, 2, 0, 0, 1, 64, 0, 0, 0, 5, 1, 0x8a, 3, 0x20}
	padded := []byte{0xa0, 8, 0, 3, 0, 0, 1, 224, 0, 0, 0, 5, 0xd5, 0xd5, 0, 2}
	extended := []byte{0x91, 8, 0, 4, 0, 0, 2, 128, 0, 0, 0, 5, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 0x10, 1, 0, 0, 0xd5}
	seed := func(mode byte, flagged ...[]byte) {
		all := []byte{mode}
		for i, d := range flagged {
			all = append(append(all, byte(i), byte(len(d))), d...)
		}
		f.Add(all)
	}
	seed(0, voice, fullReport("a"), key, padded, extended)
	seed(1, voice, voice, fullReport("a"), fullReport("b"))
	seed(2, voice, fullReport("a"), key)
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) == 0 {
			return
		}
		s := fuzzedSession(t, input[0])
		now, given := time.Unix(1000, 0), uint64(0)
		for rest := input[1:]; len(rest) >= 2; {
			flags, n := rest[0], min(int(rest[1]), len(rest)-2)
			from := told
			if flags&2 != 0 {
				from = elsewhere
			}
			s.in.datagram(rest[2:2+n], from, now, flags&1 != 0)
			rest = rest[2+n:]
			given++
			if flags&4 != 0 {
				now = now.Add(media.Tick)
				s.Tick(now)
			}
		}
		s.Tick(now.Add(media.Tick))
		got := s.Stats()
		d := got.Discarded
		used := got.Received.Packets + d.Malformed + d.ForeignSource + d.ForeignStream + d.Unproven + d.PayloadType +
			d.Unauthenticated + d.Replayed + d.OnHold + d.Looped + d.OutOfLine
		if used > given {
			t.Errorf("%d datagrams were counted as %+v and %d received", given, d, got.Received.Packets)
		}
		if got.Remote.IsValid() && got.Remote != told {
			t.Errorf("%v was learnt", got.Remote)
		}
	})
}

// wholeFrames fails a test when a frame has not the length of a tick.
type wholeFrames struct{ t *testing.T }

func (wholeFrames) Format() media.Format { return media.Mono(8000) }

func (w wholeFrames) WriteFrame(f media.Frame) error {
	if len(f.PCM) != 160 {
		w.t.Errorf("a frame of %d samples, want 160", len(f.PCM))
	}
	return nil
}

func fuzzedSession(t *testing.T, mode byte) *Session {
	t.Helper()
	cfg := Config{Terms: lawTerms(t), CNAME: "a", RTP: deafConn{}, RTCP: deafConn{}, Clock: newHandClock(), OnKey: func(dtmf.Event) {}}
	cfg.Terms.Remote = told
	cfg.Terms.Mux = mode&1 != 0
	if mode&2 != 0 {
		cfg.Terms.SendKey, cfg.Terms.ReceiveKey = someKey(t, AES128CMSHA180, 1), someKey(t, AES128CMSHA180, 2)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetSink(wholeFrames{t}); err != nil {
		t.Fatal(err)
	}
	return s
}

// FuzzForwarding feeds a session that forwards with what may come on its socket, in the form of
// FuzzDatagrams, with its own sound in between. Whatever comes, all that leaves is of one stream with
// the types agreed on, and no sequence number leaves twice.
func FuzzForwarding(f *testing.F) {
	voice := append([]byte{0x80, 8, 0, 1, 0, 0, 0, 160, 0, 0, 0, 5}, make([]byte, 160)...)
	late := append([]byte{0x80, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5}, make([]byte, 160)...)
	key := []byte{0x80, 0x80 | 101, 0, 2, 0, 0, 1, 64, 0, 0, 0, 5, 1, 0x8a, 3, 0x20}
	seed := func(flagged ...[]byte) {
		var all []byte
		for i, d := range flagged {
			all = append(append(all, byte(i), byte(len(d))), d...)
		}
		f.Add(all)
	}
	seed(voice, late, voice, key, key, voice)
	f.Fuzz(func(t *testing.T, input []byte) {
		br := bridge(t, nil)
		left, given := map[uint16]bool{}, 0
		for rest := input; len(rest) >= 2; {
			flags, n := rest[0], min(int(rest[1]), len(rest)-2)
			br.a.in.datagram(rest[2:2+n], peerAddress, br.now, false)
			rest = rest[2+n:]
			switch {
			case flags&1 != 0:
				br.tick()
			case flags&2 != 0:
				br.forward.Stop()
			case flags&4 != 0:
				if again, err := br.a.Forward(br.b); err == nil {
					br.forward = again
				}
			}
			for _, p := range br.wire.take(t) {
				if p.SSRC != br.b.out.ssrc() || p.PayloadType != 8 && p.PayloadType != 101 || len(p.CSRC) > 0 || p.Extension || p.Padding {
					t.Fatalf("%v left", p)
				}
				if left[p.SequenceNumber] {
					t.Fatalf("number %d left twice", p.SequenceNumber)
				}
				left[p.SequenceNumber] = true
			}
			if given++; given > 1000 {
				return
			}
		}
	})
}
