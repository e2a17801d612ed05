package whisper

import (
	"math"
	"slices"

	"github.com/hotline-cc/hotline/asr"
)

const (
	maxGain  = 16   // of quiet speech: 24 dB
	quiet    = 0.01 // RMS that the pauses of an utterance are not raised above, full scale being 1
	contrast = 4    // speech is that much louder than its pauses, noise is not
)

// level raises quiet speech until the loud parts of it have the RMS target; loud speech stays as it
// is. Whisper does not level its input, and 12 dB less than usual double its errors. Noise is not
// raised: the louder it is, the surer is whisper of what it invents.
func level(samples []float32, target float64) {
	const frame = asr.SampleRate / 50
	var loudness []float64
	for f := range slices.Chunk(samples, frame) {
		sum := 0.0
		for _, x := range f {
			sum += float64(x) * float64(x)
		}
		loudness = append(loudness, math.Sqrt(sum/float64(len(f))))
	}
	if len(loudness) == 0 {
		return
	}
	slices.Sort(loudness)
	loud, pause := loudness[len(loudness)*9/10], loudness[len(loudness)/10]
	if loud < contrast*pause || loud == 0 {
		return
	}
	gain := float32(max(1, min(target/loud, quiet/max(pause, 1e-9), maxGain)))
	for i := range samples {
		samples[i] *= gain
	}
}
