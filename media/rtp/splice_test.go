package rtp

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/media"
)

// plainDecoder takes samples as they are.
type plainDecoder struct{ spellingDecoder }

func (plainDecoder) Decode(dst []int16, payload []byte) ([]int16, error) {
	for i := 0; i < len(payload); i += 2 {
		dst = append(dst, int16(binary.LittleEndian.Uint16(payload[i:])))
	}
	return dst, nil
}

// TestAClockThatIsWrongIsNotHeard has somebody hum for ten minutes by a clock that is wrong: the tone stays whole, and
// the delay does not grow.
func TestAClockThatIsWrongIsNotHeard(t *testing.T) {
	const minutes, hertz, peak = 10 * time.Minute, 437, 8000
	for _, perMillion := range []int64{100, -100, 300} {
		p := newPlayout(t)
		p.decoder = plainDecoder{}
		said, next := 0, time.Duration(0)
		var before [2]int16
		worst, moved := 0.0, 0
		var least, most time.Duration
		for now := time.Duration(0); now < minutes; now += media.Tick {
			for ; next <= now; said++ {
				payload := make([]byte, 0, 320)
				for i := range 160 {
					v := int16(peak * math.Sin(2*math.Pi*hertz*float64(said*160+i)/8000))
					payload = binary.LittleEndian.AppendUint16(payload, uint16(v))
				}
				p.buffer.insert(int64(said), uint32(said*160), payload, next)
				next = time.Duration(said+1) * media.Tick * 1_000_000 / time.Duration(1_000_000+perMillion)
			}
			pcm, masked := p.tick(now)
			if now < 5*time.Second { // it begins, and the delay settles
				before = [2]int16{pcm[158], pcm[159]}
				continue
			}
			if masked {
				t.Fatalf("%d ppm: made up at %v", perMillion, now)
			}
			for _, v := range pcm {
				// Of a sine, each sample follows from the two before it.
				follows := 2*math.Cos(2*math.Pi*hertz/8000)*float64(before[1]) - float64(before[0])
				worst = max(worst, math.Abs(float64(v)-follows))
				before = [2]int16{before[1], v}
			}
			delay := p.buffer.delay(now, media.Mono(8000).Duration(len(p.decoded)))
			if moved == 0 {
				least, most = delay, delay
			}
			moved++
			least, most = min(least, delay), max(most, delay)
		}
		if worst > peak/100 {
			t.Errorf("%d ppm: a click of %.0f, %.1f %% of the tone", perMillion, worst, 100*worst/peak)
		}
		if most-least > 40*ms {
			t.Errorf("%d ppm: the delay is %v to %v", perMillion, least, most)
		}
	}
}
