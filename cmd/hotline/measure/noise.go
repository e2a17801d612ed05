package measure

import (
	"math"
	"math/rand/v2"
	"time"
)

// Noise is a sound that is no speech.
type Noise string

// The kinds of noise that are heard on telephones.
const (
	White  Noise = "white"
	Pink   Noise = "pink"
	Clicks Noise = "clicks"
	Slam   Noise = "slam" // a door: a thump that dies away
	Rustle Noise = "rustle"
)

// Noises lists the kinds.
func Noises() []Noise { return []Noise{White, Pink, Clicks, Slam, Rustle} }

// Make returns noise of a length at a rate in Hz, with a root mean square of level dB below full scale,
// within -60…-6, as far as its peaks allow. The same seed gives the same sound.
func (n Noise) Make(rate int, length time.Duration, level float64, seed uint64) []int16 {
	rnd := rand.New(rand.NewPCG(seed, 1))
	samples := make([]float64, int(length*time.Duration(rate)/time.Second))
	switch n {
	case Pink:
		pink(samples, rnd)
	case Clicks:
		clicks(samples, rate, rnd)
	case Slam:
		slam(samples, rate, rnd)
	case Rustle:
		rustle(samples, rate, rnd)
	default:
		for i := range samples {
			samples[i] = rnd.NormFloat64()
		}
	}
	return scale(samples, level)
}

// pink filters white noise to -3 dB per octave (Paul Kellet's three-pole filter).
func pink(samples []float64, rnd *rand.Rand) {
	var a, b, c float64
	for i := range samples {
		x := rnd.NormFloat64()
		a = 0.99765*a + 0.0990460*x
		b = 0.96300*b + 0.2965164*x
		c = 0.57000*c + 1.0526913*x
		samples[i] = a + b + c + 0.1848*x
	}
}

// clicks are single beats of 2 ms, 40 to 100 ms apart.
func clicks(samples []float64, rate int, rnd *rand.Rand) {
	for at := 0; at < len(samples); at += rate*40/1000 + rnd.IntN(rate*60/1000) {
		for i := at; i < min(at+rate/500, len(samples)); i++ {
			samples[i] = rnd.NormFloat64() * math.Exp(-float64(i-at)/float64(rate)*2000)
		}
	}
}

// slam is a blow with a dull ring at 90 Hz behind it.
func slam(samples []float64, rate int, rnd *rand.Rand) {
	for i := range samples {
		t := float64(i) / float64(rate)
		samples[i] = rnd.NormFloat64()*math.Exp(-t*60) + 0.6*math.Sin(2*math.Pi*90*t)*math.Exp(-t*12)
	}
}

// rustle is noise that swells and fades some twelve times a second, as of paper or a sleeve.
func rustle(samples []float64, rate int, rnd *rand.Rand) {
	last := 0.0
	for i := range samples {
		x := rnd.NormFloat64()
		swell := math.Abs(math.Sin(math.Pi * 12 * float64(i) / float64(rate)))
		samples[i] = (x - 0.7*last) * swell
		last = x
	}
}

func scale(samples []float64, level float64) []int16 {
	var power, peak float64
	for _, x := range samples {
		power += x * x
		peak = max(peak, math.Abs(x))
	}
	if peak == 0 {
		return make([]int16, len(samples))
	}
	gain := math.Pow(10, level/20) * math.MaxInt16 / math.Sqrt(power/float64(len(samples)))
	gain = min(gain, math.MaxInt16/peak)
	out := make([]int16, len(samples))
	for i, x := range samples {
		out[i] = int16(x * gain)
	}
	return out
}
