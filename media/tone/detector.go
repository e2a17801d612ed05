package tone

import (
	"fmt"
	"math"
)

// Detector measures one frequency in a block of samples with the Goertzel algorithm (G. Goertzel,
// "An Algorithm for the Evaluation of Finite Trigonometric Series", 1958). It holds no stream
// state, may be copied and is safe for concurrent use.
//
// A block of n samples separates frequencies rate/n Hz apart.
type Detector struct{ coefficient float64 }

// NewDetector returns a Detector of a frequency below half of a rate, both in Hz.
func NewDetector(hz float64, rate int) (Detector, error) {
	if !(hz > 0 && hz < float64(rate)/2) {
		return Detector{}, fmt.Errorf("tone: frequency %v Hz is not within 0…%d", hz, rate/2)
	}
	return Detector{2 * math.Cos(2*math.Pi*hz/float64(rate))}, nil
}

// Power returns the mean power of the frequency in pcm: a²/2 for a sine of peak a, on the scale
// of MeanPower, and 0 for an empty block.
func (d Detector) Power(pcm []int16) float64 {
	if len(pcm) == 0 {
		return 0
	}
	var before, last float64
	for _, v := range pcm {
		before, last = last, float64(v)+d.coefficient*last-before
	}
	n := float64(len(pcm))
	return 2 * (last*last + before*before - d.coefficient*last*before) / (n * n)
}

// MeanPower returns the mean square of pcm, all frequencies together, and 0 for an empty block.
func MeanPower(pcm []int16) float64 {
	if len(pcm) == 0 {
		return 0
	}
	var sum int64
	for _, v := range pcm {
		sum += int64(v) * int64(v)
	}
	return float64(sum) / float64(len(pcm))
}
