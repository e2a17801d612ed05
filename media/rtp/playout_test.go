package rtp

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/media"
)

var testCodec = media.Codec{Name: "PCMA", PayloadType: 8, PCMRate: 8000, RTPClock: 8000, Channels: 1}

// concealment is the sample that spellingDecoder puts for lost sound.
const concealment = '?' << 8

// spellingDecoder turns each byte into a sample that still tells it, so that sound reads as text.
type spellingDecoder struct{}

func (spellingDecoder) Decode(dst []int16, payload []byte) ([]int16, error) {
	for _, b := range payload {
		dst = append(dst, int16(b)<<8)
	}
	return dst, nil
}

func (spellingDecoder) Conceal(dst []int16, n int) []int16 {
	for range n {
		dst = append(dst, concealment)
	}
	return dst
}

func newPlayout(t testing.TB) *playout {
	t.Helper()
	cfg, err := JitterConfig{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	p := &playout{}
	p.buffer.cfg = cfg
	p.use(testCodec, spellingDecoder{})
	return p
}

// spoken is a packet of 20 ms of a letter.
type spoken struct {
	letter  byte
	at      time.Duration // when it comes
	skipped int           // ticks of silence the sender left out before
	missing bool
}

// even gives each letter its packet, 20 ms apart; a blank is a packet that is lost.
func even(letters string) (packets []spoken) {
	for i := range len(letters) {
		packets = append(packets, spoken{letters[i], time.Duration(i) * 20 * ms, 0, letters[i] == ' '})
	}
	return packets
}

// after holds up one packet of a stream.
func after(packets []spoken, index int, held time.Duration) []spoken {
	packets[index].at += held
	return packets
}

// hear plays packets for a number of ticks and spells them: a dot is silence.
func hear(p *playout, packets []spoken, timestamp uint32, ticks int) (heard string, fates map[fate]int) {
	var text strings.Builder
	fates = map[fate]int{}
	given := make([]bool, len(packets))
	for tick := range ticks {
		now := time.Duration(tick) * 20 * ms
		stamp := timestamp
		for i, s := range packets {
			stamp += uint32(160 * s.skipped)
			if !given[i] && !s.missing && s.at <= now {
				given[i] = true
				payload := []byte(strings.Repeat(string(s.letter), 160))
				fates[p.buffer.insert(int64(1000+i), stamp, payload, s.at)]++
			}
			stamp += 160
		}
		pcm, _ := p.tick(now)
		if pcm[80] == 0 {
			text.WriteByte('.')
		} else {
			text.WriteByte(byte(pcm[80] >> 8))
		}
	}
	return text.String(), fates
}

func TestSoundIsHeardAsItWasSpoken(t *testing.T) {
	for _, c := range []struct {
		name      string
		packets   []spoken
		heard     string
		late      int
		concealed time.Duration
		stretched time.Duration
		ranDry    uint64
	}{
		{name: "an even stream after the start delay", packets: even("ABCDEF"), heard: "..ABCDEF"},
		{name: "a packet held up within the delay", packets: after(even("ABCDEF"), 2, 15*ms), heard: "..ABCDEF"},
		{name: "one lost packet is concealed", packets: even("AB DEF"), heard: "..AB?DEF", concealed: 20 * ms},
		{name: "two lost packets are concealed", packets: even("AB  EF"), heard: "..AB??EF", concealed: 40 * ms},
		{
			name: "a packet too late is concealed, and the delay grows", packets: after(even("ABCDEFGH"), 2, 45*ms),
			heard: "..AB?DDEFGH", late: 1, concealed: 20 * ms, stretched: 30 * ms, ranDry: 0,
		},
		{
			name:    "a pause is as long as it was spoken, and concealed for 200 ms",
			packets: append(even("AB"), spoken{'C', 400 * ms, 18, false}, spoken{'D', 420 * ms, 0, false}),
			heard:   "..AB??????????........CD", concealed: 200 * ms, ranDry: 1,
		},
		{
			name: "a peer that stops is concealed for 200 ms", packets: even("ABC"),
			heard: "..ABC??????????.....", concealed: 200 * ms, ranDry: 1,
		},
	} {
		for _, start := range []uint32{0, math.MaxUint32 - 300, math.MaxInt32 - 300} {
			t.Run(c.name, func(t *testing.T) {
				p := newPlayout(t)
				got, fates := hear(p, c.packets, start, len(c.heard))
				if got != c.heard {
					t.Errorf("from %d: heard %q, want %q", start, got, c.heard)
				}
				if fates[late] != c.late || p.concealed != c.concealed || p.stretched != c.stretched || p.ranDry != c.ranDry {
					t.Errorf("from %d: %d late, %v concealed, %v stretched, %d times dry; want %d, %v, %v, %d", start,
						fates[late], p.concealed, p.stretched, p.ranDry, c.late, c.concealed, c.stretched, c.ranDry)
				}
			})
		}
	}
}

func TestOnlySubstitutesAreMasked(t *testing.T) {
	p := newPlayout(t)
	var masked strings.Builder
	for tick := range int64(8) {
		now := time.Duration(tick) * 20 * ms
		if tick != 3 {
			p.buffer.insert(1000+tick, uint32(tick*160), make([]byte, 160), now)
		}
		if _, m := p.tick(now); m {
			masked.WriteByte('?')
		} else {
			masked.WriteByte('-')
		}
	}
	if got, want := masked.String(), "-----?--"; got != want {
		t.Errorf("masked %q, want %q", got, want)
	}
}

func TestAStreamThatIsDelayedForGoodIsHeardAgain(t *testing.T) {
	p := newPlayout(t)
	packets := even(strings.Repeat("ABCDE", 40))
	for i := 20; i < len(packets); i++ {
		packets[i].at += 600 * ms
	}
	heard, _ := hear(p, packets, 0, 240)
	if got := strings.Count(heard, "ABCDE"); got < 37 {
		t.Errorf("heard %d of 40 words: %q", got, heard)
	}
	if p.buffer.target > p.buffer.cfg.Max {
		t.Errorf("target %v", p.buffer.target)
	}
}

func TestClockDriftIsMadeUpFor(t *testing.T) {
	const minutes = 5 * time.Minute
	for _, c := range []struct {
		name      string
		perMillon int64 // how much faster the peer's clock runs
		loud      byte
		shortened time.Duration
		stretched time.Duration
	}{
		{"the peer's clock is right", 0, 'A', 0, 0},
		{"the peer's clock runs fast while it speaks", 300, 'A', 90 * ms, 0},
		{"the peer's clock runs fast while it is quiet", 300, 0, 90 * ms, 0},
		{"the peer's clock runs slow", -300, 'A', 0, 90 * ms},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlayout(t)
			payload := []byte(strings.Repeat(string(c.loud), 160))
			var next time.Duration
			seq := int64(0)
			for now := time.Duration(0); now < minutes; now += media.Tick {
				for ; next <= now; seq++ {
					if f := p.buffer.insert(1000+seq, uint32(seq*160), payload, next); f != kept {
						t.Fatalf("packet %d at %v: fate %d", seq, next, f)
					}
					next = time.Duration((seq+1)*int64(20*ms)) * 1_000_000 / time.Duration(1_000_000+c.perMillon)
				}
				p.tick(now)
				if n := p.buffer.waiting(); n > 4 {
					t.Fatalf("%d packets wait at %v", n, now)
				}
			}
			t.Logf("shortened %v, stretched %v, concealed %v, dry %d", p.shortened, p.stretched, p.concealed, p.ranDry)
			// The delay may have moved by a tick and the slack on either side.
			if p.shortened < c.shortened-45*ms || p.shortened > c.shortened+25*ms || c.shortened == 0 && p.shortened > 0 {
				t.Errorf("shortened %v, want about %v", p.shortened, c.shortened)
			}
			if p.stretched < c.stretched-45*ms || p.stretched > c.stretched+25*ms || c.stretched == 0 && p.stretched > 0 {
				t.Errorf("stretched %v, want about %v", p.stretched, c.stretched)
			}
			if p.concealed != 0 || p.ranDry != 0 || p.tooLate != 0 {
				t.Errorf("concealed %v, dry %d times, %d too late; want none", p.concealed, p.ranDry, p.tooLate)
			}
		})
	}
}
