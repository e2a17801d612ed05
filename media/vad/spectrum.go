package vad

import (
	"math"
	"math/bits"
)

const (
	fftSize = 256
	hop     = 128
)

// spectrum computes the magnitudes of a 256-point Fourier transform under a Hann window. The
// model file carries this transform as a convolution, which costs thirty times more.
type spectrum struct {
	hann     [fftSize]float32
	reversed [fftSize]uint8
	// cos and sin hold the twiddle factors of each stage one after another, from index half.
	cos, sin [fftSize]float32
}

func newSpectrum() (s spectrum) {
	for i := range fftSize {
		s.hann[i] = float32(0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/fftSize))
		s.reversed[i] = bits.Reverse8(uint8(i))
	}
	for half := 1; half < fftSize; half *= 2 {
		for i := range half {
			sin, cos := math.Sincos(-math.Pi * float64(i) / float64(half))
			s.cos[half+i], s.sin[half+i] = float32(cos), float32(sin)
		}
	}
	return s
}

// magnitudes fills two rows of bins from the first fftSize samples and from those one hop later.
// Both real signals travel through one complex transform, as its real and imaginary part.
func (s *spectrum) magnitudes(first, second, samples []float32, n *activations) {
	for i, w := range s.hann {
		to := s.reversed[i]
		n.re[to], n.im[to] = w*samples[i], w*samples[hop+i]
	}
	s.transform(&n.re, &n.im)
	for k := range first {
		mirror := (fftSize - k) % fftSize
		re, im, reM, imM := n.re[k], n.im[k], n.re[mirror], n.im[mirror]
		first[k] = length(re+reM, im-imM) / 2
		second[k] = length(re-reM, im+imM) / 2
	}
}

// transform is the radix-2 Fourier transform of a bit-reversed input.
func (s *spectrum) transform(re, im *[fftSize]float32) {
	for half := 1; half < fftSize; half *= 2 {
		cos, sin := s.cos[half:2*half], s.sin[half:2*half]
		for at := 0; at < fftSize; at += 2 * half {
			reLow, reHigh := re[at:at+half], re[at+half:at+2*half]
			imLow, imHigh := im[at:at+half], im[at+half:at+2*half]
			for i, c := range cos {
				a := c*reHigh[i] - sin[i]*imHigh[i]
				b := c*imHigh[i] + sin[i]*reHigh[i]
				reHigh[i], imHigh[i] = reLow[i]-a, imLow[i]-b
				reLow[i], imLow[i] = reLow[i]+a, imLow[i]+b
			}
		}
	}
}

func length(x, y float32) float32 { return float32(math.Sqrt(float64(x*x + y*y))) }
