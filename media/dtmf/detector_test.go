package dtmf_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/media/dtmf"
)

const allKeys = "0123456789*#ABCD"

// line is a telephone line on which keys are pressed.
type line struct {
	rate    int
	length  time.Duration // of each key
	off     float64       // error of the frequencies
	low     float64       // peak of the row's tone
	high    float64       // peak of the column's
	noise   float64       // deviation of the noise
	shifted int           // samples before the first key
}

func (l line) press(keys string) []int16 {
	rng := rand.New(rand.NewPCG(1, uint64(l.shifted)))
	pause, n := l.rate*60/1000, int(l.length.Seconds()*float64(l.rate))
	var pcm []int16
	add := func(samples int, f func(t float64) float64) {
		for i := range samples {
			v := f(float64(i)/float64(l.rate)) + rng.NormFloat64()*l.noise
			pcm = append(pcm, int16(max(math.MinInt16, min(v, math.MaxInt16))))
		}
	}
	silence := func(float64) float64 { return 0 }
	add(l.shifted, silence)
	for _, k := range keys {
		row, column := frequencies(byte(k))
		add(pause, silence)
		add(n, func(t float64) float64 {
			w := 2 * math.Pi * (1 + l.off) * t
			return l.low*math.Sin(w*row) + l.high*math.Sin(w*column+1)
		})
	}
	add(2*pause, silence)
	return pcm
}

func frequencies(k byte) (row, column float64) {
	i := strings.IndexByte("123A456B789C*0#D", k)
	return []float64{697, 770, 852, 941}[i/4], []float64{1209, 1336, 1477, 1633}[i%4]
}

func detect(tb testing.TB, rate int, pcm []int16) string {
	tb.Helper()
	d, err := dtmf.NewDetector(rate)
	if err != nil {
		tb.Fatal(err)
	}
	var keys strings.Builder
	for n := rate / 50; len(pcm) >= n; pcm = pcm[n:] {
		if e, ok := d.Process(pcm[:n], time.Time{}); ok {
			keys.WriteString(e.Key.String())
		}
	}
	return keys.String()
}

func TestTonesAreHeardAsKeys(t *testing.T) {
	ms := time.Millisecond
	tests := map[string]struct {
		line line
		want string
	}{
		"clear":                 {line{length: 80 * ms, low: 6000, high: 6000}, allKeys},
		"shortest":              {line{length: 40 * ms, low: 6000, high: 6000}, allKeys},
		"long":                  {line{length: 1500 * ms, low: 6000, high: 6000}, allKeys},
		"faint":                 {line{length: 60 * ms, low: 400, high: 400}, allKeys},
		"loudest":               {line{length: 60 * ms, low: 20000, high: 20000}, allKeys},
		"noisy":                 {line{length: 50 * ms, low: 6000, high: 6000, noise: 900}, allKeys},
		"frequencies too high":  {line{length: 45 * ms, off: 0.015, low: 6000, high: 6000}, allKeys},
		"frequencies too low":   {line{length: 45 * ms, off: -0.015, low: 6000, high: 6000}, allKeys},
		"high tones weakened":   {line{length: 50 * ms, low: 8000, high: 4000}, allKeys},
		"low tones weakened":    {line{length: 50 * ms, low: 4000, high: 6000}, allKeys},
		"too short":             {line{length: 20 * ms, low: 6000, high: 6000}, ""},
		"other frequencies":     {line{length: 80 * ms, off: 0.035, low: 6000, high: 6000}, ""},
		"under the noise":       {line{length: 80 * ms, low: 2000, high: 2000, noise: 3000}, ""},
		"only the row's tone":   {line{length: 80 * ms, low: 6000, high: 300}, ""},
		"only the column's":     {line{length: 80 * ms, low: 300, high: 6000}, ""},
		"too faint to be heard": {line{length: 80 * ms, low: 150, high: 150}, ""},
	}
	for name, tt := range tests {
		for _, rate := range []int{8000, 16000, 48000} {
			t.Run(fmt.Sprintf("%s at %d Hz", name, rate), func(t *testing.T) {
				for shifted := range 4 {
					tt.line.rate, tt.line.shifted = rate, shifted*rate/370
					if got := detect(t, rate, tt.line.press(allKeys)); got != tt.want {
						t.Errorf("shifted by %d samples: heard %q, want %q", tt.line.shifted, got, tt.want)
					}
				}
			})
		}
	}
}

func TestAKeyPressedTwiceCountsTwice(t *testing.T) {
	l := line{rate: 8000, length: 60 * time.Millisecond, low: 6000, high: 6000}
	if got := detect(t, 8000, l.press("5500")); got != "5500" {
		t.Errorf("heard %q, want 5500", got)
	}
}

// voice is a vowel with vibrato: a row of glottal pulses through the formants of the vowel.
func voice(rate int, pitch float64, formants [3]float64, length time.Duration) []int16 {
	pcm := make([]int16, int(length.Seconds()*float64(rate)))
	var phase, glottis float64
	var state [3][2]float64
	for i := range pcm {
		seconds := float64(i) / float64(rate)
		phase += pitch * (1 + 0.03*math.Sin(2*math.Pi*5*seconds)) / float64(rate)
		v := 0.0
		if phase >= 1 {
			phase--
			v = 3000
		}
		// A pulse is round: above 100 Hz a voice falls by 6 dB an octave.
		glottis += (v - glottis) * (1 - math.Exp(-2*math.Pi*100/float64(rate)))
		v, out := glottis*12, 0.0
		for f, hz := range formants {
			const bandwidth = 80
			r := math.Exp(-math.Pi * bandwidth / float64(rate))
			y := v + 2*r*math.Cos(2*math.Pi*hz/float64(rate))*state[f][0] - r*r*state[f][1]
			state[f][1], state[f][0] = state[f][0], y
			out += y
		}
		pcm[i] = int16(max(math.MinInt16, min(out, math.MaxInt16)))
	}
	return pcm
}

// The formants include vowels whose first two meet a row and a column exactly.
func TestVoicesPressNoKeys(t *testing.T) {
	for _, formants := range [][3]float64{
		{697, 1209, 2500}, {770, 1336, 2500}, {852, 1477, 2600}, {941, 1633, 2700}, {730, 1090, 2440}, {270, 2290, 3010}, {300, 870, 2240},
	} {
		for pitch := 80.0; pitch <= 320; pitch += 5 {
			if got := detect(t, 8000, voice(8000, pitch, formants, time.Second)); got != "" {
				t.Errorf("a voice of %v Hz with formants %v pressed %q", pitch, formants, got)
			}
		}
	}
}

func TestDetectorRefusesOddRates(t *testing.T) {
	for _, rate := range []int{0, 7900, 8050, 96000} {
		if _, err := dtmf.NewDetector(rate); err == nil {
			t.Errorf("rate %d was taken", rate)
		}
	}
}

func TestDetectingDoesNotAllocate(t *testing.T) {
	d, err := dtmf.NewDetector(8000)
	if err != nil {
		t.Fatal(err)
	}
	pcm := line{rate: 8000, length: 60 * time.Millisecond, low: 6000, high: 6000}.press("5")[:160]
	if n := testing.AllocsPerRun(100, func() { d.Process(pcm, time.Time{}) }); n != 0 {
		t.Errorf("%v allocations for a tick", n)
	}
}

func BenchmarkDetectTick(b *testing.B) {
	d, err := dtmf.NewDetector(8000)
	if err != nil {
		b.Fatal(err)
	}
	pcm := line{rate: 8000, length: 60 * time.Millisecond, low: 6000, high: 6000}.press("5")[480:640]
	b.ReportAllocs()
	for b.Loop() {
		d.Process(pcm, time.Time{})
	}
}
