package plc

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func mustNew(t testing.TB, rate int) *Concealer {
	t.Helper()
	c, err := New(rate)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// voiced is a buzz of a pitch in Hz with a few harmonics, like a held vowel.
func voiced(rate int, pitch float64, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		x := 2 * math.Pi * pitch * float64(i) / float64(rate)
		pcm[i] = int16(7000*math.Sin(x) + 3000*math.Sin(3*x+1) + 1500*math.Sin(7*x+2))
	}
	return pcm
}

func rms(pcm []int16) float64 {
	var sum float64
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(max(len(pcm), 1)))
}

func feed(c *Concealer, pcm []int16, tick int) {
	for part := range slices.Chunk(slices.Clone(pcm), tick) {
		c.Received(part)
	}
}

func TestALostTickOfAVowelIsContinuedInPhase(t *testing.T) {
	for _, rate := range []int{8000, 16000} {
		for _, pitch := range []float64{70, 100, 133, 180, 250, 400} {
			c, tick := mustNew(t, rate), rate/50
			voice := voiced(rate, pitch, 8*tick)
			feed(c, voice[:6*tick], tick)
			got := c.Conceal(nil, tick)
			want := voice[6*tick : 7*tick]
			var noise float64
			for i := range rate / 100 { // the level is kept for 10 ms
				noise += math.Pow(float64(got[i])-float64(want[i]), 2)
			}
			snr := 20*math.Log10(rms(want[:rate/100])) - 10*math.Log10(noise/float64(rate/100))
			if snr < 10 {
				t.Errorf("%d Hz, pitch %.0f: SNR %.1f dB, want at least 10", rate, pitch, snr)
			}
		}
	}
}

func TestALongLossFadesToSilenceWithinSixtyMilliseconds(t *testing.T) {
	c := mustNew(t, 8000)
	feed(c, voiced(8000, 120, 1600), 160)
	before := rms(c.heard[len(c.heard)-80:])
	out := c.Conceal(nil, 640)
	for i, share := range []float64{1, 0.9, 0.7, 0.5, 0.3, 0.1} {
		if level := rms(out[i*80:(i+1)*80]) / before; math.Abs(level-share) > 0.15 {
			t.Errorf("level from %d ms is %.2f of the speech, want about %.2f", i*10, level, share)
		}
	}
	if tail := out[480:]; slices.Max(tail) != 0 || slices.Min(tail) != 0 {
		t.Error("sound is left after 60 ms")
	}
	if more := c.Conceal(nil, 160); rms(more) != 0 {
		t.Error("sound comes back while the loss goes on")
	}
}

// TestNoClicks bounds the steps between neighbours at the start and the end of a loss by those
// of the voice itself.
func TestNoClicks(t *testing.T) {
	voice := voiced(8000, 110, 160*20)
	steepest := steepestStep(voice)
	for lost := 1; lost <= 5; lost++ {
		c := mustNew(t, 8000)
		feed(c, voice[:8*160], 160)
		out := c.Conceal(slices.Clone(voice[7*160:8*160]), lost*160)
		back := slices.Clone(voice[(8+lost)*160 : (9+lost)*160])
		c.Received(back)
		if step := steepestStep(append(out, back...)); step > 1.5*steepest {
			t.Errorf("%d ticks lost: step of %.0f, the voice has %.0f", lost, step, steepest)
		}
	}
}

func steepestStep(pcm []int16) float64 {
	steepest := 0.0
	for i := 1; i < len(pcm); i++ {
		steepest = max(steepest, math.Abs(float64(pcm[i])-float64(pcm[i-1])))
	}
	return steepest
}

func TestAWholeStreamIsLeftAlone(t *testing.T) {
	c, voice := mustNew(t, 8000), voiced(8000, 150, 800)
	got := slices.Clone(voice)
	feed(c, got[:400], 160)
	c.Received(got[400:])
	if !slices.Equal(got, voice) {
		t.Error("samples changed without a loss")
	}
}

func TestLossBeforeTheFirstPacketIsSilence(t *testing.T) {
	if out := mustNew(t, 16000).Conceal(nil, 320); len(out) != 320 || rms(out) != 0 {
		t.Errorf("got %d samples of level %.0f, want 320 of silence", len(out), rms(out))
	}
}

func TestRatesThePitchSearchCannotServeAreRefused(t *testing.T) {
	for _, rate := range []int{0, 4000, 11025, 96000} {
		if _, err := New(rate); err == nil || !strings.Contains(err.Error(), "8000…48000") {
			t.Errorf("New(%d) = %v, want an error naming the range", rate, err)
		}
	}
}

func TestConcealDoesNotAllocate(t *testing.T) {
	c, tick := mustNew(t, 16000), make([]int16, 320)
	dst := make([]int16, 0, 320)
	n := testing.AllocsPerRun(100, func() {
		c.Received(tick)
		dst = c.Conceal(dst[:0], 320)
	})
	if n != 0 {
		t.Errorf("%v allocations per lost tick", n)
	}
}

func FuzzConceal(f *testing.F) {
	f.Add([]byte{10, 200, 30}, uint16(500))
	f.Fuzz(func(t *testing.T, data []byte, n uint16) {
		c := mustNew(t, 8000)
		pcm := make([]int16, len(data))
		for i, v := range data {
			pcm[i] = int16(v)<<8 | int16(v)
		}
		c.Received(pcm)
		for _, length := range []int{int(n) % 1000, 1, 160} {
			if out := c.Conceal(nil, length); len(out) != length {
				t.Fatalf("asked for %d samples, got %d", length, len(out))
			}
			c.Received(slices.Clone(pcm))
		}
	})
}

func BenchmarkConcealTick(b *testing.B) {
	c, tick := mustNew(b, 16000), voiced(16000, 120, 320)
	dst := make([]int16, 0, 320)
	b.ReportAllocs()
	for b.Loop() {
		c.Received(tick)
		dst = c.Conceal(dst[:0], 320)
	}
}
