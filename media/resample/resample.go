// Package resample converts the sampling rate of PCM streams by any rational factor: 8, 16,
// 22.05, 24, 44.1 and 48 kHz in all pairs. The filter is a windowed sinc in polyphase form, so the
// conversion is exact (no drift, however long the stream) and its delay is a whole number of
// output samples.
package resample

import (
	"fmt"
	"math"
)

// Rates accepted by New, in Hz. The step bounds the number of filter phases.
const (
	minRate  = 8000
	maxRate  = 48000
	rateStep = 25
)

// zeroCrossings is how many zero crossings of the sinc the filter keeps on each side. With the
// window below it puts the pass-band edge at 0.45 and the stop-band edge at 0.55 of the lower rate.
const zeroCrossings = 24

// kaiserBeta gives about 74 dB of stop-band attenuation (Kaiser, "Nonrecursive digital filter
// design using the I0-sinh window function", 1974: beta = 0.1102 (A - 8.7)).
const kaiserBeta = 7.2

// block is how many input samples are filtered at a time: two ticks at 48 kHz.
const block = 1920

// Resampler converts mono PCM from one rate to another. It keeps its filter state between calls,
// so a stream may be fed in pieces of any length with the same result. Not safe for concurrent
// use.
type Resampler struct {
	up, down int // to/from in lowest terms
	taps     int // length of one phase
	delay    int
	// phases holds up filters of taps coefficients each, oldest sample first.
	phases []float32
	// window holds the last taps-1 input samples followed by the block being filtered.
	window []float32
	// next is the place of the next output sample: input sample next/up of the stream to come,
	// phase next%up.
	next int
}

// New returns a converter from one rate to another, both in Hz, within 8000…48000 and multiples
// of 25.
func New(from, to int) (*Resampler, error) {
	for _, rate := range [...]int{from, to} {
		if rate < minRate || rate > maxRate || rate%rateStep != 0 {
			return nil, fmt.Errorf("resample: rate %d Hz is not a multiple of %d within %d…%d", rate, rateStep, minRate, maxRate)
		}
	}
	g := gcd(from, to)
	r := &Resampler{up: to / g, down: from / g}
	if r.up != r.down {
		r.design()
	}
	return r, nil
}

// Delay returns how many samples, at the output rate, the output lags the input: 24 samples of
// the lower rate, so 3 ms when either side is 8 kHz, and 0 when the rates are equal.
func (r *Resampler) Delay() int { return r.delay }

// Process appends the converted samples to dst and returns it. After n input samples in total
// exactly ceil(n·to/from) samples have come out. It allocates only when dst must grow.
func (r *Resampler) Process(dst, src []int16) []int16 {
	if r.up == r.down {
		return append(dst, src...)
	}
	for len(src) > 0 {
		n := min(len(src), block)
		dst = r.filter(dst, src[:n])
		src = src[n:]
	}
	return dst
}

// Reset forgets the stream so far, as if the Resampler were new.
func (r *Resampler) Reset() {
	clear(r.window)
	r.next = 0
}

// filter converts at most block samples.
func (r *Resampler) filter(dst, src []int16) []int16 {
	history := r.taps - 1
	for i, s := range src {
		r.window[history+i] = float32(s)
	}
	end := len(src) * r.up
	for ; r.next < end; r.next += r.down {
		at, phase := r.next/r.up, r.next%r.up
		h := r.phases[phase*r.taps : (phase+1)*r.taps]
		dst = append(dst, saturate(dot(h, r.window[at:at+r.taps])))
	}
	r.next -= end
	copy(r.window[:history], r.window[len(src):len(src)+history])
	return dst
}

// design computes the filter. It is laid out at the common rate from·up, where the lower of the
// two rates has one sample every `wide` places.
func (r *Resampler) design() {
	wide := max(r.up, r.down)
	half := zeroCrossings * wide
	// The centre sits on a multiple of down, so that the delay is whole output samples.
	r.delay = (half + r.down - 1) / r.down
	centre := r.delay * r.down
	r.taps = (centre + half + r.up - 1) / r.up
	r.taps += -r.taps & 3 // dot works on four coefficients at a time
	r.phases = make([]float32, r.up*r.taps)
	r.window = make([]float32, r.taps-1+block)

	phase := make([]float64, r.taps)
	for p := range r.up {
		sum := 0.0
		for k := range phase {
			phase[k] = prototype(p+k*r.up-centre, wide, half)
			sum += phase[k]
		}
		// Each phase passes DC exactly; otherwise the phases would modulate it into a tone.
		row := r.phases[p*r.taps : (p+1)*r.taps]
		for k, c := range phase {
			row[len(row)-1-k] = float32(c / sum)
		}
	}
}

// prototype is the low-pass filter at offset n from its centre: a sinc with zeros every wide
// places under a Kaiser window that ends at half.
func prototype(n, wide, half int) float64 {
	if n <= -half || n >= half {
		return 0
	}
	x := float64(n) / float64(half)
	w := bessel0(kaiserBeta * math.Sqrt(1-x*x))
	if n == 0 {
		return w
	}
	t := math.Pi * float64(n) / float64(wide)
	return w * math.Sin(t) / t
}

// bessel0 is the modified Bessel function of the first kind, order 0.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-16; k++ {
		term *= (x / (2 * k)) * (x / (2 * k))
		sum += term
	}
	return sum
}

// dot is the inner product of two slices of equal length, a multiple of four.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	for len(a) >= 4 && len(b) >= 4 {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	return (s0 + s1) + (s2 + s3)
}

// saturate rounds to the nearest 16-bit sample.
func saturate(x float32) int16 {
	switch {
	case x >= math.MaxInt16:
		return math.MaxInt16
	case x <= math.MinInt16:
		return math.MinInt16
	case x < 0:
		return int16(x - 0.5)
	}
	return int16(x + 0.5)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
