package call

import (
	"math"
	"time"
)

// echo tells whether what we hear is our own voice coming back: from a line hybrid, 5…50 ms late
// and 6…11 dB lower, or from a loudspeaker telephone, up to some 300 ms late. It compares the last
// sound of the caller with the last sound of ours at every delay (normalised cross-correlation).
// A caller who speaks while we do lowers the likeness, so a real interruption is not mistaken.
type echo struct {
	step     int       // only every step-th sample is kept: 8 kHz at most
	in, out  []float32 // rings of equal length, in step
	at       int
	sounding time.Duration // since we last sent sound
}

const (
	echoSpan  = 96 * time.Millisecond  // of the caller's sound that is compared
	echoDelay = 400 * time.Millisecond // longest delay looked for
	// echoLikeness is the correlation from which sound counts as echo. Independent speech stays
	// below 0.35 over this span; a linear echo path is above 0.8.
	echoLikeness = 0.6
)

func newEcho(rate int) *echo {
	step := max(1, rate/8000)
	n := int((echoSpan + echoDelay) * time.Duration(rate/step) / time.Second)
	return &echo{step: step, in: make([]float32, n), out: make([]float32, n), sounding: time.Hour}
}

// tick takes the same tick of both directions.
func (e *echo) tick(in, out []int16, length time.Duration) {
	e.sounding += length
	for i := 0; i < len(in); i += e.step {
		e.in[e.at], e.out[e.at] = float32(in[i]), float32(out[i])
		e.at = (e.at + 1) % len(e.in)
		if out[i] != 0 {
			e.sounding = 0
		}
	}
}

// heard reports whether the last sound of the caller is ours. It costs nothing while we have been
// silent for longer than an echo takes.
func (e *echo) heard() bool {
	if e.sounding > echoDelay {
		return false
	}
	return e.likeness() >= echoLikeness
}

// likeness returns the highest normalised correlation over all delays, 0…1.
func (e *echo) likeness() float64 {
	span := len(e.in) * int(echoSpan/time.Millisecond) / int((echoSpan+echoDelay)/time.Millisecond)
	in, out := unroll(e.in, e.at), unroll(e.out, e.at)
	recent := in[len(in)-span:]
	power := energy(recent)
	if power == 0 {
		return 0
	}
	var best float64
	window := energy(out[:span])
	for from := 0; ; from++ {
		if window > 0 {
			var dot float32
			for i, x := range recent {
				dot += x * out[from+i]
			}
			best = max(best, math.Abs(float64(dot))/math.Sqrt(power*window))
		}
		if from+span == len(out) {
			return min(best, 1)
		}
		drop, add := float64(out[from]), float64(out[from+span])
		window += add*add - drop*drop
	}
}

// unroll returns a ring from its oldest sample to its newest.
func unroll(ring []float32, at int) []float32 {
	return append(append(make([]float32, 0, len(ring)), ring[at:]...), ring[:at]...)
}

func energy(pcm []float32) float64 {
	var sum float64
	for _, x := range pcm {
		sum += float64(x) * float64(x)
	}
	return sum
}
