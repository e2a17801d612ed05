package whisper

import (
	"math"
	"slices"

	"github.com/hotline-cc/hotline/asr"
)

// maxGain bounds the amplification: +24 dB.
const maxGain = 16

// level brings an utterance to one loudness: the frame of 20 ms that is louder than nine tenths of
// all gets the RMS target, full scale being 1. Whisper was trained on well-levelled sound and does not
// level its input itself.
func level(samples []float32, target float64) {
	const frame = asr.SampleRate / 50
	var powers []float64
	for f := range slices.Chunk(samples, frame) {
		sum := 0.0
		for _, x := range f {
			sum += float64(x) * float64(x)
		}
		powers = append(powers, sum/float64(len(f)))
	}
	if len(powers) == 0 {
		return
	}
	slices.Sort(powers)
	loud := math.Sqrt(powers[len(powers)*9/10])
	gain := float32(min(max(target/max(loud, 1e-9), 1), maxGain))
	for i := range samples {
		samples[i] *= gain
	}
}
