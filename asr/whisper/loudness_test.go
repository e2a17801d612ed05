package whisper

import (
	"math"
	"testing"

	"github.com/hotline-cc/hotline/asr"
)

// syllables is a tone of half a second with as long a pause behind it, twice.
func syllables(amplitude, background float64) []float32 {
	out := make([]float32, 2*asr.SampleRate)
	for i := range out {
		a := amplitude
		if i/(asr.SampleRate/2)%2 == 1 {
			a = background
		}
		out[i] = float32(a * math.Sin(float64(i)/5))
	}
	return out
}

func TestLevel(t *testing.T) {
	tests := map[string]struct {
		samples []float32
		gain    float64
	}{
		"quiet":                {syllables(0.05, 0.0001), 0.2 * math.Sqrt2 / 0.05},
		"loud stays":           {syllables(0.8, 0.001), 1},
		"hardly audible":       {syllables(0.001, 0.0001), maxGain},
		"quiet in noise":       {syllables(0.05, 0.005), 0.01 * math.Sqrt2 / 0.005},
		"noise alone":          {syllables(0.05, 0.05), 1},
		"faint noise":          {syllables(0.003, 0.002), 1},
		"silence":              {make([]float32, asr.SampleRate), 1},
		"shorter than a frame": {syllables(0.05, 0)[:100], 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := append([]float32(nil), tt.samples...)
			level(tt.samples, 0.2)
			for i, x := range tt.samples {
				if want := tt.gain * float64(before[i]); math.Abs(float64(x)-want) > 0.05*math.Abs(want) {
					t.Fatalf("sample %d is %f, want %f", i, x, want)
				}
			}
		})
	}
	level(nil, 0.2)
}
